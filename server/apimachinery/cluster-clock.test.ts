// The clock of a cluster: steps, speeds, and what fires on the way.
import { expect } from 'chai'
import { FakeClock, type TimerKind } from './clock.ts'
import { ClusterClock } from './cluster-clock.ts'

describe('the clock of a cluster', () => {
  const start = Date.UTC(2026, 0, 1)
  let real: FakeClock
  let clock: ClusterClock
  let fired: string[]

  beforeEach(() => {
    real = new FakeClock(start)
    clock = new ClusterClock({ source: real })
    fired = []
  })

  const note = (name: string, delayMs: number, kind?: TimerKind): void => {
    clock.after(delayMs, () => fired.push(`${name}@${(clock.now() - start) / 1000}`), kind)
  }
  /** Comes back every `periodMs`. */
  const repeat = (name: string, periodMs: number, kind?: TimerKind): void => {
    const again = (): void => {
      fired.push(`${name}@${(clock.now() - start) / 1000}`)
      clock.after(periodMs, again, kind)
    }
    clock.after(periodMs, again, kind)
  }

  it('follows real time, in order', () => {
    note('b', 2000)
    note('a', 1000)
    clock.after(1500, () => fired.push('cancelled')).cancel()
    real.step(1999)
    expect([fired, clock.now() - start]).to.deep.equal([['a@1'], 1999])
    real.step(1)
    expect(fired).to.deep.equal(['a@1', 'b@2'])
  })

  it('fires what is set by what fires when its own time comes', () => {
    repeat('tick', 1000)
    real.step(3500)
    expect(fired).to.deep.equal(['tick@1', 'tick@2', 'tick@3'])
  })

  it('stands still when it is stopped, and goes on where it stood', () => {
    note('a', 1000)
    real.step(400)
    clock.stop()
    real.step(10_000)
    expect([fired, clock.now() - start]).to.deep.equal([[], 400])
    clock.resume()
    real.step(599)
    expect(fired).to.deep.equal([])
    real.step(1)
    expect(fired).to.deep.equal(['a@1'])
  })

  it('steps from one due timer to the next, each at its own time, also to those that are set on the way', async () => {
    clock.stop()
    repeat('hourly', 3_600_000)
    note('early', 1000)
    await clock.step(2 * 3_600_000)
    expect(fired).to.deep.equal(['early@1', 'hourly@3600', 'hourly@7200'])
    expect(clock.now() - start).to.equal(7_200_000)
  })

  it('renews before it looks, and only where there is something to look at', async () => {
    clock.stop()
    repeat('lease', 10_000, 'renewal')
    note('look', 50_000)
    await clock.step(60_000)
    expect(fired).to.deep.equal(['lease@50', 'look@50', 'lease@60'])
  })

  it('looks at the right moment in short steps, and less often in long ones', async () => {
    clock.stop()
    repeat('look', 50_000, 'check')
    await clock.step(100_000)
    expect(fired).to.deep.equal(['look@50', 'look@100'])
    repeat('hourly', 3_600_000)
    await clock.step(24 * 3_600_000)
    expect(fired.filter((one) => one.startsWith('look')).length).to.be.within(80, 110)
    expect(fired.filter((one) => one.startsWith('hourly')).length).to.equal(24)
    expect(fired).to.include(`hourly@${100 + 3600}`)
  })

  it('waits until what follows is done', async () => {
    clock.stop()
    clock.settlesBy(async () => {
      await Promise.resolve()
      fired.push('settled')
    })
    note('a', 1000)
    note('b', 2000)
    await clock.step(2000)
    expect(fired).to.deep.equal(['settled', 'a@1', 'settled', 'b@2', 'settled'])
  })

  it('goes on in real time after a step', async () => {
    note('a', 5000)
    await clock.step(4000)
    expect(fired).to.deep.equal([])
    real.step(1000)
    expect(fired).to.deep.equal(['a@5'])
  })

  it('makes steps that are asked for at once one after the other', async () => {
    await Promise.all([clock.step(1000), clock.step(2000)])
    expect(clock.now() - start).to.equal(3000)
  })

  it('runs faster than real time, and as fast as it can', async () => {
    clock.setSpeed(60)
    repeat('minute', 60_000)
    for (let turn = 0; turn < 200; turn++) {
      real.step(10)
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(fired[0]).to.equal('minute@60')
    expect(clock.now() - start).to.be.within(100_000, 120_000)
  })

  it('begins when it is told to, and refuses what is no speed and no step', () => {
    const early = new ClusterClock({ source: real, startMs: 1000, speed: 0 })
    real.step(5000)
    expect(early.now()).to.equal(1000)
    expect(() => early.setSpeed(-1)).to.throw(RangeError)
    expect(() => early.setSpeed(Number.NaN)).to.throw(RangeError)
    expect(() => void early.step(0)).to.throw(RangeError)
    expect(() => new ClusterClock({ speed: 1e9 })).to.throw(RangeError)
  })

  it('forgets timers that were cancelled', () => {
    for (let count = 0; count < 5000; count++) clock.after(1_000_000, () => fired.push('cancelled')).cancel()
    note('a', 1000)
    real.step(2_000_000)
    expect(fired).to.deep.equal(['a@1'])
  })
})
