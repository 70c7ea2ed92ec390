// application/vnd.kubernetes.protobuf: the envelope, bodies, lists made of encoded items, and watch frames.
// Everything is lazy: protobufjs loads, and a type's codec is compiled, when they are first needed.
// Source: apimachinery pkg/runtime/serializer/protobuf (v1.36); generated.proto of apimachinery runtime and meta/v1
import { typeOfKind } from '../../../openapi/index.ts'
import type { Field, StructSchema } from '../../../openapi/schema.ts'
import type { AnyObject } from '../../apimachinery/types.ts'
import type { ByteString } from '../../storage/byte-string.ts'
import { joinPieces, sizeOf, type Piece } from '../pieces.ts'
import { structCodec } from './protobuf-messages.ts'
import type { JSONObject } from './protobuf-messages.ts'
import { eachMember } from './protobuf-values.ts'
import {
  createReader,
  createWriter,
  endOfMessage,
  ProtobufError,
  ProtobufMessageError,
  reading,
} from './protobuf-wire.ts'

export { ProtobufError, ProtobufMessageError } from './protobuf-wire.ts'

const magic = Buffer.from('k8s\0', 'latin1')

/** runtime.Unknown: what an object is, and its message. */
export interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  readonly raw: Uint8Array
  readonly contentEncoding: string
  readonly contentType: string
}

/**
 * @throws ProtobufError with the text that follows "the object provided is unrecognized (must be of type X): "
 */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length === 0) throw new ProtobufError('empty data')
  if (bytes.length < magic.length || magic.compare(bytes, 0, magic.length) !== 0) {
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  }
  if (bytes.length === magic.length) throw new ProtobufError('empty body')
  const envelope = {
    apiVersion: '',
    kind: '',
    raw: new Uint8Array(0) as Uint8Array,
    contentEncoding: '',
    contentType: '',
  }
  const reader = createReader(bytes.subarray(magic.length))
  reading(() =>
    eachMember(
      reader,
      reader.len,
      (number) => {
        if (number === 1) {
          eachMember(reader, endOfMessage(reader), (member) => {
            if (member === 1) envelope.apiVersion = reader.string()
            else if (member === 2) envelope.kind = reader.string()
            else return false
            return true
          })
        } else if (number === 2) envelope.raw = reader.bytes()
        else if (number === 3) envelope.contentEncoding = reader.string()
        else if (number === 4) envelope.contentType = reader.string()
        else return false
        return true
      },
      'Unknown',
    ),
  )
  // A group version that is none counts as not given.
  if (envelope.apiVersion.split('/').length > 2) envelope.apiVersion = ''
  return envelope
}

/** Options and watch events are kinds of every group, and one type; metadata-only forms are not among the definitions. */
function schemaOfKind(apiVersion: string, kind: string): StructSchema | undefined {
  const isOfAllGroups = kind.endsWith('Options') || kind === 'WatchEvent'
  return (
    typeOfKind(apiVersion, kind) ??
    metadataOnly(apiVersion, kind) ??
    (isOfAllGroups ? typeOfKind('v1', kind) : undefined)
  )
}

const partialName = 'io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata'
const partials = new Map<string, StructSchema>()

/** PartialObjectMetadata and its list: objects and lists with nothing but their metadata. */
function metadataOnly(apiVersion: string, kind: string): StructSchema | undefined {
  if (!/^meta\.k8s\.io\/v1(beta1)?$/.test(apiVersion) || !/^PartialObjectMetadata(List)?$/.test(kind)) return undefined
  if (partials.size === 0) {
    const object = typeOfKind('v1', 'ConfigMap')!
    const list = typeOfKind('v1', 'ConfigMapList')!
    const partial: StructSchema = {
      form: 'struct',
      name: partialName,
      go: 'v1.PartialObjectMetadata',
      mapType: 'granular',
      fields: pick(object, 'metadata'),
    }
    const items: Field = {
      ...list.fields.get('items')!,
      schema: { form: 'list', element: partial, listType: 'atomic', keys: [] },
    }
    partials.set('PartialObjectMetadata', partial)
    partials.set('PartialObjectMetadataList', {
      ...partial,
      name: `${partialName}List`,
      go: 'v1.PartialObjectMetadataList',
      fields: new Map([...pick(list, 'metadata'), ['items', items]]),
    })
  }
  return partials.get(kind)
}

function pick({ fields }: StructSchema, name: string): Map<string, Field> {
  return new Map([[name, fields.get(name)!]])
}

/** The message of an object of a known type; kind and apiVersion come first, as in JSON. */
function decodeMessage(schema: StructSchema, apiVersion: string, kind: string, raw: Uint8Array): AnyObject {
  const reader = createReader(raw)
  return { kind, apiVersion, ...reading(() => structCodec(schema).read(reader, reader.len)) }
}

/** What the request's resource expects; it fills in for an envelope that does not name its type. */
export interface ExpectedType {
  readonly apiVersion: string
  readonly kind: string
}

/**
 * A body as the plain object its JSON form would be. A type that is not registered yields kind and apiVersion alone:
 * that its kind does not fit is for the caller to say.
 * @throws ProtobufError
 */
