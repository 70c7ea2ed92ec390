// What a body is put together from: bytes that were made for it, and bytes that are kept as strings.
import type { ByteString } from '../storage/byte-string.ts'

/** Its `length` is the number of its bytes, either way. */
export type Piece = Uint8Array | ByteString

/** @returns where the piece ends */
export function writePiece(target: Buffer, piece: Piece, at: number): number {
  if (typeof piece === 'string') target.write(piece, at, 'latin1')
  else target.set(piece, at)
  return at + piece.length
}

export function sizeOf(pieces: readonly Piece[]): number {
  let size = 0
  for (const piece of pieces) size += piece.length
  return size
}

/** Bytes of their own: in Node's shared pool, a body that waits would hold the memory of others that went. */
export function joinPieces(pieces: readonly Piece[], size = sizeOf(pieces)): Buffer {
  const joined = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const piece of pieces) at = writePiece(joined, piece, at)
  return joined
}
