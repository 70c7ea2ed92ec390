// Heart-beats of many nodes with one timer: as all have the same period, the node whose turn is next heads a queue.
import type { Clock, Timer } from '../apimachinery/clock.ts'

/** Beats due within this time of each other are done together. */
const SLACK_MS = 50

export interface HeartbeatOptions {
  readonly clock: Clock
  readonly periodMs: number
  readonly beat: (name: string) => void
}

export class Heartbeats {
  readonly #options: HeartbeatOptions
  readonly #queue: { name: string; dueMs: number }[] = []
  readonly #names = new Set<string>()
  #timer: Timer | undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  /** @param offsetMs of the first beat, at most a period: spreads the beats of nodes that start together */
  add(name: string, offsetMs: number): void {
    if (this.#names.has(name)) return
    this.#names.add(name)
    const dueMs = this.#options.clock.now() + Math.min(offsetMs, this.#options.periodMs)
    const at = this.#queue.findLastIndex((entry) => entry.dueMs <= dueMs)
    this.#queue.splice(at + 1, 0, { name, dueMs })
    if (at < 0) {
      this.#timer?.cancel()
      this.#timer = undefined
    }
    this.#arm()
  }

  remove(name: string): void {
    this.#names.delete(name)
    const at = this.#queue.findIndex((entry) => entry.name === name)
    if (at >= 0) this.#queue.splice(at, 1)
  }

  close(): void {
    this.#names.clear()
    this.#queue.length = 0
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #arm(): void {
    const [first] = this.#queue
    if (first === undefined || this.#timer !== undefined) return
    const { clock } = this.#options
    const beat = (): void => {
      this.#timer = undefined
      this.#beat()
      this.#arm()
    }
    this.#timer = clock.after(Math.max(0, first.dueMs - clock.now()), beat, 'renewal')
  }

  #beat(): void {
    const { clock, periodMs, beat } = this.#options
    const untilMs = clock.now() + SLACK_MS
    let due = this.#queue.findIndex((entry) => entry.dueMs > untilMs)
    if (due < 0) due = this.#queue.length
    for (const { name, dueMs } of this.#queue.splice(0, due)) {
      // Beats that were missed while the process stood still are not made up for.
      this.#queue.push({ name, dueMs: Math.max(dueMs, clock.now() - SLACK_MS) + periodMs })
      beat(name)
    }
    this.#queue.sort((a, b) => a.dueMs - b.dueMs)
  }
}
