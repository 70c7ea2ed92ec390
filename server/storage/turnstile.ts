// Lets a few through at a time; the others wait in line.

export class Turnstile {
  #free: number
  readonly #line: (() => void)[] = []

  /** @param width how many may be in at the same time */
  constructor(width: number) {
    this.#free = width
  }

  /** Does it when it is its turn. Rejects with what it throws. */
  async take(work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#line.push(resolve))
    try {
      await work()
    } finally {
      const next = this.#line.shift()
      // Who leaves hands over its place.
      if (next === undefined) this.#free++
      else next()
    }
  }
}
