// Sets of completion indexes.
import { expect } from 'chai'
import { firstFree, formatIndexes, has, merge, overlap, parseIndexes, total, withIndexes } from './indexes.ts'

describe('indexes', () => {
  const texts: [name: string, text: string, completions: number, read: string][] = [
    ['nothing', '', 5, ''],
    ['single ones and ranges', '0,2-5,9', 10, '0,2-5,9'],
    ['neighbours as one range', '1,2,3', 10, '1-3'],
    ['pairs with a comma', '1-2', 10, '1,2'],
    ['only what is below the completions', '0,3-8,9', 5, '0,3,4'],
    ['what makes sense', '0,x,2-y,4', 10, '0,4'],
  ]
  for (const [name, text, completions, read] of texts) {
    it(`reads ${name}`, () => expect(formatIndexes(parseIndexes(text, completions))).to.equal(read))
  }

  it('are merged, counted and looked up', () => {
    const some = merge(parseIndexes('0-2,7', 10), parseIndexes('3,6,9', 10))
    expect(formatIndexes(some)).to.equal('0-3,6,7,9')
    expect(formatIndexes(withIndexes(some, [8, 4, 4]))).to.equal('0-4,6-9')
    expect(total(some)).to.equal(7)
    expect([0, 4, 7, 8].map((index) => has(some, index))).to.deep.equal([true, false, true, false])
    expect(overlap(some, parseIndexes('2-6,9', 10))).to.equal(4)
  })

  it('leave the lowest free ones', () => {
    expect(firstFree(parseIndexes('1,3-4', 10), 3, 10)).to.deep.equal([0, 2, 5])
    expect(firstFree(parseIndexes('0-1', 10), 5, 4)).to.deep.equal([2, 3])
    expect(firstFree(parseIndexes('0-8', 9), 5, 4)).to.deep.equal([])
  })
})
