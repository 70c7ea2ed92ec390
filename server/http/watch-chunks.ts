// What watchers write, made once for all that write the same at about the same time.
import { sizeOfEvent, type Run } from './watch-runs.ts'
import type { StreamEvent } from '../endpoints/api.ts'
import { sizeOf, writePiece, type Piece } from './pieces.ts'
import { bufferBytes, giveBack, takeBuffer } from './pump.ts'

/** Frames are written together up to about this size of the objects in them. */
const chunkBytes = 128 * 1024
/** Bytes that are kept; the oldest go first. */
const keptBytes = 4 * 1024 * 1024

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

/**
 * Frames in the form in which they are sent. All but small ones are in buffers that are used again and again: what lives for as
 * long as a client takes to read is old when it dies, and V8 lets old buffers of 100 MB gather before it looks for them.
 */
export class Chunk {
  readonly bytes: Buffer
  readonly isLent: boolean
  #buffer: Buffer | undefined
  #holders = 0

  constructor(pieces: readonly Piece[]) {
    const size = sizeOf(pieces)
    const fits = size >= lentBytes && size <= bufferBytes
    this.#buffer = fits ? takeBuffer(size) : undefined
    this.isLent = fits
    this.bytes = this.#buffer?.subarray(0, size) ?? Buffer.allocUnsafeSlow(size)
    let at = 0
    for (const piece of pieces) at = writePiece(this.bytes, piece, at)
  }

  hold(): this {
    this.#holders++
    return this
  }

  /** The last one gives the buffer back, unless somebody does not know whether it is still read. */
  readonly release = (error?: Error | null): void => {
    const buffer = this.#buffer
    if (error !== undefined && error !== null) this.#buffer = undefined
    if (--this.#holders > 0 || buffer === undefined || this.#buffer === undefined) return
    this.#buffer = undefined
    giveBack(buffer)
  }
}

/** Smaller ones would waste too much of a buffer, and are cheap. */
const lentBytes = 8 * 1024

interface Kept extends Stretch {
  readonly name: string
  readonly position: number
  readonly last: Run
  readonly chunk: Chunk
}

/** Runs come to all watchers of the same in the same order: the first and the last one tell those in between. */
export class SharedChunks {
  /** By their first runs; in the order in which they were made. */
  readonly #kept = new Map<Run, Kept[]>()
  #bytes = 0

  /**
   * @param name two forms of the same name print the same
   * @param make called when nobody has printed exactly these events in this form
   * @returns for who releases it when it is sent
   */
  get(name: string, cursor: Cursor, stretch: Stretch, make: () => readonly Piece[]): Chunk {
    const { runs, position } = cursor
    const first = runs[0]!
    const last = runs[stretch.count - 1]!
    const among = this.#kept.get(first)
    const found = among?.find(
      (one) =>
        one.last === last &&
        one.end === stretch.end &&
        one.position === position &&
        one.count === stretch.count &&
        one.name === name,
    )
    if (found !== undefined) return found.chunk.hold()
    const chunk = new Chunk(make()).hold()
    const kept = { ...stretch, name, position, last, chunk }
    if (among === undefined) this.#kept.set(first, [kept])
    else among.push(kept)
    this.#bytes += chunk.bytes.length
    if (this.#bytes > keptBytes) this.#drop()
    return chunk.hold()
  }

  clear(): void {
    for (const among of this.#kept.values()) for (const { chunk } of among) chunk.release()
    this.#kept.clear()
    this.#bytes = 0
  }

  #drop(): void {
    for (const [first, among] of this.#kept) {
      // Of a long run, the chunks that were written first.
      while (among.length > 0 && this.#bytes > keptBytes / 2) {
        const { chunk } = among.shift()!
        this.#bytes -= chunk.bytes.length
        chunk.release()
      }
      if (among.length > 0) return
      this.#kept.delete(first)
    }
  }
}
