// What watchers write, made once for all that write the same at about the same time.
import { sizeOfEvent, type Run } from './watch-runs.ts'
import type { StreamEvent } from '../endpoints/api.ts'

/** Frames are written together up to about this size of the objects in them. */
const chunkBytes = 128 * 1024
/** Bytes that are kept; the oldest go first. */
const keptBytes = 8 * 1024 * 1024

/** Where a watch is in the runs that wait: they are written from an event of the first one on. */
export interface Cursor {
  readonly runs: Run[]
  position: number
}

/** The next events of a cursor, as many as make a chunk. */
export interface Stretch {
  /** So many runs, of the last one up to `end`. */
  readonly count: number
  readonly end: number
}

export function nextStretch({ runs, position }: Cursor): Stretch {
  const first = runs[0]!
  if (position > 0 || first.bytes > chunkBytes) return { count: 1, end: endOfSlice(first, position) }
  let size = first.bytes
  let count = 1
  while (count < runs.length && size + runs[count]!.bytes <= chunkBytes) size += runs[count++]!.bytes
  return { count, end: runs[count - 1]!.events.length }
}

function endOfSlice({ events }: Run, position: number): number {
  let size = 0
  let end = position
  while (end < events.length && size < chunkBytes) size += sizeOfEvent(events[end++]!)
  return end
}

export function* eventsOf({ runs, position }: Cursor, { count, end }: Stretch): Generator<StreamEvent, void> {
  for (let at = 0; at < count; at++) {
    const { events } = runs[at]!
    const until = at === count - 1 ? end : events.length
    for (let index = at === 0 ? position : 0; index < until; index++) yield events[index]!
  }
}

interface Chunk extends Stretch {
  readonly name: string
  readonly position: number
  readonly last: Run
  readonly bytes: Buffer
}

/** Runs come to all watchers of the same in the same order: the first and the last one tell those in between. */
export class SharedChunks {
  /** By their first runs; in the order in which they were made. */
  readonly #chunks = new Map<Run, Chunk[]>()
  #bytes = 0

  /**
   * @param name two forms of the same name print the same
   * @param make called when nobody has printed exactly these events in this form
   */
  get(name: string, cursor: Cursor, stretch: Stretch, make: () => Buffer): Buffer {
    const { runs, position } = cursor
    const first = runs[0]!
    const last = runs[stretch.count - 1]!
    const among = this.#chunks.get(first)
    const found = among?.find(
      (one) =>
        one.last === last &&
        one.end === stretch.end &&
        one.position === position &&
        one.count === stretch.count &&
        one.name === name,
    )
    if (found !== undefined) return found.bytes
    const bytes = make()
    const chunk = { ...stretch, name, position, last, bytes }
    if (among === undefined) this.#chunks.set(first, [chunk])
    else among.push(chunk)
    this.#bytes += bytes.length
    if (this.#bytes > keptBytes) this.#drop()
    return bytes
  }

  clear(): void {
    this.#chunks.clear()
    this.#bytes = 0
  }

  #drop(): void {
    for (const [first, chunks] of this.#chunks) {
      // Of a long run, the chunks that were written first.
      while (chunks.length > 0 && this.#bytes > keptBytes / 2) this.#bytes -= chunks.shift()!.bytes.length
      if (chunks.length > 0) return
      this.#chunks.delete(first)
    }
  }
}