export function decodeProtobuf(bytes: Uint8Array, expected?: ExpectedType): AnyObject {
  const envelope = decodeEnvelope(bytes)
  const kind = envelope.kind === '' ? (expected?.kind ?? '') : envelope.kind
  const apiVersion = envelope.apiVersion === '' ? (expected?.apiVersion ?? '') : envelope.apiVersion
  const schema = schemaOfKind(apiVersion, kind)
  // What is no such options is not looked into.
  const isOther = expected?.kind === 'DeleteOptions' && kind !== 'DeleteOptions'
  if (schema === undefined || isOther) return { kind, apiVersion }
  try {
    return decodeMessage(schema, apiVersion, kind, envelope.raw)
  } catch (error) {
    throw error instanceof ProtobufError ? new ProtobufMessageError(error.message, kind, apiVersion) : error
  }
}

/**
 * Discovery of the core group has no apiVersion, and is of v1.
 * @throws Error if no such kind has a protobuf form (custom resources, Tables)
 */
function schemaOf(apiVersion = 'v1', kind = ''): StructSchema {
  const schema = schemaOfKind(apiVersion, kind)
  if (schema === undefined) throw new Error(`object ${apiVersion}, Kind=${kind} has no protobuf form`)
  return schema
}

/** The bare message of an object, without envelope: what a list holds per item. */
export function encodeMessage(object: AnyObject): Uint8Array {
  const writer = createWriter()
  structCodec(schemaOf(object.apiVersion, object.kind)).write(writer, object)
  return writer.finish()
}

/** An enveloped message that comes in parts, which are not copied. */
export function envelopeParts(apiVersion: string, kind: string, raw: readonly Piece[]): Piece[] {
  return [magic, envelopeHead(apiVersion, kind, sizeOf(raw)), ...raw, noContent]
}

function envelopeHead(apiVersion: string, kind: string, rawBytes: number): Uint8Array {
  const head = createWriter()
  head.uint32(10).fork().uint32(10).string(apiVersion).uint32(18).string(kind).ldelim()
  return head.uint32(18).uint32(rawBytes).finish()
}

/** No contentEncoding and no contentType, which are always said. */
const noContent = Buffer.from([26, 0, 34, 0])

function encodeEnvelope(apiVersion: string, kind: string, raw: Uint8Array): Buffer {
  return joinPieces(envelopeParts(apiVersion, kind, [raw]))
}

/** An object, a list or a Status, as a response body. */
export function encodeProtobuf(object: AnyObject): Buffer {
  return encodeEnvelope(object.apiVersion ?? '', object.kind ?? '', encodeMessage(object))
}

/** What stands around the items of a list. @param itemBytes of all items, with their heads */
export function protobufListFrame(
  type: ExpectedType,
  metadata: Readonly<Record<string, unknown>>,
  itemBytes: number,
): { readonly head: Buffer; readonly tail: Buffer } {
  const writer = createWriter()
  structCodec(schemaOf(type.apiVersion, type.kind)).write(writer, { metadata })
  const own = writer.finish()
  return {
    head: Buffer.concat([magic, envelopeHead(type.apiVersion, type.kind, own.length + itemBytes), own]),
    tail: noContent,
  }
}

/** What comes before a message of this length in a list, whose member 2 are the items. */
export function protobufItemHead(length: number): ByteString {
  let head = '\x12'
  let left = length
  for (; left > 127; left >>>= 7) head += String.fromCharCode((left & 127) | 128)
  return head + String.fromCharCode(left)
}

/** How many bytes that is. */
export function protobufItemHeadSize(length: number): number {
  let size = 2
  for (let left = length; left > 127; left >>>= 7) size++
  return size
}

/**
 * A frame of a watch stream, in parts: four bytes of length, big endian, and the bare message of a metav1.WatchEvent.
 * @param object an enveloped body, in parts, which are not copied
 */
export function protobufWatchFrameParts(type: string, object: readonly Piece[]): Piece[] {
  const objectBytes = sizeOf(object)
  // The object is member 2, and in it a RawExtension whose member 1 is all there is.
  const raw = createWriter().uint32(10).uint32(objectBytes).finish()
  const writer = createWriter().uint32(10).string(type).uint32(18)
  const head = writer.uint32(raw.length + objectBytes).finish()
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32BE(head.length + raw.length + objectBytes, 0)
  return [length, head, raw, ...object]
}

/** Takes a watch stream's frames apart: for tests and for in-process clients of real servers. */
export function decodeProtobufWatchFrame(message: Uint8Array): { type: string; object: JSONObject } {
  let type = ''
  let object: JSONObject = {}
  const reader = createReader(message)
  eachMember(reader, reader.len, (number) => {
    if (number === 1) type = reader.string()
    else if (number === 2) {
      eachMember(reader, endOfMessage(reader), (member) => {
        if (member !== 1) return false
        object = decodeProtobuf(reader.bytes())
        return true
      })
    } else return false
    return true
  })
  return { type, object }
}
