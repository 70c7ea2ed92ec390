// Turns of the event loop, shared fairly: the loops of this process write in slices, so that requests are answered in between.
import { Fifo } from '../apimachinery/fifo.ts'

/**
 * Writes of one slice. A write costs some tenths of a millisecond, and thousands may be asked for at once: without slices
 * a request would wait for all of them.
 */
const SLICE_MS = 8

/** What follows from a write is asked for a turn or two later: its event has to be delivered first. */
const QUIET_TURNS = 3
const LONGEST_UNREST_MS = 1000

/** `telling`: events about what happened, which may come later than what happens. */
export type Urgency = 'acting' | 'telling'

/**
 * Worked example. 100 writes of 1 ms are asked for in one turn: 8 are done at once, 8 in each turn that follows, and what
 * has arrived on sockets is served before each of these.
 */
export class Turns {
  readonly #acting = new Fifo<() => void>()
  readonly #telling = new Fifo<() => void>()
  readonly #now: () => number
  readonly #nextTurn: (callback: () => void) => void
  /** When the slice of this turn began. */
  #begunAt: number | undefined
  /** Somebody has acted in this turn. */
  #hasActed = false
  /** Pieces of work that were asked for and have not ended. */
  #underWay = 0

  /** `now` in milliseconds of real time; both can be replaced in tests. */
  constructor(now = () => performance.now(), nextTurn: (callback: () => void) => void = setImmediate) {
    this.#now = now
    this.#nextTurn = nextTurn
  }

  /** Starts the work now if there is time left, else in a later turn; what waits, waits in order. */
  async run<T>(urgency: Urgency, work: () => Promise<T>): Promise<T> {
    this.#underWay++
    try {
      return await this.#start(urgency, work)
    } finally {
      this.#underWay--
    }
  }

  /** Resolves when nobody has asked for anything for some turns and nothing is under way, or after a second of that. */
  async quiet(): Promise<void> {
    const giveUpAt = this.#now() + LONGEST_UNREST_MS
    for (let turns = 0; turns < QUIET_TURNS && this.#now() < giveUpAt; turns++) {
      await new Promise<void>((resolve) => this.#nextTurn(resolve))
      if (this.#underWay > 0) turns = -1
    }
  }

  #start<T>(urgency: Urgency, work: () => Promise<T>): Promise<T> {
    const waiting = urgency === 'acting' ? this.#acting : this.#telling
    if (this.#begunAt === undefined) this.#begin()
    const isNext = urgency === 'acting' || (this.#acting.size === 0 && !this.#hasActed)
    if (waiting.size > 0 || !isNext || !this.#hasTime()) {
      return new Promise((resolve) => waiting.push(() => resolve(work())))
    }
    if (urgency === 'acting') this.#hasActed = true
    return work()
  }

  #begin(): void {
    this.#begunAt = this.#now()
    this.#hasActed = false
    this.#nextTurn(() => this.#proceed())
  }

  #hasTime(): boolean {
    return this.#now() - (this.#begunAt ?? 0) < SLICE_MS
  }

  #proceed(): void {
    this.#begunAt = undefined
    if (this.#acting.size === 0 && this.#telling.size === 0) return
    this.#begin()
    // Those who tell get on too, however much there is to do.
    this.#telling.take()?.()
    while (this.#hasTime()) {
      const next = this.#acting.take()
      if (next === undefined) break
      this.#hasActed = true
      next()
    }
    // What follows from an act is waited for: the turn ends with it, and is not filled up with telling.
    while (!this.#hasActed && this.#hasTime()) {
      const next = this.#telling.take()
      if (next === undefined) return
      next()
    }
  }
}
