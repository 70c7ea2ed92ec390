// The light build of protobufjs, loaded when the first protobuf body comes or goes: it costs some 7 MB and 20 ms.
import { createRequire } from 'node:module'
import type { Reader, Writer } from 'protobufjs'

export type { Reader, Writer }

interface Wire {
  Reader: { create(bytes: Uint8Array): Reader }
  Writer: { create(): Writer }
}

let wire: Wire | undefined

function load(): Wire {
  wire ??= createRequire(import.meta.url)('protobufjs/minimal') as Wire
  return wire
}

export function createReader(bytes: Uint8Array): Reader {
  return load().Reader.create(bytes)
}

export function createWriter(): Writer {
  return load().Writer.create()
}

/** Wire types of the encoding. */
export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2

/** A body that is not what its type says; the message is the one Go's generated code gives. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

/** Behind the tag of a member that is a message: where it ends. */
export function endOfMessage(reader: Reader): number {
  const length = reader.uint32()
  const end = reader.pos + length
  if (end > reader.len) throw new ProtobufError('unexpected EOF')
  return end
}

/** A message must end where its length says. */
export function checkEnd(reader: Reader, end: number): void {
  if (reader.pos !== end) throw new ProtobufError('unexpected EOF')
}

/** Runs `read`, and gives what protobufjs throws at the end of the bytes the name it has in Go. */
export function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw new ProtobufError('unexpected EOF', { cause: error })
    if (error instanceof Error && /^invalid (varint|wire type)|^index out/.test(error.message)) {
      throw new ProtobufError(
        error.message.startsWith('invalid varint') ? 'proto: integer overflow' : 'unexpected EOF',
        {
          cause: error,
        },
      )
    }
    throw error
  }
}

/** What `int64` reads: an object of the `long` package. Beyond 2^53 precision goes, as in JSON. */
export function toNumber(value: unknown): number {
  return typeof value === 'number' ? value : (value as { toNumber(): number }).toNumber()
}
