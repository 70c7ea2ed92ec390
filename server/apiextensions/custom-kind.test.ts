// Columns, names and paths that a CustomResourceDefinition declares.
import { expect } from 'chai'
import type { CustomResourceDefinition, JSONSchemaProps } from '../api/apiextensions.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import { structuralOf } from '../schema/structural.ts'
import { columnsOf } from './columns.ts'
import { acceptNames, withCondition } from './conditions.ts'
import { compileJSONPath, JSONPathError } from './json-path.ts'
import { validateScaleSpec, validateScaleStatus } from './scale-paths.ts'
import { typeOf } from './type.ts'

describe('compileJSONPath', () => {
  const value = {
    spec: { replicas: 3, 'a.b': 'dotted', list: [1, 2, 3, 4], map: { x: 1, y: 2 } },
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Old', status: 'False' },
      ],
    },
  }
  const cases: [string, unknown[]][] = [
    ['.spec.replicas', [3]],
    ['$.spec.replicas', [3]],
    ['.spec.missing.deeper', []],
    ["['spec']['a.b']", ['dotted']],
    ['.spec.a\\.b', ['dotted']],
    ['.spec.list[0]', [1]],
    ['.spec.list[-1]', [4]],
    ['.spec.list[1:3]', [2, 3]],
    ['.spec.list[::2]', [1, 3]],
    ['.spec.list[*]', [1, 2, 3, 4]],
    ['.spec.map.*', [1, 2]],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ['.status.conditions[?(@.status!="True")].type', ['Old']],
    ['..type', ['Ready', 'Old']],
  ]
  for (const [path, found] of cases)
    it(`follows ${path}`, () => expect(compileJSONPath(path)(value)).to.deep.equal(found))

  it('refuses what is no path', () => {
    expect(() => compileJSONPath('.spec[')).to.throw(JSONPathError, 'unterminated array')
    expect(() => compileJSONPath('.spec[x]')).to.throw(JSONPathError, 'invalid array index x')
  })
})

describe('columnsOf', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const rowOf = (columns: Parameters<typeof columnsOf>[1], object: AnyObject): unknown[] =>
    columnsOf('widgets.example.com', columns).map(({ cell }) => cell(object, now))

  it('shows name and age where a version names none', () => {
    const object = { metadata: { name: 'a', creationTimestamp: '2025-12-31T23:59:00Z' } }
    expect(rowOf([], object)).to.deep.equal(['a', '60s'])
  })

  it('prints each value as its column says', () => {
    const column = (name: string, type: string) => ({ name, type, jsonPath: `.spec.${name}` })
    const columns = [column('n', 'integer'), column('s', 'string'), column('b', 'boolean'), column('d', 'date')]
    const spec = { n: 1.5, s: { x: [1] }, b: 'yes', d: 'soon' }
    expect(rowOf(columns, { metadata: { name: 'a' }, spec })).to.deep.equal(['a', 1, '{"x":[1]}', null, '<invalid>'])
  })
})

describe('acceptNames', () => {
  const named = (names: object, accepted?: object): CustomResourceDefinition =>
    ({ spec: { names }, ...(accepted ? { status: { acceptedNames: accepted } } : {}) }) as CustomResourceDefinition
  const taken = named({}, { plural: 'as', singular: 'a', shortNames: ['x'], kind: 'A', listKind: 'AList' })

  it('takes what is free', () => {
    const { names, condition } = acceptNames(named({ plural: 'bs', kind: 'B' }), [taken])
    expect(names).to.deep.equal({ plural: 'bs', kind: 'B' })
    expect(condition.reason).to.equal('NoConflicts')
  })

  it('leaves what is taken, and tells the last of many', () => {
    const { names, condition } = acceptNames(named({ plural: 'bs', shortNames: ['x', 'a'], kind: 'A' }), [taken])
    expect(names).to.deep.equal({ plural: 'bs' })
    expect(condition).to.include({ status: 'False', reason: 'KindConflict', message: '"A" is already in use' })
  })
})

describe('withCondition', () => {
  const condition = { type: 'Established', status: 'True', reason: 'R', message: 'm' } as const

  it('keeps the time while the status stays', () => {
    const [first] = withCondition([], condition, 0)
    const [same] = withCondition([first!], { ...condition, message: 'other' }, 5000)
    const [changed] = withCondition([first!], { ...condition, status: 'False' }, 5000)
    expect(same).to.include({ lastTransitionTime: first!.lastTransitionTime, message: 'other' })
    expect(changed!.lastTransitionTime).not.to.equal(first!.lastTransitionTime)
  })
})

describe('scale paths', () => {
  const paths = { specReplicasPath: '.spec.r', statusReplicasPath: '.status.r', labelSelectorPath: '.status.sel' }
  const told = (errors: readonly { field: string; message: string }[]) =>
    errors.map((one) => `${one.field}: ${one.message}`)

  it('hold numbers that are not negative', () => {
    expect(told(validateScaleSpec({ spec: { r: -1 } }, paths))).to.deep.equal([
      '.spec.r: Invalid value: -1: should be a non-negative integer',
    ])
    expect(told(validateScaleSpec({}, paths))).to.deep.equal([])
  })

  it('hold a selector that is a text', () => {
    expect(told(validateScaleStatus({ status: { sel: 5 } }, paths))).to.deep.equal([
      '.status.sel: Invalid value: "": .status.sel accessor error: 5 is of the type int64, expected string',
    ])
  })
})

describe('typeOf', () => {
  const typed = (schema: JSONSchemaProps): StructSchema => typeOf('example.Widget', 'Widget', structuralOf(schema))
  const formOf = (schema: JSONSchemaProps): object => {
    const { fields } = typed({ type: 'object', properties: { x: schema } })
    return fields.get('x')!.schema
  }

  it('knows metadata of every object', () => {
    expect([...typed({ type: 'object' }).fields.keys()]).to.deep.equal(['kind', 'apiVersion', 'metadata'])
  })

  it('tells lists and maps apart', () => {
    const text = { type: 'string' }
    expect(formOf({ type: 'array', items: text })).to.include({ form: 'list', listType: 'atomic' })
    const map = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] }
    expect(formOf({ type: 'array', items: { type: 'object', properties: { k: text } }, ...map })).to.deep.include({
      form: 'list',
      listType: 'map',
      keys: ['k'],
    })
    expect(formOf({ type: 'object', additionalProperties: text })).to.include({ form: 'map', mapType: 'granular' })
    expect(formOf({ 'x-kubernetes-int-or-string': true })).to.include({ scalar: 'intOrString' })
  })

  it('knows metadata of embedded resources', () => {
    const embedded = formOf({
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    })
    expect([...(embedded as StructSchema).fields.keys()]).to.deep.equal(['kind', 'apiVersion', 'metadata'])
  })
})
