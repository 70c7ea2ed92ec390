// Bounds the memory of decoded objects: of all entries, only those in use keep theirs.
import { StoredEntry } from './entry.ts'
import type { ObjectKeeper } from './entry.ts'
import type { Entry } from './store.ts'

/** JSON bytes whose objects may stay decoded. An object takes about 2.2 times its JSON; 64 MiB are 12,000 pods. */
export const defaultDecodedBytes = 64 * 1024 * 1024

/** The clock algorithm: a hand goes round and takes the object of each entry not read since its last visit. */
export class DecodedCache implements ObjectKeeper {
  readonly #limitBytes: number
  readonly #held = new Set<StoredEntry>()
  #bytes = 0
  /** A set's iterator goes on to what is added later, and skips what is deleted. */
  #hand = this.#held.values()

  constructor(limitBytes = defaultDecodedBytes) {
    this.#limitBytes = limitBytes
  }

  /** JSON bytes of the entries that hold their object. */
  get bytes(): number {
    return this.#bytes
  }

  holds(entry: StoredEntry): boolean {
    return this.#held.has(entry)
  }

  hold(entry: StoredEntry): void {
    if (this.holds(entry)) return
    this.#held.add(entry)
    this.#bytes += entry.json.length
    while (this.#bytes > this.#limitBytes && this.#held.size > 1) this.#advance(entry)
  }

  /** The version is history: its object goes with the last one who uses it, and is not held again. */
  release(entry: Entry): void {
    if (!(entry instanceof StoredEntry)) return
    this.#drop(entry)
    entry.retire()
  }

  #drop(entry: StoredEntry): void {
    if (this.#held.delete(entry)) this.#bytes -= entry.json.length
    entry.loosen()
  }

  #advance(except: StoredEntry): void {
    const next = this.#hand.next()
    if (next.done === true) {
      this.#hand = this.#held.values()
      return
    }
    if (next.value !== except && !next.value.takeUsed()) this.#drop(next.value)
  }
}
