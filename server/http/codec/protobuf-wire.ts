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
export const BYTES = 2

/** A body that is not what its type says; the message is the one Go's generated code gives. */
export class ProtobufError extends Error {
  override readonly name: string = 'ProtobufError'
}

/** It is known what the object is, but its message cannot be read. */
export class ProtobufMessageError extends ProtobufError {
  override readonly name = 'ProtobufMessageError'
  readonly kind: string
  readonly apiVersion: string

  constructor(message: string, kind: string, apiVersion: string) {
    super(message)
    this.kind = kind
    this.apiVersion = apiVersion
  }
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

const END_GROUP = 4

/** @param goType whose member the tag is of */
export function checkTag(tag: number, goType: string): void {
  if ((tag & 7) === END_GROUP) throw new ProtobufError(`proto: ${goType}: wiretype end group for non-group`)
  if (tag >>> 3 === 0) throw new ProtobufError(`proto: ${goType}: illegal tag 0 (wire type ${tag & 7})`)
}

/** Runs `read`, and gives what protobufjs throws at the end of the bytes the name it has in Go. */
export function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw new ProtobufError('unexpected EOF', { cause: error })
    if (error instanceof Error && /^invalid (varint|wire type)|^illegal tag|^index out/.test(error.message)) {
      throw new ProtobufError(
        error.message.startsWith('invalid varint')
          ? 'proto: integer overflow'
          : error.message.startsWith('invalid wire type')
            ? `proto: illegal wireType ${/\d+/.exec(error.message)?.[0]}`
            : 'unexpected EOF',
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
