// Objects against the schema of a custom resource: pruned, defaulted, validated.
import { expect } from 'chai'
import type { JSONSchemaProps } from '../api/apiextensions.ts'
import { field } from '../apimachinery/field.ts'
import { Correlation } from './correlation.ts'
import { applyDefaults } from './default.ts'
import { coerceEmbedded, validateEmbedded } from './embedded.ts'
import { findField } from './field-path.ts'
import { hasFormat, isKnownFormat } from './formats.ts'
import { validateListTypes } from './list-types.ts'
import { pruneResource } from './prune.ts'
import { structuralOf } from './structural.ts'
import { validateValue } from './validate.ts'

const text: JSONSchemaProps = { type: 'string' }
const object = (properties: Record<string, JSONSchemaProps>): JSONSchemaProps => ({ type: 'object', properties })
const told = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map((error) => `${error.field}: ${error.message}`)

describe('pruneResource', () => {
  const prune = (value: Record<string, unknown>, schema: JSONSchemaProps): [unknown, string[]] => {
    const unknown: string[] = []
    return [pruneResource(value, structuralOf(schema), unknown), unknown]
  }

  it('drops what the schema does not know, and tells where it was', () => {
    const schema = object({ spec: object({ a: text, list: { type: 'array', items: object({ x: text }) } }) })
    const [pruned, unknown] = prune({ spec: { b: 1, a: 'a', list: [{ x: 'x', y: 1 }] }, top: 1, kind: 'W' }, schema)
    expect(pruned).to.deep.equal({ kind: 'W', spec: { a: 'a', list: [{ x: 'x' }] } })
    expect(unknown).to.deep.equal(['spec.b', 'spec.list[0].y', 'top'])
  })

  it('keeps what may be anything, but not below members it knows', () => {
    const schema = object({
      spec: { ...object({ known: object({ x: text }) }), 'x-kubernetes-preserve-unknown-fields': true },
    })
    const [pruned] = prune({ spec: { z: { b: 1, a: 2 }, known: { x: 'x', y: 1 } } }, schema)
    expect(pruned).to.deep.equal({ spec: { known: { x: 'x' }, z: { a: 2, b: 1 } } })
  })

  it('keeps the type and the metadata of embedded resources', () => {
    const schema = object({ pod: { ...object({ spec: object({ x: text }) }), 'x-kubernetes-embedded-resource': true } })
    const [pruned] = prune({ pod: { kind: 'Pod', metadata: { name: 'a' }, spec: { x: 'x' }, status: {} } }, schema)
    expect(pruned).to.deep.equal({ pod: { kind: 'Pod', metadata: { name: 'a' }, spec: { x: 'x' } } })
  })

  it('never takes a member for a prototype', () => {
    const schema = object({ spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } })
    const [pruned] = prune({ spec: JSON.parse('{"__proto__":{"polluted":true}}') as object }, schema)
    expect(JSON.stringify(pruned)).to.equal('{"spec":{"__proto__":{"polluted":true}}}')
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined)
  })
})

describe('applyDefaults', () => {
  const defaulted = (value: unknown, schema: JSONSchemaProps): unknown => {
    applyDefaults(value, structuralOf(schema))
    return value
  }
  const schema = object({
    a: { type: 'string', default: 'x' },
    n: { type: 'string', nullable: true, default: 'y' },
    list: { type: 'array', items: object({ protocol: { type: 'string', default: 'TCP' } }) },
    map: { type: 'object', additionalProperties: object({ q: { type: 'integer', default: 3 } }) },
    plain: text,
  })

  it('sets what is missing, in items and members, too', () => {
    const value = { list: [{}, { protocol: 'UDP' }], map: { one: {} } }
    expect(defaulted(value, schema)).to.deep.equal({
      a: 'x',
      n: 'y',
      list: [{ protocol: 'TCP' }, { protocol: 'UDP' }],
      map: { one: { q: 3 } },
    })
  })

  it('replaces nulls where there may be none, and leaves them where there may', () => {
    expect(defaulted({ a: null, n: null, plain: null }, schema)).to.deep.equal({ a: 'x', n: null })
  })

  it('does not share defaults between objects', () => {
    const shared = object({ o: { type: 'object', default: { b: 'z' }, properties: { b: text } } })
    const first = defaulted({}, shared) as { o: { b: string } }
    first.o.b = 'changed'
    expect(defaulted({}, shared)).to.deep.equal({ o: { b: 'z' } })
  })
})

