// Codecs of protobuf messages, compiled from schemas on first use. They write what Go's generated code writes: members
// in the order of their numbers, scalars and structs without pointer even if zero, maps sorted by key.
// Source: generated.pb.go of k8s.io/api as gogo-protobuf makes it (v1.36)
import { apiextensions, jsonMessages } from './protobuf-json.ts'
import { eachMember, plainScalars, scalarMessages } from './protobuf-values.ts'
import type { PlainCodec } from './protobuf-values.ts'
import { BYTES, checkEnd, checkTag, endOfMessage, ProtobufError } from './protobuf-wire.ts'
import type { Reader, Writer } from './protobuf-wire.ts'
import { typeByName } from '../../../openapi/index.ts'
import type { Field, Schema, StructSchema } from '../../../openapi/schema.ts'

export type JSONObject = Record<string, unknown>

export interface StructCodec {
  /** Writes the inside of the message; absent members are zero. */
  write(writer: Writer, object: JSONObject): void
  /** Reads up to `end`, where the message ends: members in Go order, as the server prints them in JSON. */
  read(reader: Reader, end: number): JSONObject
  /** What an empty message is. */
  zero(): JSONObject
}

/** Sets a member even if it is called `__proto__`. */
export function setMember(object: JSONObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    object[key] = value
  }
}

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null

/** One value, with its tag. `read` stands behind the tag and returns the value, or adds to `before` (list, map). */
interface ValueCodec {
  write(writer: Writer, number: number, value: unknown): void
  read(reader: Reader, wireType: number, before: unknown, goName: string): unknown
}

function checkWireType(wireType: number, expected: number, goName: string): void {
  if (wireType !== expected) throw new ProtobufError(`proto: wrong wireType = ${wireType} for field ${goName}`)
}

function plainCodec({ wireType: expected, write, read }: PlainCodec): ValueCodec {
  return {
    write(writer, number, value) {
      write(writer.uint32(((number << 3) | expected) >>> 0), value)
    },
    read(reader, wireType, _before, goName) {
      checkWireType(wireType, expected, goName)
      return read(reader)
    },
  }
}

interface MessageInside {
  write(writer: Writer, value: unknown): void
  read(reader: Reader, end: number): unknown
}

/** `inside` is resolved on first use: types are recursive. */
function messageCodec(resolve: () => MessageInside): ValueCodec {
  let inside: MessageInside | undefined
  return {
    write(writer, number, value) {
      inside ??= resolve()
      writer.uint32(((number << 3) | BYTES) >>> 0).fork()
      inside.write(writer, value)
      writer.ldelim()
    },
    read(reader, wireType, _before, goName) {
      inside ??= resolve()
      checkWireType(wireType, BYTES, goName)
      return inside.read(reader, endOfMessage(reader))
    },
  }
}

function listCodec(element: Schema): ValueCodec {
  const codec = valueCodec(element)
  const plain = element.form === 'scalar' ? plainScalars[element.scalar] : undefined
  return {
    write(writer, number, value) {
      // A list in a map may be null.
      for (const item of (value as unknown[] | null) ?? []) codec.write(writer, number, item)
    },
    read(reader, wireType, before, goName) {
      const list = (before as unknown[] | undefined) ?? []
      if (wireType === BYTES && plain !== undefined && plain.wireType !== BYTES) {
        const end = endOfMessage(reader)
        while (reader.pos < end) list.push(plain.read(reader))
        checkEnd(reader, end)
      } else {
        list.push(codec.read(reader, wireType, undefined, goName))
      }
      return list
    },
  }
}

/** A named Go list is a message with its elements as member 1. */
function listMessageCodec(element: Schema): ValueCodec {
  const items = listCodec(element)
  return messageCodec(() => ({
    write: (writer, value) => items.write(writer, 1, value),
    read(reader, end) {
      let list: unknown = []
      eachMember(reader, end, (number, wireType) => {
        if (number !== 1) return false
        list = items.read(reader, wireType, list, 'Items')
        return true
      })
      return list
    },
  }))
}

