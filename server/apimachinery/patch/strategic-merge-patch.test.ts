// Strategic merge patches: what they make of an object, and what is refused.
import { expect } from 'chai'
import type { Field, Schema, StructSchema } from '../../../openapi/schema.ts'
import { deepFreeze } from '../equality.ts'
import type { JsonObject } from './merge-patch.ts'
import { applyStrategicMergePatch, parseStrategicMergePatch } from './strategic-merge-patch.ts'

const string: Schema = { form: 'scalar', scalar: 'string' }

function struct(go: string, fields: Record<string, Schema | [Schema, string, string?]>): StructSchema {
  const entries = Object.entries(fields).map(([name, what]): [string, Field] => {
    const [schema, strategy = '', key] = Array.isArray(what) ? what : [what]
    return [
      name,
      {
        name,
        schema,
        required: false,
        omit: true,
        pointer: false,
        default: undefined,
        enum: undefined,
        patchStrategy: strategy === '' ? [] : strategy.split(','),
        patchMergeKey: key,
        protoNumber: undefined,
        protoType: undefined,
      } as Field,
    ]
  })
  return { form: 'struct', name: go, go, fields: new Map(entries), mapType: 'granular' } as StructSchema
}

const list = (element: Schema): Schema => ({ form: 'list', element, listType: 'atomic', keys: [] })
const map: Schema = { form: 'map', element: string, mapType: 'granular' }
const variable = struct('v1.EnvVar', { name: string, value: string })
const container = struct('v1.Container', {
  name: string,
  image: string,
  args: list(string),
  env: [list(variable), 'merge', 'name'],
})
const spec = struct('v1.PodSpec', {
  containers: [list(container), 'merge', 'name'],
  finalizers: [list(string), 'merge'],
  tolerations: list(struct('v1.Toleration', { key: string })),
  labels: map,
  strategy: [struct('v1.Strategy', { type: string, rolling: struct('v1.Rolling', { max: string }) }), 'retainKeys'],
})
const root = struct('v1.Pod', { spec })

const a = {
  name: 'a',
  image: '1',
  args: ['x', 'y'],
  env: [
    { name: 'E', value: '1' },
    { name: 'F', value: '2' },
  ],
}
const b = { name: 'b', image: '2' }
const original: JsonObject = deepFreeze({
  spec: {
    containers: [a, b],
    finalizers: ['a', 'b', 'c'],
    tolerations: [{ key: 'k' }],
    labels: { x: '1', y: '2' },
    strategy: { type: 'Rolling', rolling: { max: '1' } },
  },
})

function patched(patch: object): unknown {
  return applyStrategicMergePatch(original, deepFreeze({ spec: patch }) as JsonObject, root)['spec']
}

