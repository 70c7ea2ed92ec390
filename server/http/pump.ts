// Bodies of any size through one buffer: filled, written, and filled again when the client has taken it.
import type { Writable } from 'node:stream'
import { writePiece, type Piece } from './pieces.ts'

/**
 * A fresh buffer of this size for every write would cost more than what is done with it: the system clears its pages, and many
 * are left for the next collection.
 */
export const bufferBytes = 256 * 1024

/** The sizes of buffers: each is twice the one before. */
const smallestBytes = 16 * 1024
/** Buffers that nobody uses, by size; of each size so many bytes. More users at a time get new ones. */
const maxIdleBytes = 2 * 1024 * 1024
const idle = new Map<number, Buffer[]>()
for (let size = smallestBytes; size <= bufferBytes; size *= 2) idle.set(size, [])

/** @param size bytes that are needed, up to `bufferBytes`; the buffer may have twice as many */
export function takeBuffer(size = bufferBytes): Buffer {
  let length = smallestBytes
  while (length < size) length *= 2
  return idle.get(length)!.pop() ?? Buffer.allocUnsafeSlow(length)
}

/** Nobody may look at the buffer any more. */
export function giveBack(buffer: Buffer): void {
  const among = idle.get(buffer.length)!
  if (among.length * buffer.length < maxIdleBytes) among.push(buffer)
}

/** Pieces, in order, as full buffers. */
export class PieceReader {
  readonly #pieces: Iterator<Piece>
  /** Taken, and still to be written: it did not fit. */
  #next: Piece | undefined

  constructor(pieces: Iterable<Piece>) {
    this.#pieces = pieces[Symbol.iterator]()
  }

  take(): Piece | undefined {
    const next = this.#next
    this.#next = undefined
    if (next !== undefined) return next
    const { done, value } = this.#pieces.next()
    return done === true ? undefined : value
  }

  /** The next pieces as far as there is room. @returns how many bytes that were; 0 at the end */
  fill(buffer: Buffer): number {
    let at = 0
    for (;;) {
      const piece = this.take()
      if (piece === undefined) return at
      const room = buffer.length - at
      if (piece.length <= room) {
        at = writePiece(buffer, piece, at)
        continue
      }
      if (at > 0) {
        this.#next = piece
        return at
      }
      this.#next = partOf(piece, room)
      return writePiece(buffer, partOf(piece, 0, room), 0)
    }
  }
}

function partOf(piece: Piece, start: number, end?: number): Piece {
  return typeof piece === 'string' ? piece.slice(start, end) : piece.subarray(start, end)
}

/**
 * Writes all there is, as fast as it is read, and ends the stream. What fails while it is made cuts the answer off.
 * @param writable calls back when it has no more need of the bytes: sockets, HTTP and zlib do
 */
export async function pump(writable: Writable, reader: PieceReader): Promise<void> {
  const writer = new Writer(writable)
  const buffer = takeBuffer()
  try {
    for (let size = reader.fill(buffer); size > 0; size = reader.fill(buffer)) {
      // Of what was cut off, nobody knows who still reads the buffer.
      if (!(await writer.write(buffer.subarray(0, size)))) return
    }
    giveBack(buffer)
    writable.end()
  } catch (error) {
    writable.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

/** Writes one thing after the other. */
export class Writer {
  readonly #writable: Writable
  #settle: ((isWritten: boolean) => void) | undefined

  constructor(writable: Writable) {
    this.#writable = writable
    writable.once('close', () => this.#settle?.(false))
  }

  /** Resolves when the bytes are needed no more. False: nobody reads them any more. */
  write(bytes: Buffer): Promise<boolean> {
    if (this.#writable.destroyed) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.#settle = resolve
      this.#writable.write(bytes, (error) => resolve(error === undefined || error === null))
    })
  }
}
