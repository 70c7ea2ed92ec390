// Lists as gzip, put together from parts that are compressed once, and again only when an object in them has changed.
//
// A stream of deflate may be cut at whole bytes and its pieces put in another order, as long as none refers back to the one
// before it. So a list is compressed in runs of some objects each; whoever lists after one object has changed gets one new run
// and the old others. The objects of a run still share what they have in common, which is most of them.
// Source: RFC 1951, 1952
import { constants, crc32, deflateRaw, deflateRawSync } from 'node:zlib'
import type { ByteString } from '../storage/byte-string.ts'
import { byteString } from '../storage/byte-string.ts'
import type { Entry } from '../storage/store.ts'
import { combineCRC32 } from './crc32-combine.ts'
import type { ListBody } from './list-body.ts'
import { joinPieces, sizeOf, writePiece, type Piece } from './pieces.ts'
import { bufferBytes, giveBack, takeBuffer } from './pump.ts'

interface Compressed {
  /** Whole bytes of deflate, without an end. */
  readonly bytes: ByteString
  readonly crc: number
  /** Before it was compressed. */
  readonly size: number
}

interface Run {
  readonly revisions: readonly number[]
  /** A promise while it is being compressed. */
  compressed: Compressed | Promise<Compressed>
}

/** By the first entry of the run, and then by form. */
const kept = new WeakMap<Entry, Map<string, Run>>()

/** Runs that are compressed ahead, while what was compressed is sent. */
const ahead = 3
const partBytes = 128 * 1024

const gzipHead = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff])
const endOfDeflate = Buffer.from([3, 0])
const options = { level: constants.Z_BEST_SPEED, finishFlush: constants.Z_SYNC_FLUSH }

/** All bytes of the answer, in parts of some size. */
export async function* compressedParts(body: ListBody): AsyncGenerator<Buffer, void> {
  let crc = 0
  let total = 0
  let pending: Piece[] = [gzipHead]
  const add = ({ bytes, crc: other, size }: Compressed): void => {
    pending.push(bytes)
    crc = combineCRC32(crc, other, size)
    total += size
  }
  add(compressNow([...body.opening()]))
  const waiting: Run[] = []
  const runs = runsOf(body)
  for (;;) {
    while (waiting.length < ahead) {
      const { done, value } = runs.next()
      if (done === true) break
      waiting.push(runFor(body, value))
    }
    const run = waiting.shift()
    if (run === undefined) break
    const { compressed } = run
    add(compressed instanceof Promise ? await compressed : compressed)
    if (sizeOf(pending) < partBytes) continue
    yield joinPieces(pending)
    pending = []
  }
  add(compressNow([body.ending]))
  const trailer = Buffer.allocUnsafe(8)
  trailer.writeUInt32LE(crc, 0)
  trailer.writeUInt32LE(total % 2 ** 32, 4)
  yield joinPieces([...pending, endOfDeflate, trailer])
}

/**
 * Entries after the first one, in runs of about 32. Where a run ends is up to its last entry alone, so that all lists have the
 * same runs, whatever has come and gone elsewhere.
 */
function* runsOf({ entries, form }: ListBody): Generator<readonly Entry[], undefined> {
  let start = 1
  let size = 0
  for (let at = 1; at < entries.length; at++) {
    const entry = entries[at]!
    const own = form.itemSize(entry) + form.separator.length
    if (size + own > bufferBytes && at > start) {
      yield entries.slice(start, at)
      start = at
      size = 0
    }
    size += own
    if (Math.imul(entry.createRevision, 0x9e3779b1) >>> 27 !== 0) continue
    yield entries.slice(start, at + 1)
    start = at + 1
    size = 0
  }
  if (start < entries.length) yield entries.slice(start)
}

function runFor(body: ListBody, entries: readonly Entry[]): Run {
  const first = entries[0]!
  let runs = kept.get(first)
  if (runs === undefined) kept.set(first, (runs = new Map()))
  const found = runs.get(body.form.name)
  if (found !== undefined && isOf(found, entries)) return found
  const compressed = compress(entries.flatMap((entry) => body.further(entry)))
  const run: Run = { revisions: entries.map(({ revision }) => revision), compressed }
  const { form } = body
  compressed.then(
    (done) => (run.compressed = done),
    () => runs.delete(form.name),
  )
  runs.set(form.name, run)
  return run
}

/** A revision belongs to one version of one object. */
function isOf({ revisions }: Run, entries: readonly Entry[]): boolean {
  return revisions.length === entries.length && entries.every(({ revision }, at) => revision === revisions[at])
}

function compress(pieces: readonly Piece[]): Promise<Compressed> {
  const size = sizeOf(pieces)
  // One object alone may be larger.
  const buffer = size <= bufferBytes ? takeBuffer() : Buffer.allocUnsafeSlow(size)
  let end = 0
  for (const piece of pieces) end = writePiece(buffer, piece, end)
  const bytes = buffer.subarray(0, size)
  return new Promise((resolve, reject) => {
    deflateRaw(bytes, options, (error, deflated) => {
      const crc = crc32(bytes)
      if (buffer.length === bufferBytes) giveBack(buffer)
      if (error === null) resolve({ bytes: byteString(deflated), crc, size })
      else reject(error)
    })
  })
}

function compressNow(pieces: readonly Piece[]): Compressed {
  const bytes = joinPieces(pieces)
  return { bytes: byteString(deflateRawSync(bytes, options)), crc: crc32(bytes), size: bytes.length }
}
