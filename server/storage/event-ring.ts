// The newest events in memory, a bounded number of them, and of bytes.
import type { StoreEvent } from './store.ts'

export class EventRing {
  readonly #capacity: number
  readonly #maxBytes: number
  /** Of the objects of all events. */
  #bytes = 0
  #events: StoreEvent[] = []
  #floor: number

  /**
   * `floor`: events up to this revision are not here. Both bounds may be Infinity: then only `forget` drops events.
   * @param capacity events that are kept; for a time there are up to twice as many, and the same holds for the bytes
   * @param maxBytes of the objects of all events together
   */
  constructor(floor: number, capacity: number, maxBytes: number) {
    this.#floor = floor
    this.#capacity = capacity
    this.#maxBytes = maxBytes
  }

  /** Every event above this revision is here. */
  get floor(): number {
    return this.#floor
  }

  push(events: readonly StoreEvent[]): void {
    for (const event of events) {
      this.#events.push(event)
      this.#bytes += event.entry.bytes.length
    }
    // Dropped in large runs, so that one push costs O(1) on average.
    if (this.#events.length >= 2 * this.#capacity || this.#bytes >= 2 * this.#maxBytes) this.#drop(this.#surplus())
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

  /** How many of the oldest are beyond the bounds. */
  #surplus(): number {
    let count = Math.max(0, this.#events.length - this.#capacity)
    let bytes = this.#bytes - this.#sizeOf(count)
    while (bytes > this.#maxBytes) bytes -= this.#events[count++]!.entry.bytes.length
    return count
  }

  #sizeOf(count: number): number {
    let size = 0
    for (let at = 0; at < count; at++) size += this.#events[at]!.entry.bytes.length
    return size
  }

  #drop(count: number): void {
    if (count === 0) return
    this.#bytes -= this.#sizeOf(count)
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
