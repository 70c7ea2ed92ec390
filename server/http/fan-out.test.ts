// Turns of those who write: in order, in slices, and idle at the end.
import { expect } from 'chai'
import { FanOut } from './fan-out.ts'

describe('turns', () => {
  it('come in order, after what is going on, and then it is quiet', async () => {
    const told: string[] = []
    await new Promise<void>((resolve) => {
      const turns = new FanOut(() => {
        told.push('idle')
        resolve()
      })
      for (const name of ['a', 'b']) turns.join(() => void told.push(name))
      told.push('now')
    })
    expect(told).to.deep.equal(['now', 'a', 'b', 'idle'])
  })

  it('let others have theirs, when there is much to write', async () => {
    let turnsOfOthers = 0
    let isOver = false
    const others = (): void => {
      turnsOfOthers++
      if (!isOver) setImmediate(others)
    }
    await new Promise<void>((resolve) => {
      const turns = new FanOut(resolve)
      const busy = (): void => {
        const until = performance.now() + 3
        while (performance.now() < until);
      }
      for (let at = 0; at < 5; at++) turns.join(busy)
      setImmediate(others)
    })
    isOver = true
    expect(turnsOfOthers).to.be.at.least(4)
  })

  it('can be joined in a turn', async () => {
    const told: number[] = []
    await new Promise<void>((resolve) => {
      const turns = new FanOut(resolve)
      turns.join(() => turns.join(() => void told.push(2)))
      turns.join(() => void told.push(1))
    })
    expect(told).to.deep.equal([1, 2])
  })
})