describe('validateValue', () => {
  const errorsOf = (value: unknown, schema: JSONSchemaProps): string[] => told(validateValue(value, schema))
  const cases: [string, unknown, JSONSchemaProps, string[]][] = [
    [
      'a wrong type',
      { a: 1 },
      object({ a: text }),
      ['a: Invalid value: "integer": a in body must be of type string: "integer"'],
    ],
    ['what is required', {}, { ...object({ a: text }), required: ['a'] }, ['a: Required value']],
    [
      'an enum',
      'c',
      { type: 'string', enum: ['a', 'b'] },
      ['<nil>: Unsupported value: "c": supported values: "a", "b"'],
    ],
    [
      'a pattern',
      { a: 'B' },
      object({ a: { type: 'string', pattern: '^[a-z]$' } }),
      ['a: Invalid value: "B": a in body should match \'^[a-z]$\''],
    ],
    [
      'a length',
      { a: 'abc' },
      object({ a: { type: 'string', maxLength: 2 } }),
      ['a: Too long: may not be more than 2 bytes'],
    ],
    [
      'too many items',
      { a: [1, 2] },
      object({ a: { type: 'array', maxItems: 1, items: { type: 'integer' } } }),
      ['a: Too many: 2: must have at most 1 items'],
    ],
    [
      'a bound',
      { a: 0 },
      object({ a: { type: 'integer', minimum: 1 } }),
      ['a: Invalid value: 0: a in body should be greater than or equal to 1'],
    ],
    [
      'whole numbers with whole bounds',
      { a: 2 },
      object({ a: { type: 'number', maximum: 1.5 } }),
      ['a: Invalid value: 2: a in body should be less than or equal to 1'],
    ],
    [
      'a factor of nothing',
      { a: 2 },
      object({ a: { type: 'number', multipleOf: 0.5 } }),
      ['a: Invalid value: 0: factor MultipleOf declared for a must be positive: 0'],
    ],
    [
      'a format',
      { a: 'x' },
      object({ a: { type: 'string', format: 'date' } }),
      ['a: Invalid value: "x": a in body must be of type date: "x"'],
    ],
    [
      'one of two',
      { a: 'abc' },
      object({ a: { type: 'string', oneOf: [{ pattern: '^a' }, { minLength: 3 }] } }),
      ['<nil>: Invalid value: "": "a" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    ],
    [
      'what must not be',
      { a: 'a' },
      object({ a: { type: 'string', not: { pattern: '^a' } } }),
      ['<nil>: Invalid value: "": "a" must not validate the schema (not)'],
    ],
  ]
  for (const [name, value, schema, errors] of cases) {
    it(`judges ${name}`, () => expect(errorsOf(value, schema)).to.deep.equal(errors))
  }

  it('takes texts and whole numbers where either may be', () => {
    const schema = object({ a: { 'x-kubernetes-int-or-string': true } })
    expect(errorsOf({ a: '1' }, schema)).to.deep.equal([])
    expect(errorsOf({ a: 1 }, schema)).to.deep.equal([])
    expect(errorsOf({ a: 1.5 }, schema)).to.have.length(1)
  })

  it('names what is below a place as a whole object names it', () => {
    expect(told(validateValue({ a: 1 }, object({ a: text }), { base: field('status') }))).to.deep.equal([
      'status.a: Invalid value: "integer": a in body must be of type string: "integer"',
    ])
  })

  it('lets pass what is as it was', () => {
    const schema = object({
      spec: object({ a: { type: 'string', pattern: '^good' }, b: { type: 'string', pattern: '^good' } }),
    })
    const judge = (value: unknown, old: unknown): string[] =>
      told(validateValue(value, schema, { correlation: new Correlation(value, old, structuralOf(schema)) }))
    expect(judge({ spec: { a: 'bad', b: 'good' } }, { spec: { a: 'bad' } })).to.deep.equal([])
    expect(judge({ spec: { a: 'worse' } }, { spec: { a: 'bad' } })).to.have.length(1)
  })
})

describe('Correlation', () => {
  const schema = structuralOf({
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['k'],
    items: object({ k: text, v: text }),
  })

  it('follows items of maps by their keys', () => {
    const all = new Correlation(
      [{ k: '2' }, { k: '1', v: 'x' }, { k: '3' }],
      [
        { k: '1', v: 'x' },
        { k: '2', v: 'y' },
      ],
      schema,
    )
    expect(all.index(0)?.equal()).to.equal(false)
    expect(all.index(1)?.equal()).to.equal(true)
    expect(all.index(2)).to.equal(undefined)
  })

  it('does not tell items of other lists apart', () => {
    const plain = structuralOf({ type: 'array', items: text })
    const all = new Correlation(['a'], ['a'], plain)
    expect(all.index(0)).to.equal(undefined)
    expect(all.equal()).to.equal(true)
  })
})

describe('validateListTypes', () => {
  it('finds what stands in a set twice, once', () => {
    const schema = structuralOf(object({ s: { type: 'array', 'x-kubernetes-list-type': 'set', items: text } }))
    expect(told(validateListTypes({ s: ['a', 'b', 'a', 'a'] }, schema))).to.deep.equal(['s[2]: Duplicate value: "a"'])
  })

  it('compares items of maps by their keys', () => {
    const items = object({ k: text, v: text })
    const schema = structuralOf(
      object({ m: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items } }),
    )
    expect(
      told(
        validateListTypes(
          {
            m: [
              { k: '1', v: 'a' },
              { k: '1', v: 'b' },
            ],
          },
          schema,
        ),
      ),
    ).to.deep.equal(['m[1]: Duplicate value: {"k":"1"}'])
  })
})

describe('embedded resources', () => {
  const schema = structuralOf(
    object({
      pod: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    }),
  )

  it('must say what they are', () => {
    expect(told(validateEmbedded({ pod: { metadata: { name: 'A B' } } }, schema)).slice(0, 2)).to.deep.equal([
      'pod.apiVersion: Required value',
      'pod.kind: Required value',
    ])
  })

  it('have metadata of the usual type', () => {
    const value = { pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', odd: 1 } } }
    const unknown: string[] = []
    expect(coerceEmbedded(value, schema, field(''), unknown)).to.equal(undefined)
    expect(value.pod.metadata).to.deep.equal({ name: 'a' })
    expect(unknown).to.deep.equal(['pod.metadata.odd'])
    expect(coerceEmbedded({ pod: { metadata: { name: 1 } } }, schema, field(''), [])?.field).to.equal('pod.metadata')
  })
})

describe('findField', () => {
  const schema = structuralOf(
    object({ spec: object({ a: text, map: { type: 'object', additionalProperties: text }, 'x.y': text }) }),
  )
  const cases: [string, string][] = [
    ['.spec.a', 'spec.a'],
    ['.spec.map.k', 'spec.map[k]'],
    [".spec['x.y']", 'spec.x.y'],
    ['spec.a', 'expected [ or . but got: spec'],
    ['.spec.b', 'does not refer to a valid field'],
    ['.spec.', 'unexpected end of JSON path'],
    ['.spec[0]', 'expected single quoted string but got 0'],
  ]
  for (const [path, result] of cases) {
    it(`reads ${path}`, () => {
      const found = findField(path, schema)
      expect(typeof found === 'string' ? found : String(found.path)).to.equal(result)
    })
  }
})

describe('formats', () => {
  const cases: [string, string, string][] = [
    ['date', '2020-02-29', '2021-02-29'],
    ['date-time', '2020-01-01T00:00:00Z', '2020-01-01'],
    ['duration', '1 day', 'soon'],
    ['ipv4', '10.0.0.1', '::1'],
    ['ipv6', '::1', '10.0.0.1'],
    ['cidr', '10.0.0.0/8', '10.0.0.0'],
    ['mac', 'aa:bb:cc:dd:ee:ff', 'aa:bb'],
    ['uuid', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', '6ba7b810'],
    ['hostname', 'example.com', 'a.b'],
    ['byte', 'YQ==', 'x!'],
    ['hexcolor', '#fff', 'white'],
    ['isbn', '978-0321751041', '978-0321751042'],
    ['creditcard', '4012888888881881', '4012888888881882'],
    ['k8s-short-name', 'abc', 'A'],
  ]
  for (const [format, good, bad] of cases) {
    it(`knows ${format}`, () => {
      expect(isKnownFormat(format)).to.equal(true)
      expect([hasFormat(good, format), hasFormat(bad, format)]).to.deep.equal([true, false])
    })
  }

  it('ignores others', () =>
    expect([isKnownFormat('whatever'), hasFormat('x', 'whatever')]).to.deep.equal([false, true]))
})
