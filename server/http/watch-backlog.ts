// What the server keeps for watchers that do not read, all of them together: bounded, whatever their number.
import type { Run } from './watch-runs.ts'

/** A watcher that is behind. */
export interface Laggard {
  /** How far, in bytes of the objects it has not been sent. */
  readonly unreadBytes: number
  /** Lets go of all its runs. */
  cutOff(): void
}

/**
 * Who watches the same waits for the same runs, and they are in memory once: they count once. Where all of them together are
 * too many, who is furthest behind is cut off, until they are not.
 */
export class Backlog {
  readonly #maxBytes: number
  readonly #laggards = new Set<Laggard>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes of the objects that somebody waits for. */
  get bytes(): number {
    return this.#bytes
  }

  /** The run waits for the laggard, too. It may be cut off before this returns. */
  hold(laggard: Laggard, run: Run): void {
    this.#laggards.add(laggard)
    if (run.laggards++ === 0) this.#bytes += run.bytes
    while (this.#bytes > this.#maxBytes) this.#furthestBehind().cutOff()
  }

  /** It waits for one laggard less. */
  release(run: Run): void {
    if (--run.laggards === 0) this.#bytes -= run.bytes
  }

  /** The laggard, who holds nothing, is none any more. */
  forget(laggard: Laggard): void {
    this.#laggards.delete(laggard)
  }

  #furthestBehind(): Laggard {
    return [...this.#laggards].reduce((one, other) => (other.unreadBytes > one.unreadBytes ? other : one))
  }
}
