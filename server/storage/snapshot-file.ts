// A backup: every key of one moment in one file that can be checked from its first byte to its last.
//
//   "kubeling snapshot 1\n"
//   revision of the picture        6 bytes, big-endian like all numbers here
//   for each key, in key order:
//     length of the record         4 bytes, never 0
//     revision of the version      6 bytes
//     the record                   as in the log (level-record.ts)
//   0                              4 bytes
//   number of keys                 6 bytes
//   SHA-256 of all bytes before    32 bytes
//
// History is not in it: watches and lists of older revisions are answered as after a compaction.
import { createHash } from 'node:crypto'
import { decodeRecord, encodeRecord } from './level-record.ts'
import type { Snapshot } from './store.ts'

const magic = Buffer.from('kubeling snapshot 1\n')
/** What the first line of every version starts with. */
const family = Buffer.from('kubeling snapshot ')
const revisionLength = 6
const lengthLength = 4
const digestLength = 32
/** Bytes that go out together. */
const chunkBytes = 256 * 1024
/** No object comes near it; a length above it is damage. */
const maxRecordBytes = 64 * 1024 * 1024

/** A file is no snapshot, or not the one that was written. */
export class SnapshotFileError extends Error {
  override readonly name = 'SnapshotFileError'
  readonly reason: 'foreign' | 'version' | 'truncated' | 'damaged'
  constructor(reason: 'foreign' | 'version' | 'truncated' | 'damaged', message: string) {
    super(message)
    this.reason = reason
  }
}

/** One key of a backup. */
export interface SnapshotRecord {
  readonly revision: number
  /** As in the log; it names no version before. */
  readonly bytes: Buffer
}

export interface SnapshotSummary {
  readonly revision: number
  readonly count: number
  readonly bytes: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** The bytes of a backup, in chunks. The picture stays as it is, however long the reader takes. */
export function* snapshotChunks(snapshot: Snapshot): Generator<Buffer, void> {
  const hash = createHash('sha256')
  let pending: Buffer[] = [magic, integer(snapshot.revision, revisionLength)]
  let size = 0
  let count = 0
  const flush = (): Buffer => {
    const chunk = Buffer.concat(pending)
    hash.update(chunk)
    pending = []
    size = 0
    return chunk
  }
  for (const entry of snapshot.entries('')) {
    const record = encodeRecord({ type: 'put', entry, prev: undefined })
    pending.push(integer(record.length, lengthLength), integer(entry.revision, revisionLength), record)
    count++
    size += record.length
    if (size >= chunkBytes) yield flush()
  }
  pending.push(integer(0, lengthLength), integer(count, revisionLength))
  yield flush()
  yield hash.digest()
}

function integer(value: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  bytes.writeUIntBE(value, 0, length)
  return bytes
}

/**
 * Reads a backup in runs and checks it on the way. Only when it returns is all that it gave known to be what was written.
 * @throws SnapshotFileError, and what `chunks` throws
 */
export async function* readSnapshot(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly SnapshotRecord[], SnapshotSummary> {
  const reader = new Reader(chunks)
  const first = await reader.upTo(magic.length)
  if (!first.equals(magic)) throw strangeStart(first)
  const revision = (await reader.exactly(revisionLength)).readUIntBE(0, revisionLength)
  let run: SnapshotRecord[] = []
  let runSize = 0
  let count = 0
  for (;;) {
    const length = (await reader.exactly(lengthLength)).readUInt32BE()
    if (length === 0) break
    if (length > maxRecordBytes) throw damaged(`record ${count + 1} claims ${length} bytes`)
    const at = (await reader.exactly(revisionLength)).readUIntBE(0, revisionLength)
    const bytes = await reader.exactly(length)
    if (decodeRecord(bytes) === undefined) throw damaged(`record ${count + 1} is not as it was written`)
    if (at > revision) throw damaged(`record ${count + 1} is newer than the snapshot`)
    run.push({ revision: at, bytes })
    runSize += length
    count++
    if (runSize < chunkBytes) continue
    yield run
    run = []
    runSize = 0
  }
  if (run.length > 0) yield run
  const expected = (await reader.exactly(revisionLength)).readUIntBE(0, revisionLength)
  const sha256 = reader.digest()
  const written = await reader.exactly(digestLength)
  if (expected !== count || !written.equals(sha256)) throw damaged('its checksum does not match')
  if ((await reader.upTo(1)).length > 0) throw damaged('there is more behind its end')
  return { revision, count, bytes: reader.total, sha256: sha256.toString('hex') }
}

function strangeStart(first: Buffer): SnapshotFileError {
  if (first.length < magic.length && magic.subarray(0, first.length).equals(first)) return truncated()
  return first.subarray(0, family.length).equals(family)
    ? new SnapshotFileError('version', 'it was written by another version, in a format that this one cannot read')
    : new SnapshotFileError('foreign', 'it is not a snapshot')
}

const damaged = (why: string): SnapshotFileError => new SnapshotFileError('damaged', `it is damaged: ${why}`)
const truncated = (): SnapshotFileError => new SnapshotFileError('truncated', 'it ends too early')

/** Pieces of a wanted length out of chunks of any length, hashed as they are taken. */
class Reader {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #hash = createHash('sha256')
  #held: Buffer = Buffer.alloc(0)
  total = 0

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Fewer only where the chunks end. */
  async upTo(length: number): Promise<Buffer> {
    const parts = [this.#held]
    let size = this.#held.length
    while (size < length) {
      const next = await this.#chunks.next()
      if (next.done === true) break
      parts.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength))
      size += next.value.byteLength
    }
    const all = parts.length === 1 ? this.#held : Buffer.concat(parts, size)
    const taken = all.subarray(0, length)
    this.#held = all.subarray(taken.length)
    this.#hash.update(taken)
    this.total += taken.length
    return taken
  }

  async exactly(length: number): Promise<Buffer> {
    const bytes = await this.upTo(length)
    if (bytes.length < length) throw truncated()
    return bytes
  }

  /** Of everything taken so far. */
  digest(): Buffer {
    return this.#hash.copy().digest()
  }
}
