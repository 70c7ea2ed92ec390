// What watchers that do not read hold together, and who is cut off.
import { expect } from 'chai'
import { Backlog, type Laggard } from './watch-backlog.ts'
import type { Run } from './watch-runs.ts'

const run = (bytes: number): Run => ({ events: [], bytes, laggards: 0 })

class Watcher implements Laggard {
  readonly #backlog: Backlog
  readonly #runs: Run[] = []
  isCut = false

  constructor(backlog: Backlog) {
    this.#backlog = backlog
  }

  get unreadBytes(): number {
    return this.#runs.reduce((total, { bytes }) => total + bytes, 0)
  }

  wait(one: Run): void {
    this.#runs.push(one)
    this.#backlog.hold(this, one)
  }

  read(): void {
    this.#backlog.release(this.#runs.shift()!)
    if (this.#runs.length === 0) this.#backlog.forget(this)
  }

  cutOff(): void {
    this.isCut = true
    while (this.#runs.length > 0) this.read()
  }
}

describe('the backlog of watchers', () => {
  it('counts once what many wait for, until the last one has it', () => {
    const backlog = new Backlog(100)
    const [one, other] = [new Watcher(backlog), new Watcher(backlog)]
    const shared = run(80)
    one.wait(shared)
    other.wait(shared)
    expect(backlog.bytes).to.equal(80)
    one.read()
    expect(backlog.bytes).to.equal(80)
    other.read()
    expect(backlog.bytes).to.equal(0)
    expect(one.isCut || other.isCut).to.equal(false)
  })

  it('cuts off who is furthest behind, and no more than it must', () => {
    const backlog = new Backlog(100)
    const [little, most, newest] = [new Watcher(backlog), new Watcher(backlog), new Watcher(backlog)]
    little.wait(run(20))
    most.wait(run(30))
    most.wait(run(30))
    newest.wait(run(50))
    expect([little.isCut, most.isCut, newest.isCut]).to.deep.equal([false, true, false])
    expect(backlog.bytes).to.equal(70)
  })

  it('may cut off who comes to wait', () => {
    const backlog = new Backlog(100)
    const watcher = new Watcher(backlog)
    watcher.wait(run(60))
    watcher.wait(run(60))
    expect(watcher.isCut).to.equal(true)
    expect(backlog.bytes).to.equal(0)
  })
})
