// JSON Patch: its operations, its refusals and its cost.
import { expect } from 'chai'
import { deepFreeze } from '../equality.ts'
import { applyJsonPatch, parseJsonPatch } from './json-patch.ts'
import type { JsonPatchOperation } from './json-patch.ts'

const document = () =>
  deepFreeze({ kind: 'X', data: { k: 'v', z: 'y' }, metadata: { labels: { 'a/b': '1' } }, list: ['a', 'b'] })

describe('applyJsonPatch', () => {
  const cases: [string, JsonPatchOperation[], object][] = [
    [
      'replaces what it tested',
      [
        { op: 'test', path: '/data/k', value: 'v' },
        { op: 'replace', path: '/data/k', value: 'w' },
      ],
      { data: { k: 'w', z: 'y' } },
    ],
    [
      'adds and removes',
      [
        { op: 'add', path: '/data/n', value: '1' },
        { op: 'remove', path: '/data/z' },
      ],
      { data: { k: 'v', n: '1' } },
    ],
    ['moves', [{ op: 'move', from: '/data/k', path: '/data/m' }], { data: { m: 'v', z: 'y' } }],
    [
      'copies',
      [
        { op: 'copy', from: '/data', path: '/copy' },
        { op: 'add', path: '/copy/x', value: 1 },
      ],
      { copy: { k: 'v', z: 'y', x: 1 } },
    ],
    ['reads escapes', [{ op: 'remove', path: '/metadata/labels/a~1b' }], { metadata: { labels: {} } }],
    [
      'inserts into lists',
      [
        { op: 'add', path: '/list/1', value: 'x' },
        { op: 'add', path: '/list/-', value: 'y' },
      ],
      { list: ['a', 'x', 'b', 'y'] },
    ],
    ['counts negative indexes from the end', [{ op: 'remove', path: '/list/-1' }], { list: ['a'] }],
    [
      'replaces a member that is not there',
      [{ op: 'replace', path: '/data/none', value: 'x' }],
      { data: { k: 'v', z: 'y', none: 'x' } },
    ],
    [
      'copies null from what is not there',
      [{ op: 'copy', from: '/nope', path: '/data/n' }],
      { data: { k: 'v', z: 'y', n: null } },
    ],
    ['finds null where nothing is', [{ op: 'test', path: '/data/none', value: null }], {}],
  ]
  for (const [what, operations, changes] of cases) {
    it(what, () => expect(applyJsonPatch(document(), operations)).to.deep.equal({ ...document(), ...changes }))
  }

  it('replaces the whole document', () => {
    expect(applyJsonPatch(document(), [{ op: 'replace', path: '', value: { a: 1 } }])).to.deep.equal({ a: 1 })
  })

  it('shares what it did not touch', () => {
    const before = document()
    const after = applyJsonPatch(before, [{ op: 'add', path: '/data/n', value: '1' }]) as typeof before
    expect(after.metadata).to.equal(before.metadata)
    expect(after.data).not.to.equal(before.data)
  })

  const failing: [string, JsonPatchOperation][] = [
    ['a test that fails', { op: 'test', path: '/data/k', value: 'x' }],
    ['a test of what is not there', { op: 'test', path: '/nope', value: 'x' }],
    ['removing what is not there', { op: 'remove', path: '/data/none' }],
    ['a parent that is not there', { op: 'add', path: '/none/deep', value: 'x' }],
    ['an unknown operation', { op: 'bogus', path: '/data/k' }],
    ['a path without slash', { op: 'add', path: 'data', value: 'x' }],
    ['moving what is not there', { op: 'move', from: '/nope', path: '/data/x' }],
    ['an index beyond the end', { op: 'add', path: '/list/3', value: 'x' }],
    ['an index that is none', { op: 'add', path: '/list/x', value: 'x' }],
  ]
  for (const [what, operation] of failing) {
    it(`refuses ${what} without saying why`, () => {
      expect(() => applyJsonPatch(document(), [operation]))
        .to.throw('the server rejected our request due to an error in our request')
        .with.property('code', 422)
    })
  }

  it('takes the largest patch in linear time', () => {
    const operations = Array.from({ length: 10_000 }, (_, at) => ({ op: 'add', path: `/data/a${at}`, value: 'x' }))
    expect(Object.keys((applyJsonPatch(document(), operations) as { data: object }).data)).to.have.length(10_002)
  })
})

describe('parseJsonPatch', () => {
  const wrong: [string, unknown, number, string][] = [
    [
      'an object',
      { op: 'add' },
      400,
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    ],
    [
      'a list of numbers',
      [1],
      400,
      'error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp',
    ],
    [
      'a path of the wrong type',
      [{ op: 'add', path: 1 }],
      400,
      'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string',
    ],
    [
      'too many operations',
      Array.from({ length: 10_001 }, () => ({})),
      413,
      'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    ],
  ]
  for (const [what, patch, code, message] of wrong) {
    it(`refuses ${what}`, () =>
      expect(() => parseJsonPatch(patch))
        .to.throw(message)
        .with.property('code', code))
  }
})