function mapCodec(element: Schema): ValueCodec {
  const codec = valueCodec(element)
  return {
    write(writer, number, value) {
      const map = value as JSONObject
      for (const key of Object.keys(map).sort()) {
        writer.uint32(((number << 3) | BYTES) >>> 0).fork()
        writer.uint32(10).string(key)
        const item = map[key]
        codec.write(writer, 2, isAbsent(item) ? zeroOf(element) : item)
        writer.ldelim()
      }
    },
    read(reader, wireType, before, goName) {
      checkWireType(wireType, BYTES, goName)
      const end = endOfMessage(reader)
      let key = ''
      let item: unknown
      while (reader.pos < end) {
        const tag = reader.uint32()
        if (tag >>> 3 === 1) key = reader.string()
        else if (tag >>> 3 === 2) item = codec.read(reader, tag & 7, item, goName)
        else reader.skipType(tag & 7)
      }
      checkEnd(reader, end)
      const map = (before as JSONObject | undefined) ?? {}
      setMember(map, key, item === undefined ? zeroOf(element) : item)
      return map
    },
  }
}

const freeForms = jsonMessages(() => {
  const schema = typeByName(`${apiextensions}.JSONSchemaProps`)
  if (schema.form !== 'struct') throw new Error('JSONSchemaProps is no struct')
  return structCodec(schema)
})

function valueCodec(schema: Schema): ValueCodec {
  switch (schema.form) {
    case 'struct':
      return messageCodec(() => structCodec(schema))
    case 'list':
      return listMessageCodec(schema.element)
    case 'map':
      return mapCodec(schema.element)
    case 'any': {
      const { name } = schema
      const custom = name === undefined ? undefined : freeForms[name]
      if (custom === undefined) throw new Error(`${name ?? 'a type without name'} has no protobuf form`)
      return messageCodec(() => custom)
    }
    case 'scalar': {
      const plain = plainScalars[schema.scalar]
      return plain === undefined ? messageCodec(() => scalarMessages[schema.scalar]!) : plainCodec(plain)
    }
  }
}

/** What Go prints for the zero value. */
function zeroOf(schema: Schema): unknown {
  if (schema.form === 'scalar') return (plainScalars[schema.scalar] ?? scalarMessages[schema.scalar]!).zero
  return schema.form === 'struct' ? structCodec(schema).zero() : null
}

interface Member {
  readonly name: string
  /** Go's name of the field, as errors say it. */
  readonly goName: string
  readonly number: number
  readonly value: ValueCodec
  /** Written even if absent: what `zero` is then. */
  readonly always: boolean
  readonly zero: unknown
  /** What is printed for an absent one; undefined prints nothing. Resolved on first use. */
  printed(): unknown
  /** A present zero is left out. */
  readonly omitsZero: boolean
}

