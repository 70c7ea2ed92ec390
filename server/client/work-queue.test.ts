// The work queue: order, duplicates, delays and back-off.
import { expect } from 'chai'
import { FakeClock } from '../apimachinery/clock.ts'
import { WorkQueue } from './work-queue.ts'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('work queue', () => {
  it('works once on a key that was added twice', async () => {
    const done: string[] = []
    const queue = new WorkQueue(new FakeClock(), { work: async (key) => void done.push(key) })
    for (const key of ['a', 'b', 'a']) queue.add(key)
    queue.start()
    await queue.settled()
    expect(done).to.deep.equal(['a', 'b'])
  })

  it('never works on one key twice at a time, and comes back to a key added meanwhile', async () => {
    const running: string[] = []
    const finish: (() => void)[] = []
    const work = (key: string): Promise<void> => {
      running.push(key)
      return new Promise((resolve) => finish.push(resolve))
    }
    const queue = new WorkQueue(new FakeClock(), { work })
    queue.start()
    queue.add('a')
    await settle()
    queue.add('a')
    queue.add('b')
    await settle()
    expect(running).to.deep.equal(['a', 'b'])
    finish[0]?.()
    await settle()
    expect(running).to.deep.equal(['a', 'b', 'a'])
  })

  it('works on no more keys at a time than it may', async () => {
    let running = 0
    const work = (): Promise<void> => {
      running += 1
      return new Promise(() => {})
    }
    const queue = new WorkQueue(new FakeClock(), { work, concurrency: 2 })
    queue.start()
    for (const key of ['a', 'b', 'c']) queue.add(key)
    await settle()
    expect(running).to.equal(2)
    expect(queue.length).to.equal(1)
  })

  it('backs off with doubling pauses and forgets failures after success', async () => {
    const clock = new FakeClock()
    const times: number[] = []
    const start = clock.now()
    const work = async (): Promise<void> => {
      times.push(clock.now() - start)
      if (times.length < 4) throw new Error('no')
    }
    const queue = new WorkQueue(clock, { work })
    queue.start()
    queue.add('a')
    for (let step = 0; step < 10; step++) {
      await settle()
      clock.step(5)
    }
    expect(times).to.deep.equal([0, 5, 15, 35])
    expect(queue.retries('a')).to.equal(0)
  })

  it('takes the earliest of several delays, and the one that work asks for', async () => {
    const clock = new FakeClock()
    let count = 0
    const queue = new WorkQueue(clock, { work: async () => (++count === 1 ? 100 : undefined) })
    queue.start()
    queue.addAfter('a', 5000)
    queue.addAfter('a', 1000)
    clock.step(1000)
    await settle()
    expect(count).to.equal(1)
    clock.step(100)
    await settle()
    expect(count).to.equal(2)
    expect(clock.pendingTimers).to.equal(0)
  })

  it('drops what waits when it is closed', async () => {
    const clock = new FakeClock()
    const queue = new WorkQueue(clock, { work: async () => expect.fail('must not run') })
    queue.add('a')
    queue.addAfter('b', 10)
    await queue.close()
    clock.step(10)
    expect(clock.pendingTimers).to.equal(0)
  })
})
