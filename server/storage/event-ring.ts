// The newest events in memory, a bounded number of them.
import type { StoreEvent } from './store.ts'

export class EventRing {
  readonly #capacity: number
  #events: StoreEvent[] = []
  #floor: number

  /** `floor`: events up to this revision are not here. The capacity may be Infinity: then only `forget` drops events. */
  constructor(floor: number, capacity: number) {
    this.#floor = floor
    this.#capacity = capacity
  }

  /** Every event above this revision is here. */
  get floor(): number {
    return this.#floor
  }

  push(events: readonly StoreEvent[]): void {
    for (const event of events) this.#events.push(event)
    // Dropped in large runs, so that one push costs O(1) on average.
    if (this.#events.length >= 2 * this.#capacity) this.#drop(this.#events.length - this.#capacity)
  }

  /** The events above `revision`, oldest first; undefined when some of them may be gone. */
  after(revision: number): readonly StoreEvent[] | undefined {
    return revision < this.#floor ? undefined : this.#events.slice(this.#indexAfter(revision))
  }

  /** Drops events up to `revision`, and knows nothing any more of what was before. */
  forget(revision: number): void {
    if (revision <= this.#floor) return
    this.#drop(this.#indexAfter(revision))
    this.#floor = revision
  }

  /** Drops events up to `revision`, but for the newest `keep`. */
  trim(revision: number, keep: number): void {
    this.#drop(Math.max(0, Math.min(this.#indexAfter(revision), this.#events.length - keep)))
  }

  #drop(count: number): void {
    if (count === 0) return
    this.#floor = this.#events[count - 1]!.entry.revision
    this.#events = this.#events.slice(count)
  }

  #indexAfter(revision: number): number {
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#events[middle]!.entry.revision > revision) high = middle
      else low = middle + 1
    }
    return low
  }
}
