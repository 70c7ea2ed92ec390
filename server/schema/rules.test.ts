// Rules in schemas of custom resources: what compiles, and against which types.
import { expect } from 'chai'
import type { JSONSchemaProps, ValidationRule } from '../api/apiextensions.ts'
import { field } from '../apimachinery/field.ts'
import { escapeName } from '../apimachinery/cel/member-names.ts'
import { Correlation } from './correlation.ts'
import { blocksRules, checkRules, compileRules, ruleTree, type RuleFindings } from './rules.ts'
import { structuralOf } from './structural.ts'

const ruled = (schema: JSONSchemaProps, ...rules: ValidationRule[]): JSONSchemaProps => ({
  ...schema,
  'x-kubernetes-validations': rules,
})
const object = (properties: Record<string, JSONSchemaProps>): JSONSchemaProps => ({ type: 'object', properties })
const told = ({ errors }: RuleFindings): string[] => errors.map((error) => `${error.field}: ${error.message}`)

/** Findings in a value of `spec`. */
function check(schema: JSONSchemaProps, value: unknown, old?: unknown): RuleFindings {
  const structural = structuralOf(schema)
  const correlation = old === undefined ? undefined : new Correlation(value, old, structural)
  return checkRules(ruleTree(structural, false)!, value, old, field('spec'), correlation)
}

describe('compileRules', () => {
  const compile = (rule: ValidationRule, schema = object({ a: { type: 'string' }, n: { type: 'integer' } })) =>
    compileRules(structuralOf(ruled(schema, rule)), false)![0]!

  it('knows the types of fields', () => {
    expect(compile({ rule: 'self.n + 1 > 2' }).error).to.equal(undefined)
    expect(compile({ rule: 'self.b == 1' }).error).to.equal(
      "compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b == 1\n | ....^",
    )
  })

  it('wants rules to be true or false, and messages to be texts', () => {
    expect(compile({ rule: 'self.n' }).error).to.equal('cel expression must evaluate to a bool')
    expect(compile({ rule: 'true', messageExpression: 'self.n' }).messageError).to.equal(
      'messageExpression must evaluate to a string',
    )
  })

  it('tells which rules look back', () => {
    expect(compile({ rule: 'self.n >= oldSelf.n' }).usesOldSelf).to.equal(true)
    expect(compile({ rule: "self.a != 'oldSelf'" }).usesOldSelf).to.equal(false)
  })

  it('knows the name of every resource', () => {
    const root = structuralOf(ruled(object({}), { rule: "self.metadata.name != ''" }))
    expect(compileRules(root, true)![0]!.error).to.equal(undefined)
  })

  it('cannot judge what may be anything', () => {
    const open = ruled({ 'x-kubernetes-preserve-unknown-fields': true }, { rule: 'true' })
    expect(compileRules(structuralOf(open), false)).to.equal(undefined)
  })
})

