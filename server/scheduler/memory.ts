// What was found out about all nodes for one pod, kept for pods like it: a bounded map, emptied when nodes come or go.
import type { Memory } from './framework.ts'

const MAX_REMEMBERED = 200

export class BoundedMemory implements Memory {
  /** What was used least recently comes first. */
  readonly #things = new Map<string, object>()

  recall<T extends object>(key: string, make: () => T): T {
    // The key names the kind of thing, so that what is found is of the type that is made.
    const known = this.#things.get(key) as T | undefined
    if (known !== undefined) {
      if (this.#things.size > MAX_REMEMBERED / 2) {
        this.#things.delete(key)
        this.#things.set(key, known)
      }
      return known
    }
    if (this.#things.size >= MAX_REMEMBERED) {
      const [oldest] = this.#things.keys()
      this.#things.delete(oldest!)
    }
    const made = make()
    this.#things.set(key, made)
    return made
  }

  clear(): void {
    this.#things.clear()
  }
}