describe('applyStrategicMergePatch', () => {
  const cases: [string, object, object][] = [
    [
      'merges an element by its key',
      { containers: [{ name: 'a', image: '9' }] },
      { containers: [{ ...a, image: '9' }, b] },
    ],
    [
      'puts a new element first',
      { containers: [{ name: 'c', image: '3' }] },
      { containers: [{ name: 'c', image: '3' }, a, b] },
    ],
    ['deletes an element', { containers: [{ name: 'a', $patch: 'delete' }] }, { containers: [b] }],
    ['replaces a list', { containers: [{ $patch: 'replace' }, { name: 'z' }] }, { containers: [{ name: 'z' }] }],
    [
      'merges lists within elements',
      { containers: [{ name: 'a', env: [{ name: 'E', value: 'new' }, { name: 'G' }] }] },
      { containers: [{ ...a, env: [{ name: 'E', value: 'new' }, { name: 'G' }, { name: 'F', value: '2' }] }, b] },
    ],
    ['replaces atomic lists', { containers: [{ name: 'a', args: ['z'] }] }, { containers: [{ ...a, args: ['z'] }, b] }],
    ['replaces lists without a strategy', { tolerations: [{ key: 'z' }] }, { tolerations: [{ key: 'z' }] }],
    [
      'sets the order of elements',
      { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'a', image: '3' }] },
      { containers: [b, { ...a, image: '3' }] },
    ],
    ['sets the order alone', { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] }, { containers: [b, a] }],
    [
      'adds an element after those that nobody orders, in the place of one that it deletes',
      {
        '$setElementOrder/containers': [{ name: 'c' }],
        containers: [{ name: 'c' }, { name: 'b', $patch: 'delete' }],
      },
      { containers: [a, { name: 'c' }] },
    ],
    [
      'adds an element before those that nobody orders, where it deletes none',
      { '$setElementOrder/containers': [{ name: 'c' }], containers: [{ name: 'c' }] },
      { containers: [{ name: 'c' }, a, b] },
    ],
    ['merges lists of scalars', { finalizers: ['d', 'b'] }, { finalizers: ['d', 'a', 'b', 'c'] }],
    ['deletes from lists of scalars', { '$deleteFromPrimitiveList/finalizers': ['b'] }, { finalizers: ['a', 'c'] }],
    [
      'deletes and orders at once',
      { '$deleteFromPrimitiveList/finalizers': ['b'], '$setElementOrder/finalizers': ['x', 'c'], finalizers: ['x'] },
      { finalizers: ['x', 'a', 'c'] },
    ],
    ['merges maps', { labels: { x: null, z: '3' } }, { labels: { y: '2', z: '3' } }],
    ['replaces maps', { labels: { $patch: 'replace', z: '3' } }, { labels: { z: '3' } }],
    ['empties maps', { labels: { $patch: 'delete' } }, { labels: {} }],
    ['removes what is null', { labels: null }, { labels: undefined }],
    [
      'retains only the keys named',
      { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      { strategy: { type: 'Recreate' } },
    ],
    [
      'drops nulls and directives where nothing was',
      { extra: { q: null, r: { $patch: 'delete' }, s: '1' } },
      { extra: { s: '1' } },
    ],
  ]
  for (const [what, patch, changes] of cases) {
    it(what, () => {
      const expected = Object.entries({ ...(original['spec'] as object), ...changes }).filter(
        ([, value]) => value !== undefined,
      )
      expect(patched(patch)).to.deep.equal(Object.fromEntries(expected))
    })
  }

  it('shares what it did not touch', () => {
    const after = patched({ labels: { z: '3' } }) as Record<string, unknown>
    expect(after['containers']).to.equal((original['spec'] as Record<string, unknown>)['containers'])
  })

  const failing: [string, object, number, string][] = [
    [
      'an element without its key',
      { containers: [{ image: 'n' }] },
      500,
      'map: map[image:n] does not contain declared merge key: name',
    ],
    [
      'an unknown directive',
      { containers: [{ $patch: 'bogus', name: 'z' }] },
      500,
      'unknown patch type: bogus in map: map[$patch:bogus name:z]',
    ],
    [
      'an order the patch does not keep',
      { '$setElementOrder/finalizers': ['a'], finalizers: ['x'] },
      500,
      'The order in patch list:\n[x]\n',
    ],
    [
      'an order that is no list',
      { '$setElementOrder/finalizers': 'a' },
      500,
      'expected a []interface {}, but received a string',
    ],
    ['a directive without a field', { $deleteFromPrimitiveList: ['a'] }, 400, 'invalid patch format of primitive list'],
    [
      'keys that are not retained',
      { strategy: { $retainKeys: ['type'], rolling: {} } },
      400,
      'invalid patch format of retainKeys',
    ],
    [
      'an order of a field that is not there',
      { '$setElementOrder/nope': ['a'], nope: ['a'] },
      500,
      'unable to find api field in struct PodSpec for the json field "nope"',
    ],
    ['mixed elements', { finalizers: [{ a: 1 }] }, 500, 'list element types are not identical: [[a b c] [map[a:1]]]'],
  ]
  for (const [what, patch, code, message] of failing) {
    it(`refuses ${what}`, () =>
      expect(() => patched(patch))
        .to.throw(message)
        .with.property('code', code))
  }
})

describe('parseStrategicMergePatch', () => {
  it('wants an object', () => {
    expect(parseStrategicMergePatch(null)).to.deep.equal({})
    expect(() => parseStrategicMergePatch('x'))
      .to.throw('json: cannot unmarshal string into Go value of type map[string]interface {}')
      .with.property('code', 400)
  })
})
