// Scalars of the API with a protobuf message of their own: their JSON form to and from the message's members.
// Source: apimachinery api/resource, util/intstr and apis/meta/v1, generated.proto and *_proto.go (v1.36)
import { parseNanoseconds, printNanoseconds } from '../../apimachinery/go-duration.ts'
import { BYTES, checkEnd, checkTag, toNumber, VARINT } from './protobuf-wire.ts'
import type { Reader, Writer } from './protobuf-wire.ts'
import type { ScalarType } from '../../../openapi/schema.ts'

/** How a value is written into, and read from, the inside of its message. `zero` is what an empty message prints as. */
export interface MessageCodec {
  write(writer: Writer, value: unknown): void
  /** Reads up to `end`, where the message ends. */
  read(reader: Reader, end: number): unknown
  readonly zero: unknown
}

/** Calls `member` with the number of each member; it returns false for one it does not know. */
export function eachMember(
  reader: Reader,
  end: number,
  member: (number: number, wireType: number) => boolean,
  goType = '',
): void {
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (goType !== '') checkTag(tag, goType)
    if (!member(tag >>> 3, tag & 7)) reader.skipType(tag & 7)
  }
  checkEnd(reader, end)
}

const quantity: MessageCodec = {
  write(writer, value) {
    writer.uint32(10).string(value === undefined || value === null ? '0' : String(value))
  },
  read(reader, end) {
    let text = '0'
    eachMember(reader, end, (number) => {
      if (number !== 1) return false
      text = reader.string()
      return true
    })
    return text
  },
  zero: '0',
}

const intOrString: MessageCodec = {
  write(writer, value) {
    const isString = typeof value === 'string'
    writer.uint32(8).int64(isString ? 1 : 0)
    writer.uint32(16).int32(isString ? 0 : Number(value ?? 0))
    writer.uint32(26).string(isString ? value : '')
  },
  read(reader, end) {
    let type = 0
    let int = 0
    let string = ''
    eachMember(reader, end, (number) => {
      if (number === 1) type = toNumber(reader.int64())
      else if (number === 2) int = reader.int32()
      else if (number === 3) string = reader.string()
      else return false
      return true
    })
    return type === 1 ? string : int
  },
  zero: 0,
}

/** Both kinds of time: seconds and nanoseconds since the epoch, an empty message for the zero time. */
function timeCodec(print: (seconds: number, nanos: number) => string, nanosOf: (text: string) => number): MessageCodec {
  return {
    write(writer, value) {
      if (value === undefined || value === null || value === '') return
      const text = String(value)
      const milliseconds = Date.parse(text)
      if (Number.isNaN(milliseconds)) throw new TypeError(`not a time: ${text}`)
      writer.uint32(8).int64(Math.floor(milliseconds / 1000))
      writer.uint32(16).int32(nanosOf(text))
    },
    read(reader, end) {
      if (reader.pos === end) return null
      let seconds = 0
      let nanos = 0
      eachMember(reader, end, (number) => {
        if (number === 1) seconds = toNumber(reader.int64())
        else if (number === 2) nanos = reader.int32()
        else return false
        return true
      })
      return print(seconds, nanos)
    },
    zero: null,
  }
}

const printSeconds = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19)

/** Fractions are dropped, as by the server: JSON clients never see them. */
const time = timeCodec(
  (seconds) => `${printSeconds(seconds)}Z`,
  () => 0,
)

const microTime = timeCodec(
  (seconds, nanos) => `${printSeconds(seconds)}.${String(Math.trunc(nanos / 1000)).padStart(6, '0')}Z`,
  (text) => Number((/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(6, '0').slice(0, 6)) * 1000,
)

const duration: MessageCodec = {
  write(writer, value) {
    writer.uint32(8).int64(Number(parseNanoseconds(String(value ?? '0s'))))
  },
  read(reader, end) {
    let nanos = 0
    eachMember(reader, end, (number) => {
      if (number !== 1) return false
      nanos = toNumber(reader.int64())
      return true
    })
    return printNanoseconds(BigInt(nanos))
  },
  zero: '0s',
}

export const scalarMessages: Partial<Record<ScalarType, MessageCodec>> = {
  quantity,
  intOrString,
  time,
  microTime,
  duration,
}

/** Scalars that are written as they are. */
export interface PlainCodec {
  readonly wireType: number
  write(writer: Writer, value: unknown): void
  read(reader: Reader): unknown
  readonly zero: unknown
}

export const plainScalars: Partial<Record<ScalarType, PlainCodec>> = {
  string: {
    wireType: BYTES,
    write: (writer, value) => writer.string(value as string),
    read: (reader) => reader.string(),
    zero: '',
  },
  int32: {
    wireType: VARINT,
    write: (writer, value) => writer.int32(value as number),
    read: (reader) => reader.int32(),
    zero: 0,
  },
  int64: {
    wireType: VARINT,
    write: (writer, value) => writer.int64(value as number),
    read: (reader) => toNumber(reader.int64()),
    zero: 0,
  },
  double: {
    wireType: 1,
    write: (writer, value) => writer.double(value as number),
    read: (reader) => reader.double(),
    zero: 0,
  },
  boolean: {
    wireType: VARINT,
    write: (writer, value) => writer.bool(value as boolean),
    read: (reader) => reader.bool(),
    zero: false,
  },
  /** base64 in JSON; nil and empty differ, so there is no zero that is always written. */
  bytes: {
    wireType: BYTES,
    write: (writer, value) => writer.bytes(Buffer.from(value as string, 'base64')),
    read: (reader) => Buffer.from(reader.bytes()).toString('base64'),
    zero: '',
  },
}
