// How one watcher wants events printed: as objects, as metadata alone, or as Tables; in JSON or in protobuf.
import type { AnyObject, Status } from '../apimachinery/types.ts'
import { formatGroupVersion } from '../apimachinery/gvk.ts'
import type { StreamEvent } from '../endpoints/api.ts'
import { partialMetadata } from '../registry/table.ts'
import type { Resource } from '../registry/resources.ts'
import { bookmark } from './bookmark.ts'
import { protobufType, type Negotiated } from './codec/negotiate.ts'
import { encodeProtobuf, envelopeParts, protobufWatchFrameParts } from './codec/protobuf.ts'
import type { Context } from './context.ts'
import { sizeOf, type Piece } from './pieces.ts'
import { servedObject } from './served-object.ts'
import { storedMessage } from './stored-protobuf.ts'
import { includeOf, tableOf } from './tables.ts'
import { messageHead } from './websocket.ts'

/** The frames of events, in parts that are written one after the other. */
export interface Form {
  /** Whose forms have the same name print events in the same way. */
  readonly name: string
  /** What prints all that follows the first chunk; absent: this one. */
  readonly then?: Form
  parts(event: StreamEvent): readonly Piece[]
}

/** Undefined where no event can have the form that is asked for. @throws StatusError 400 */
export function formOf(ctx: Context, resource: Resource, negotiated: Negotiated, now: () => number): Form | undefined {
  if (negotiated.transform?.as === 'PartialObjectMetadataList') return undefined
  if (negotiated.transform?.as === 'Table') return tableForm(ctx, resource, negotiated.transform.version, now)
  return negotiated.transform === undefined && resource.fromStored === undefined
    ? storedForm(resource, negotiated)
    : shapedForm(resource, negotiated)
}

/** What a watch prints that can print nothing: errors. */
export function errorForm(negotiated: Negotiated): Form {
  return {
    name: `errors as ${negotiated.mediaType}`,
    parts: (event) => (event.type === 'ERROR' ? statusParts(negotiated, event.status) : []),
  }
}

/** The frames of a form as messages of a WebSocket; those of protobuf need no length of their own then. */
export function messagesOf(form: Form, isProtobuf: boolean): Form {
  return {
    name: `${form.name} as messages`,
    parts(event) {
      const parts = isProtobuf ? form.parts(event).slice(1) : form.parts(event)
      return parts.length === 0 ? [] : [messageHead(isProtobuf ? 'binary' : 'text', sizeOf(parts)), ...parts]
    },
    ...(form.then === undefined ? {} : { then: messagesOf(form.then, isProtobuf) }),
  }
}

/** Objects as they are stored: their bytes are written as they are. */
function storedForm(resource: Resource, negotiated: Negotiated): Form {
  const apiVersion = formatGroupVersion(resource.facts)
  const { kind } = resource.facts
  const isProtobuf = negotiated.mediaType === protobufType
  return {
    name: nameOf(resource, negotiated),
    parts(event) {
      if (event.type === 'ERROR') return statusParts(negotiated, event.status)
      if (event.type === 'BOOKMARK') return objectParts(negotiated, event.type, bookmark(resource, event))
      return isProtobuf
        ? protobufWatchFrameParts(event.type, envelopeParts(apiVersion, kind, [storedMessage(event.entry)]))
        : [heads[event.type], event.entry.bytes, frameEnd]
    },
  }
}

const head = (type: string): Buffer => Buffer.from(`{"type":"${type}","object":`)
const heads = { ADDED: head('ADDED'), MODIFIED: head('MODIFIED'), DELETED: head('DELETED') }
const frameEnd = Buffer.from('}\n')

/** Objects of another version than the stored one, and metadata alone. */
function shapedForm(resource: Resource, negotiated: Negotiated): Form {
  const { transform } = negotiated
  const shape = (object: AnyObject): AnyObject =>
    transform === undefined
      ? object
      : (partialMetadata(object, transform.version, resource.kind.hiddenAnnotations) as AnyObject)
  return {
    name: nameOf(resource, negotiated),
    parts(event) {
      if (event.type === 'ERROR') return statusParts(negotiated, event.status)
      const object = event.type === 'BOOKMARK' ? bookmark(resource, event) : servedObject(resource, event.entry)
      return objectParts(negotiated, event.type, shape(object as AnyObject))
    },
  }
}

/** Columns are told once in a stream. */
function tableForm(ctx: Context, resource: Resource, version: string, now: () => number): Form {
  const include = includeOf(ctx)
  const { group, version: served } = resource.facts
  const name = `Table ${version} ${include} ${group}/${served}`
  const print = (event: StreamEvent, hasColumns: boolean): readonly Piece[] => {
    if (event.type === 'ERROR') return [jsonFrame('ERROR', event.status)]
    const isBookmark = event.type === 'BOOKMARK'
    const object = isBookmark ? bookmark(resource, event) : servedObject(resource, event.entry)
    const resourceVersion = String(isBookmark ? event.revision : event.entry.revision)
    const table = tableOf(resource, [object], { resourceVersion }, include, version, now())
    if (!hasColumns) table['columnDefinitions'] = null
    return [jsonFrame(event.type, table)]
  }
  let isFirst = true
  return {
    name: `${name} with columns`,
    parts(event) {
      const parts = print(event, isFirst)
      isFirst = false
      return parts
    },
    then: { name, parts: (event) => print(event, false) },
  }
}

function nameOf({ facts: { group, version } }: Resource, { mediaType, transform }: Negotiated): string {
  return `${mediaType} ${transform?.version ?? ''} ${group}/${version}`
}

function statusParts(negotiated: Negotiated, status: Status): readonly Piece[] {
  return objectParts(negotiated, 'ERROR', status)
}

function objectParts({ mediaType }: Negotiated, type: string, object: AnyObject | Status): readonly Piece[] {
  return mediaType === protobufType
    ? protobufWatchFrameParts(type, [encodeProtobuf(object as AnyObject)])
    : [jsonFrame(type, object)]
}

function jsonFrame(type: string, object: unknown): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`)
}
