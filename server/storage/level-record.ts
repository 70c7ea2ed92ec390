// One event as bytes: what a record of the log on disk looks like.
//
//   offset  0  crc32 of everything after it        4 bytes, big-endian like all numbers here
//           4  1 put, 2 delete                     1 byte
//           5  revision at which the key was made  6 bytes
//          11  revision of the version before      6 bytes, 0 for none
//          17  length of the key                   2 bytes
//          19  the key, then the object's JSON, both UTF-8
// The event's own revision is in the record's key.
import { crc32 } from 'node:zlib'
import type { ByteString } from './byte-string.ts'
import type { StoreEvent } from './store.ts'

const headerLength = 19

export interface LogRecord {
  readonly type: StoreEvent['type']
  readonly createRevision: number
  /** 0: the key was not there. */
  readonly prevRevision: number
  readonly key: string
  readonly bytes: ByteString
}

export function encodeRecord({ type, entry, prev }: StoreEvent): Buffer {
  const keyLength = Buffer.byteLength(entry.key)
  const record = Buffer.allocUnsafe(headerLength + keyLength + entry.bytes.length)
  record.writeUInt8(type === 'put' ? 1 : 2, 4)
  record.writeUIntBE(entry.createRevision, 5, 6)
  record.writeUIntBE(prev?.revision ?? 0, 11, 6)
  record.writeUInt16BE(keyLength, 17)
  record.write(entry.key, headerLength)
  record.write(entry.bytes, headerLength + keyLength, 'latin1')
  record.writeUInt32BE(crc32(record.subarray(4)), 0)
  return record
}

/** Undefined: these are not the bytes that were written. */
export function decodeRecord(record: Buffer): LogRecord | undefined {
  if (record.length < headerLength || record.readUInt32BE(0) !== crc32(record.subarray(4))) return undefined
  const keyEnd = headerLength + record.readUInt16BE(17)
  return {
    type: record.readUInt8(4) === 1 ? 'put' : 'delete',
    createRevision: record.readUIntBE(5, 6),
    prevRevision: record.readUIntBE(11, 6),
    key: record.toString('utf8', headerLength, keyEnd),
    bytes: record.toString('latin1', keyEnd),
  }
}
