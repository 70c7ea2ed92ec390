// When two values are the same, and copies that share nothing.
import { expect } from 'chai'
import fc from 'fast-check'
import { copy, deepEqual, deepFreeze, semanticEqual } from './equality.ts'

describe('deepEqual', () => {
  it('does not look at the order of members, nor at undefined ones', () => {
    expect(deepEqual({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1, d: undefined })).to.equal(true)
    expect(deepEqual({ a: undefined }, {})).to.equal(true)
    expect(deepEqual({}, { a: 1 })).to.equal(false)
    expect(deepEqual([1, 2], [2, 1])).to.equal(false)
    expect(deepEqual([], {})).to.equal(false)
    expect(deepEqual(null, {})).to.equal(false)
  })

  it('agrees with JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(deepEqual(a, copy(a))).to.equal(true)
        if (JSON.stringify(a) === JSON.stringify(b)) expect(deepEqual(a, b)).to.equal(true)
      }),
    )
  })
})

describe('semanticEqual', () => {
  it('takes what is empty for absent', () => {
    expect(semanticEqual({ a: [], b: {} }, {})).to.equal(true)
    expect(semanticEqual({ a: null }, { a: [] })).to.equal(true)
    expect(semanticEqual({ a: '' }, {})).to.equal(false)
    expect(semanticEqual({ a: [1] }, { a: [] })).to.equal(false)
  })
})

describe('copy and deepFreeze', () => {
  it('copies what is frozen into what can be changed', () => {
    const frozen = deepFreeze({ a: { b: [1] } })
    expect(() => (frozen.a.b as number[]).push(2)).to.throw(TypeError)
    const mutable = copy(frozen)
    mutable.a.b.push(2)
    expect(frozen.a.b).to.deep.equal([1])
    expect(mutable.a.b).to.deep.equal([1, 2])
  })

  it('keeps a member named __proto__ a member', () => {
    const value = JSON.parse('{"__proto__":{"a":1}}') as object
    expect(JSON.stringify(copy(value))).to.equal('{"__proto__":{"a":1}}')
    expect(Object.getPrototypeOf(copy(value))).to.equal(Object.prototype)
  })
})
