// JSON Merge Patch: what it changes, and what it is not.
import { expect } from 'chai'
import { deepFreeze } from '../equality.ts'
import { applyMergePatch, parseMergePatch } from './merge-patch.ts'

describe('applyMergePatch', () => {
  // The examples of RFC 7386, appendix A, that are about objects.
  const cases: [object, object, object][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [document, patch, expected] of cases) {
    it(`${JSON.stringify(document)} with ${JSON.stringify(patch)}`, () => {
      expect(
        applyMergePatch(deepFreeze(document) as Record<string, unknown>, deepFreeze(patch) as Record<string, unknown>),
      ).to.deep.equal(expected)
    })
  }

  it('shares what it did not touch', () => {
    const before = deepFreeze({ a: { b: 1 }, c: { d: 1 } })
    expect(applyMergePatch(before, { c: { d: 2 } })['a']).to.equal(before.a)
  })
})

describe('parseMergePatch', () => {
  it('wants an object', () => {
    expect(() => parseMergePatch(null))
      .to.throw('Invalid JSON Patch')
      .with.property('code', 400)
    expect(() => parseMergePatch([1])).to.throw(
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    )
  })
})
