// Turns: who has something to write writes it soon, but not while requests wait.

/** How long writers may go on before what has come in meanwhile is looked at. Milliseconds. */
const sliceMs = 2

export interface Turns {
  /** Calls `flush` in its turn. */
  join(flush: () => void): void
}

/**
 * A commit is told to hundreds of watchers, and acknowledged before they are written to. Each has its turn, in slices
 * between which the event loop goes round; who has to wait for it writes all that has come meanwhile at once.
 */
export class FanOut implements Turns {
  readonly #onIdle: () => void
  #due: (() => void)[] = []
  #position = 0

  /** @param onIdle nobody is left that has something to write */
  constructor(onIdle: () => void) {
    this.#onIdle = onIdle
  }

  join(flush: () => void): void {
    this.#due.push(flush)
    if (this.#due.length === 1) setImmediate(this.#slice)
  }

  readonly #slice = (): void => {
    const until = performance.now() + sliceMs
    do this.#due[this.#position++]!()
    while (this.#position < this.#due.length && performance.now() < until)
    // Under a steady load it may never be quiet.
    this.#due = this.#due.slice(this.#position)
    this.#position = 0
    if (this.#due.length > 0) return void setImmediate(this.#slice)
    this.#onIdle()
  }
}
