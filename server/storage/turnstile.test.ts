// Few at a time, in the order in which they came.
import { expect } from 'chai'
import { setImmediate as turn } from 'node:timers/promises'
import { Turnstile } from './turnstile.ts'

describe('a turnstile', () => {
  it('lets so many through at a time, in the order in which they came, and goes on after a failure', async () => {
    const turnstile = new Turnstile(2)
    const inside: number[] = []
    const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>())
    const passing = gates.map(({ promise }, at) =>
      turnstile.take(() => {
        inside.push(at)
        return promise
      }),
    )
    await turn()
    expect(inside).to.deep.equal([0, 1])
    gates[1]!.reject(new Error('no'))
    expect(await passing[1]!.catch((error: Error) => error.message)).to.equal('no')
    await turn()
    expect(inside).to.deep.equal([0, 1, 2])
    for (const { resolve } of gates) resolve()
    await Promise.allSettled(passing)
    expect(inside).to.deep.equal([0, 1, 2, 3])
  })
})
