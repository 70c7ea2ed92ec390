// What watchers write, made once for all that write the same at about the same time.
import type { StreamEvent } from '../endpoints/api.ts'

/** Bytes that are kept; the oldest go first. */
const keptBytes = 8 * 1024 * 1024

interface Chunk {
  readonly name: string
  readonly events: readonly StreamEvent[]
  readonly bytes: Buffer
}

/**
 * Encoded runs of events, found by their first one. Watchers of the same commits wait for the same events, and so do those
 * that resume from the same revision, or begin with the same state.
 */
export class SharedChunks {
  /** By the entry of the first event; in the order in which they were made. */
  readonly #chunks = new Map<object, Chunk[]>()
  #bytes = 0

  /**
   * @param name two forms of the same name print the same
   * @param make called when nobody has printed exactly these events in this form
   */
  get(name: string, events: readonly StreamEvent[], make: () => Buffer): Buffer {
    const first = events[0]!
    // Bookmarks and errors are told to one watcher alone.
    if (!('entry' in first)) return make()
    const among = this.#chunks.get(first.entry)
    const found = among?.find((chunk) => chunk.name === name && isSame(chunk.events, events))
    if (found !== undefined) return found.bytes
    const bytes = make()
    const chunk = { name, events, bytes }
    if (among === undefined) this.#chunks.set(first.entry, [chunk])
    else among.push(chunk)
    this.#bytes += bytes.length
    if (this.#bytes > keptBytes) this.#drop(first.entry)
    return bytes
  }

  clear(): void {
    this.#chunks.clear()
    this.#bytes = 0
  }

  #drop(except: object): void {
    for (const [first, chunks] of this.#chunks) {
      if (this.#bytes <= keptBytes) return
      if (first === except) continue
      this.#chunks.delete(first)
      for (const { bytes } of chunks) this.#bytes -= bytes.length
    }
  }
}

function isSame(some: readonly StreamEvent[], others: readonly StreamEvent[]): boolean {
  if (some.length !== others.length) return false
  for (let at = 0; at < some.length; at++) {
    const one = some[at]!
    const other = others[at]!
    if (one === other) continue
    if (!('entry' in one && 'entry' in other && one.entry === other.entry && one.type === other.type)) return false
  }
  return true
}
