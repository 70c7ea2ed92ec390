// Lists of completion indexes.
import { expect } from 'chai'
import { countIndexes, overlappingIndex } from './indexes.ts'

describe('countIndexes', () => {
  it('counts single indexes and intervals', () => {
    expect(countIndexes('', 5)).to.equal(0)
    expect(countIndexes('0,2-4,9', 10)).to.equal(5)
  })

  const wrong: [text: string, problem: string][] = [
    [
      '1-2-3',
      `the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`,
    ],
    ['a', 'cannot convert string to integer for index: "a"'],
    ['10', 'too large index: "10"'],
    ['3-3', 'non-increasing order, previous: 3, current: 3'],
    ['4,2', 'non-increasing order, previous: 4, current: 2'],
  ]
  for (const [text, problem] of wrong) {
    it(`refuses ${text}`, () => {
      expect(() => countIndexes(text, 10)).to.throw(problem)
    })
  }
})

describe('overlappingIndex', () => {
  it('finds the first index in both lists', () => {
    expect(overlappingIndex('0,2-5', '1,4', 10)).to.equal(4)
    expect(overlappingIndex('0,2-5', '1,6-7', 10)).to.equal(undefined)
  })
})
