// What comes first, goes first.
import { expect } from 'chai'
import { Fifo } from './fifo.ts'

describe('Fifo', () => {
  it('gives back in the order in which it took, also after many', () => {
    const fifo = new Fifo<number>()
    expect([fifo.size, fifo.take()]).to.deep.equal([0, undefined])
    const out: (number | undefined)[] = []
    for (let number = 0; number < 5000; number++) {
      fifo.push(number)
      if (number % 3 === 0) out.push(fifo.take())
    }
    expect(fifo.size).to.equal(5000 - out.length)
    while (fifo.size > 0) out.push(fifo.take())
    expect(out).to.deep.equal(Array.from({ length: 5000 }, (_, number) => number))
  })
})
