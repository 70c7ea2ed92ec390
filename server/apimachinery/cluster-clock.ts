// The clock of a cluster: real time, until it is stopped, stepped or sped up while the cluster runs.
import { systemClock, type Clock, type Timer, type TimerKind } from './clock.ts'
import { Heap } from './heap.ts'

export interface ClockSettings {
  /** What time it is at first, in milliseconds since the epoch. Default: what the source says. */
  readonly startMs?: number
  /** Seconds of the cluster for each real one; 0: stopped. Default 1. */
  readonly speed?: number
  /** What real time is. Default: the system's clock. */
  readonly source?: Clock
}

interface Pending {
  readonly due: number
  readonly sequence: number
  readonly callback: () => void
  isCancelled: boolean
}

/** At other speeds than real time's, time goes on in ticks of so many real milliseconds. */
const TICK_MS = 10
/** A machine that falls behind by more than this, in real milliseconds, does not catch up. */
const LONGEST_LAG_MS = 100
export const MAX_SPEED = 100_000
/** In steps up to so long, checks are made at their own time; in longer ones at least so many times. */
const EXACT_STEP_MS = 15 * 60_000
const CHECKS_PER_STEP = 100

/**
 * At speed 1 it is the source's time plus what was skipped by steps. At any other speed, and within a step, time goes from
 * one due timer to the next and waits at each until the cluster has done what follows from it (`settlesBy`): what
 * happens does not depend on how quick the machine is, and a speed it cannot keep up with becomes the one it can.
 *
 * Worked example. A lease is renewed every 10 s, a Job is due in an hour: a step of two hours renews the lease, starts the
 * Job at its time, lets its pod run, and renews the lease again at each moment at which something else is due.
 */
export class ClusterClock implements Clock {
  /** Real time, for what the outside waits for. */
  readonly source: Clock
  readonly #pendings = { renewal: new Pendings(), check: new Pendings(), deadline: new Pendings() } as const
  #speed: number
  /** The time of the cluster and that of the source at the same moment. */
  #anchorMs: number
  #sourceMs: number
  /** Of the source: for the next due timer, or the next tick. */
  #armed: { readonly timer: Timer; readonly due: number } | undefined
  #sequence = 0
  /** Time is being moved from one due timer to the next. */
  #isMoving = false
  #isClosed = false
  #moves: Promise<void> = Promise.resolve()
  #settle: () => Promise<void> = () => new Promise((resolve) => setImmediate(resolve))

  constructor({ startMs, speed = 1, source = systemClock }: ClockSettings = {}) {
    this.source = source
    this.#sourceMs = source.now()
    this.#anchorMs = startMs ?? this.#sourceMs
    this.#speed = checkedSpeed(speed)
    this.#arm()
  }

  /** How to wait until the cluster has done what is to be done now. */
  settlesBy(settle: () => Promise<void>): void {
    this.#settle = settle
  }

  get speed(): number {
    return this.#speed
  }

  now(): number {
    return this.#isLive ? this.#anchorMs + this.source.now() - this.#sourceMs : this.#anchorMs
  }

  after(delayMs: number, callback: () => void, kind: TimerKind = 'deadline'): Timer {
    const due = this.now() + Math.max(0, delayMs)
    const pending: Pending = { due, sequence: this.#sequence++, callback, isCancelled: false }
    const pendings = this.#pendings[kind]
    pendings.push(pending)
    this.#arm()
    return {
      cancel: () => {
        pendings.cancel(pending)
        this.#arm()
      },
    }
  }

  stop(): void {
    this.setSpeed(0)
  }

  /** Goes on at the speed of real time. */
  resume(): void {
    this.setSpeed(1)
  }

  /** @throws RangeError for what is no speed */
  setSpeed(speed: number): void {
    checkedSpeed(speed)
    this.#anchor()
    this.#speed = speed
    this.#arm()
  }

  /**
   * Moves time on, and resolves when the cluster has done what became due on the way. Steps follow one another; the clock
   * then goes on as before, or stands.
   * @throws RangeError for a step that leads nowhere
   */
  step(deltaMs: number): Promise<void> {
    if (!(deltaMs > 0) || !Number.isFinite(deltaMs)) throw new RangeError('time moves forward only')
    return this.#move(() => this.#anchorMs + deltaMs)
  }

  /** No timer fires any more. */
  close(): void {
    this.#isClosed = true
    this.#armed?.timer.cancel()
    this.#armed = undefined
  }

  get #isLive(): boolean {
    return this.#speed === 1 && !this.#isMoving
  }