/** Metadata is embedded, and called by its type. */
function goNameOf({ name, schema }: Field): string {
  if (name === 'metadata' && schema.form === 'struct') return schema.go.slice(schema.go.indexOf('.') + 1)
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`
}

function memberOf(field: Field, number: number): Member {
  const { schema, name, pointer, omit } = field
  const scalar = schema.form === 'scalar' ? schema.scalar : undefined
  const plain = scalar === undefined ? undefined : plainScalars[scalar]
  const isList = schema.form === 'list' || schema.form === 'map'
  const nullable = pointer || isList || scalar === 'bytes'
  const value =
    schema.form === 'list' && field.protoType?.startsWith('repeated ') !== false
      ? listCodec(schema.element)
      : valueCodec(schema)
  return {
    name,
    goName: goNameOf(field),
    number,
    value,
    always: !nullable,
    // An absent struct is written as one whose members are all absent, an absent time as an empty message.
    zero: schema.form === 'struct' ? {} : plain?.zero,
    printed: () => (omit ? undefined : nullable ? null : zeroOf(schema)),
    omitsZero: omit && !pointer && scalar !== undefined,
  }
}

type Part =
  | { readonly number: number; readonly member: Member }
  | { readonly number: number; readonly inside: readonly Part[] }

let typeMetaFields: ReadonlySet<Field> | undefined

/** kind and apiVersion of every object: inlined in JSON, not in its message at all; the envelope has them. */
function typeMeta(): ReadonlySet<Field> {
  if (typeMetaFields === undefined) {
    const schema = typeByName('io.k8s.apimachinery.pkg.apis.meta.v1.TypeMeta')
    typeMetaFields = new Set(schema.form === 'struct' ? schema.fields.values() : [])
  }
  return typeMetaFields
}

/** The members of a message in the order of their numbers; inlined structs are messages inside it. */
function partsOf(schema: StructSchema, members: Map<Field, Member>): Part[] {
  const parts: Part[] = []
  const inlined = new Set<Field>()
  for (const { protoNumber, schema: embedded } of schema.embedded ?? []) {
    for (const field of embedded.fields.values()) inlined.add(field)
    parts.push({ number: protoNumber, inside: partsOf(embedded, members) })
  }
  for (const field of schema.fields.values()) {
    if (field.protoNumber === undefined || inlined.has(field) || typeMeta().has(field)) continue
    const member = memberOf(field, field.protoNumber)
    members.set(field, member)
    parts.push({ number: field.protoNumber, member })
  }
  return parts.sort((a, b) => a.number - b.number)
}

function writeParts(parts: readonly Part[], writer: Writer, object: JSONObject): void {
  for (const part of parts) {
    if ('inside' in part) {
      writer.uint32(((part.number << 3) | BYTES) >>> 0).fork()
      writeParts(part.inside, writer, object)
      writer.ldelim()
      continue
    }
    const { member } = part
    const value = object[member.name]
    if (!isAbsent(value)) member.value.write(writer, member.number, value)
    else if (member.always) member.value.write(writer, member.number, member.zero)
  }
}

/** By number: the member and its place in Go order, or what is inlined there. */
type Lookup = ReadonlyMap<number, { readonly member: Member; readonly at: number } | { readonly lookup: Lookup }>

function lookupOf(parts: readonly Part[], members: readonly Member[]): Lookup {
  return new Map(
    parts.map((part) => [
      part.number,
      'inside' in part
        ? { lookup: lookupOf(part.inside, members) }
        : { member: part.member, at: members.indexOf(part.member) },
    ]),
  )
}

/** Puts the values of the members at their places in `found`. */
function readParts(lookup: Lookup, reader: Reader, end: number, found: unknown[], goType: string): void {
  while (reader.pos < end) {
    const tag = reader.uint32()
    const number = tag >>> 3
    checkTag(tag, goType)
    const part = lookup.get(number)
    if (part === undefined) {
      reader.skipType(tag & 7)
    } else if ('member' in part) {
      const { member, at } = part
      found[at] = member.value.read(reader, tag & 7, found[at], member.goName)
    } else {
      checkWireType(tag & 7, BYTES, goType)
      readParts(part.lookup, reader, endOfMessage(reader), found, goType)
    }
  }
  checkEnd(reader, end)
}

const isZero = (value: unknown): boolean => value === '' || value === 0 || value === false || value === null

function compile(schema: StructSchema): StructCodec {
  const byField = new Map<Field, Member>()
  const parts = partsOf(schema, byField)
  // In Go order.
  const members = [...schema.fields.values()]
    .map((field) => byField.get(field))
    .filter((member) => member !== undefined)
  const lookup = lookupOf(parts, members)
  const goType = schema.go.slice(schema.go.lastIndexOf('.') + 1)
  const print = (found: readonly unknown[]): JSONObject => {
    const object: JSONObject = {}
    for (let at = 0; at < members.length; at++) {
      const member = members[at]!
      const value = found[at]
      if (value === undefined || value === null) {
        const printed = member.printed()
        if (printed !== undefined) object[member.name] = printed
      } else if (!member.omitsZero || !isZero(value)) {
        object[member.name] = value
      }
    }
    return object
  }
  return {
    write: (writer, object) => writeParts(parts, writer, object),
    read(reader, end) {
      const found: unknown[] = []
      for (let at = 0; at < members.length; at++) found.push(undefined)
      readParts(lookup, reader, end, found, goType)
      return print(found)
    },
    zero: () => print([]),
  }
}

const codecs = new WeakMap<StructSchema, StructCodec>()

export function structCodec(schema: StructSchema): StructCodec {
  let codec = codecs.get(schema)
  if (codec === undefined) {
    codec = compile(schema)
    codecs.set(schema, codec)
  }
  return codec
}
