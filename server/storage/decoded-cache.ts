// Bounds the memory of decoded objects: of all entries, only those in use keep theirs.
import { StoredEntry } from './entry.ts'
import type { ObjectKeeper } from './entry.ts'
import type { Entry } from './store.ts'

/** JSON bytes whose objects may stay decoded. An object takes about 2.2 times its JSON; 16 MiB are 3,000 pods. */
const defaultDecodedBytes = 16 * 1024 * 1024

/** A sweep goes on until so much of the limit is free again. */
const freedShare = 0.1

/**
 * Second chance: a sweep takes, from the oldest on, the object of each entry that was not read since the last one.
 * No iterator outlives a sweep: it would hold every table the set has outgrown, with all the entries in it.
 */
export class DecodedCache implements ObjectKeeper {
  readonly #limitBytes: number
  readonly #held = new Set<StoredEntry>()
  #bytes = 0

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
    this.#bytes += entry.bytes.length
    if (this.#bytes > this.#limitBytes) this.#sweep(entry)
  }

  /** The version is history: its object goes with the last one who uses it, and is not held again. */
  release(entry: Entry): void {
    if (!(entry instanceof StoredEntry)) return
    this.#drop(entry)
    entry.retire()
  }

  #drop(entry: StoredEntry): void {
    if (this.#held.delete(entry)) this.#bytes -= entry.bytes.length
    entry.loosen()
  }

  #sweep(except: StoredEntry): void {
    const enough = this.#limitBytes * (1 - freedShare)
    for (const entry of this.#held) {
      if (this.#bytes <= enough) return
      if (entry === except) continue
      if (entry.takeUsed()) {
        // To the end, where this very sweep comes to it again if it has to.
        this.#held.delete(entry)
        this.#held.add(entry)
      } else {
        this.#drop(entry)
      }
    }
  }
}