  /** From here on, time is counted anew. */
  #anchor(): void {
    this.#anchorMs = this.now()
    this.#sourceMs = this.source.now()
  }

  #arm(): void {
    if (this.#isMoving || this.#isClosed) return
    const due = this.#nextWake()
    if (this.#armed?.due === due) return
    this.#armed?.timer.cancel()
    this.#armed = undefined
    if (due === undefined) return
    const timer = this.source.after(Math.max(0, due - this.source.now()), () => {
      this.#armed = undefined
      if (this.#speed === 1) this.#fireLive()
      else this.#tick()
    })
    this.#armed = { timer, due }
  }

  /** In the time of the source. */
  #nextWake(): number | undefined {
    if (this.#speed === 0) return undefined
    if (this.#speed !== 1) return this.#sourceMs + TICK_MS
    const { due } = this.#next()
    return due === Infinity ? undefined : due - this.#anchorMs + this.#sourceMs
  }

  /** Whose first timer is due first. */
  #next(): Pendings {
    const { renewal, check, deadline } = this.#pendings
    const other = check.due <= deadline.due ? check : deadline
    return renewal.due <= other.due ? renewal : other
  }

  #fireLive(): void {
    // A timer that is set by one that fires has its turn later.
    const now = this.now()
    try {
      for (;;) {
        const next = this.#next()
        if (next.due > now || !this.#isLive || this.#isClosed) break
        next.take()?.callback()
      }
    } finally {
      this.#arm()
    }
  }

  #tick(): void {
    const lagMs = this.source.now() - this.#sourceMs
    void this.#move(() => this.#anchorMs + Math.min(lagMs, LONGEST_LAG_MS) * this.#speed)
  }

  #move(target: () => number): Promise<void> {
    const move = async (): Promise<void> => {
      this.#anchor()
      this.#isMoving = true
      this.#armed?.timer.cancel()
      this.#armed = undefined
      const began = this.#sourceMs
      try {
        await this.#moveTo(target())
      } finally {
        this.#isMoving = false
        // What moving took is made up for by the next tick; after a step in real time it is lost.
        this.#sourceMs = this.#speed === 1 ? this.source.now() : began
        this.#arm()
      }
    }
    const moved = this.#moves.then(move)
    this.#moves = moved.catch(() => {})
    return moved
  }

  async #moveTo(end: number): Promise<void> {
    const { renewal, check, deadline } = this.#pendings
    const spanMs = end - this.#anchorMs
    const pauseMs = spanMs <= EXACT_STEP_MS ? 0 : spanMs / CHECKS_PER_STEP
    let checkAfter = this.#anchorMs
    await this.#settle()
    for (;;) {
      const due = Math.min(deadline.due, Math.max(check.due, checkAfter), end)
      this.#anchorMs = Math.max(this.#anchorMs, due)
      const checks = check.due <= this.#anchorMs && (checkAfter <= this.#anchorMs || due >= end)
      const deadlines = deadline.due <= this.#anchorMs
      // First those who say that they are alive, before anybody looks who did not.
      if (this.#fire(renewal)) await this.#settle()
      if (checks) {
        this.#fire(check)
        checkAfter = this.#anchorMs + pauseMs
      }
      if (deadlines) this.#fire(deadline)
      if (checks || deadlines) await this.#settle()
      if (this.#isClosed || (!checks && !deadlines && due >= end)) break
    }
    this.#anchorMs = end
  }

  /** What is due now, not what is set meanwhile. Answers whether there was anything. */
  #fire(pendings: Pendings): boolean {
    const ready: Pending[] = []
    while (pendings.due <= this.#anchorMs) ready.push(pendings.take()!)
    for (const pending of ready) if (!pending.isCancelled) pending.callback()
    return ready.length > 0
  }
}

/** Timers in the order in which they are due. */
class Pendings {
  #heap = new Heap<Pending>(isBefore)
  #cancelled = 0

  push(pending: Pending): void {
    this.#heap.push(pending)
  }

  cancel(pending: Pending): void {
    if (pending.isCancelled) return
    pending.isCancelled = true
    // They are left where they are until they are many, or come first. One that has fired counts in vain.
    if (++this.#cancelled < 1000 || this.#cancelled * 2 < this.#heap.size) return
    const old = this.#heap
    this.#heap = new Heap<Pending>(isBefore)
    this.#cancelled = 0
    for (let one = old.pop(); one !== undefined; one = old.pop()) if (!one.isCancelled) this.#heap.push(one)
  }

  /** When the first is due. */
  get due(): number {
    for (;;) {
      const first = this.#heap.peek()
      if (first === undefined) return Infinity
      if (!first.isCancelled) return first.due
      this.#heap.pop()
    }
  }

  take(): Pending | undefined {
    return this.#heap.pop()
  }
}

function isBefore(a: Pending, b: Pending): boolean {
  return a.due < b.due || (a.due === b.due && a.sequence < b.sequence)
}

function checkedSpeed(speed: number): number {
  if (!(speed >= 0 && speed <= MAX_SPEED)) throw new RangeError(`a speed is a number from 0 to ${MAX_SPEED}`)
  return speed
}
