// What becomes of measured values: figures, and rows of a table.
import { expect } from 'chai'
import { figure, table } from './figure.ts'

describe('figure', () => {
  it('is held to its bar by its median: costs from above, rates from below', () => {
    const cost = { name: 'a', what: 'a thing: CPU', unit: 'µs', bar: 300 } as const
    const rate = { name: 'b', what: 'a thing: rate', unit: '/s', bar: 300 } as const
    expect(figure(cost, [900, 100, 299]).isMet).to.equal(true)
    expect(figure(cost, [301]).isMet).to.equal(false)
    expect(figure(rate, [301]).isMet).to.equal(true)
    expect(figure(rate, [299]).isMet).to.equal(false)
  })

  it('is told as a multiple of its limit', () => {
    const { ofLimit, median, isMet } = figure({ name: 'a', what: 'a thing', unit: 'µs', limit: 50 }, [100, 200])
    expect([ofLimit, median, isMet]).to.deep.equal([3, 150, undefined])
  })

  it('is a row of a table, with what was seen meanwhile', () => {
    const one = figure({ name: 'a', what: 'a thing', unit: 'ms', limit: 50, bar: 90 }, [100, 200])
    expect(table([{ ...one, details: { MB: 54.4321 } }]).split('\n')[2]).to.equal(
      '| a thing | 150 ms | 100 to 200 | 50 ms: × 3 | ≤ 90 ms **missed** | MB: 54.4 |',
    )
  })
})