describe('checkRules', () => {
  it('finds what does not hold, with its message or the rule itself', () => {
    const schema = ruled(
      object({ n: { type: 'integer' } }),
      { rule: 'self.n > 1', message: ' too few ' },
      { rule: 'self.n > 2' },
    )
    expect(told(check(schema, { n: 1 }))).to.deep.equal([
      'spec: Invalid value: too few',
      'spec: Invalid value: failed rule: self.n > 2',
    ])
  })

  it('tells the reason, the place and a message that is worked out', () => {
    const rule: ValidationRule = {
      rule: "self.a.startsWith('p')",
      messageExpression: "'bad: ' + self.a",
      reason: 'FieldValueForbidden',
      fieldPath: '.a',
    }
    expect(told(check(ruled(object({ a: { type: 'string' } }), rule), { a: 'x' }))).to.deep.equal([
      'spec.a: Forbidden: bad: x',
    ])
  })

  it('prints values that are no objects', () => {
    const schema = object({ a: ruled({ type: 'string' }, { rule: "self == 'x'", reason: 'FieldValueDuplicate' }) })
    expect(told(check(schema, { a: 'y' }))).to.deep.equal(['spec.a: Duplicate value: "y"'])
  })

  it('compares with what was before only where there was something', () => {
    const schema = object({ a: ruled({ type: 'string' }, { rule: 'self == oldSelf', message: 'fixed' }) })
    expect(told(check(schema, { a: 'b' }))).to.deep.equal([])
    expect(told(check(schema, { a: 'b' }, {}))).to.deep.equal([])
    expect(told(check(schema, { a: 'b' }, { a: 'a' }))).to.deep.equal(['spec.a: Invalid value: "b": fixed'])
  })

  it('runs rules that can do without what was before', () => {
    const rule: ValidationRule = { rule: "oldSelf.hasValue() || self == 'first'", optionalOldSelf: true }
    const schema = object({ a: ruled({ type: 'string' }, rule) })
    expect(told(check(schema, { a: 'second' }))).to.have.length(1)
    expect(told(check(schema, { a: 'first' }))).to.deep.equal([])
    expect(told(check(schema, { a: 'second' }, { a: 'first' }))).to.deep.equal([])
  })

  it('finds the items of a map again, wherever they stand', () => {
    const items = ruled(object({ k: { type: 'string' }, v: { type: 'string' } }), { rule: 'self.v == oldSelf.v' })
    const schema = object({
      list: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items },
    })
    const old = { list: [{ k: '1', v: 'a' }] }
    expect(
      told(
        check(
          schema,
          {
            list: [
              { k: '2', v: 'b' },
              { k: '1', v: 'a' },
            ],
          },
          old,
        ),
      ),
    ).to.deep.equal([])
    expect(
      told(
        check(
          schema,
          {
            list: [
              { k: '2', v: 'b' },
              { k: '1', v: 'c' },
            ],
          },
          old,
        ),
      ),
    ).to.deep.equal(['spec.list[1]: Invalid value: failed rule: self.v == oldSelf.v'])
  })

  it('only warns of what has not changed', () => {
    const schema = object({ a: ruled({ type: 'string' }, { rule: "self == 'good'" }), b: { type: 'string' } })
    const { errors, warnings } = check(schema, { a: 'bad', b: '2' }, { a: 'bad', b: '1' })
    expect(errors).to.deep.equal([])
    expect(warnings).to.deep.equal(['spec.a: Invalid value: "bad": failed rule: self == \'good\''])
  })

  it('tells what goes wrong while a rule runs', () => {
    const schema = ruled(object({ x: { type: 'integer' } }), { rule: 'self.x / 0 > 1' }, { rule: 'self.x > 1' })
    expect(told(check(schema, {}))).to.deep.equal([
      'spec: Invalid value: "object": no such key: x evaluating rule: self.x / 0 > 1',
      'spec: Invalid value: "object": no such key: x evaluating rule: self.x > 1',
    ])
  })

  it('brings texts of a format to their type', () => {
    const schema = object({
      d: ruled({ type: 'string', format: 'duration' }, { rule: "self >= duration('1m')" }),
      t: ruled({ type: 'string', format: 'date-time' }, { rule: "self < timestamp('2030-01-01T00:00:00Z')" }),
      b: ruled({ type: 'string', format: 'byte' }, { rule: 'size(self) == 3' }),
      n: ruled({ type: 'number' }, { rule: 'self > 1.5' }),
    })
    expect(told(check(schema, { d: '2m', t: '2020-01-01T00:00:00Z', b: 'YWJj', n: 2 }))).to.deep.equal([])
    expect(told(check(schema, { d: '1s', t: '2031-01-01T00:00:00Z', b: 'YQ==', n: 1 }))).to.have.length(4)
  })
})

describe('escapeName', () => {
  const cases: [string, string | undefined][] = [
    ['plain', 'plain'],
    ['a-b', 'a__dash__b'],
    ['x.y/z', 'x__dot__y__slash__z'],
    ['a__b', 'a__underscores__b'],
    ['namespace', '__namespace__'],
    ['1a', undefined],
    ['a b', undefined],
  ]
  for (const [name, escaped] of cases) it(`writes ${name}`, () => expect(escapeName(name)).to.equal(escaped))
})

describe('blocksRules', () => {
  it('says which findings leave rules unchecked', () => {
    const error = (reason: 'FieldValueRequired' | 'FieldValueInvalid') => ({ reason, field: 'a', message: '' })
    expect(blocksRules([error('FieldValueRequired')])).to.equal(true)
    expect(blocksRules([error('FieldValueInvalid')])).to.equal(false)
  })
})
