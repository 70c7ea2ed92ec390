// Lists and Tables made of the bytes of what is stored: nothing of an object is serialised again.
import { escapeHTML } from '../apimachinery/escape-html.ts'
import type { ListAnswer } from '../endpoints/api.ts'
import type { Resource } from '../registry/resources.ts'
import type { IncludeObject, TableRow } from '../registry/table.ts'
import { utf8Of } from '../storage/byte-string.ts'
import type { Entry } from '../storage/store.ts'
import { encodeJSON } from './codec/json.ts'
import { protobufItemHead, protobufItemHeadSize, protobufListFrame } from './codec/protobuf.ts'
import { ListBody, type ListForm } from './list-body.ts'
import type { Piece } from './pieces.ts'
import { metadataBytes } from './stored-metadata.ts'
import { storedMessage } from './stored-protobuf.ts'

const closeItem = '}'
const listEnd = ']}\n'

/** A list of what is stored, as JSON. @param isKept see ListBody */
export function jsonList(
  listKind: string,
  apiVersion: string,
  metadata: ListAnswer['metadata'],
  entries: readonly Entry[],
  resource: Resource,
  isKept: boolean,
): ListBody {
  if (resource.schema.decode !== undefined) return customList(listKind, apiVersion, metadata, entries, isKept)
  // `{"kind":…,"apiVersion":…,` is where every stored object begins; what follows is the item.
  const typeBytes = Buffer.byteLength(JSON.stringify({ kind: resource.facts.kind, apiVersion }))
  const form: ListForm = {
    name: `JSON of ${apiVersion}`,
    separator: ',',
    itemSize: ({ bytes }) => bytes.length - typeBytes + 1,
    item: ({ bytes }) => ['{', bytes.slice(typeBytes)],
  }
  const head = escapeHTML(JSON.stringify({ kind: listKind, apiVersion, metadata }))
  return new ListBody(form, entries, Buffer.from(`${head.slice(0, -1)},"items":[`), listEnd, isKept)
}

const customForm: ListForm = {
  name: 'JSON with its type',
  separator: ',',
  itemSize: ({ bytes }) => bytes.length,
  item: ({ bytes }) => [bytes],
}

/** Custom resources keep their type in lists, and their members are sorted. */
function customList(
  kind: string,
  apiVersion: string,
  { continue: token = '', ...metadata }: ListAnswer['metadata'],
  entries: readonly Entry[],
  isKept: boolean,
): ListBody {
  const head = Buffer.from(`{"apiVersion":${JSON.stringify(apiVersion)},"items":[`)
  const ending = { kind, metadata: { continue: token, ...metadata } }
  const tail = Buffer.from(`],${escapeHTML(JSON.stringify(ending)).slice(1)}\n`)
  return new ListBody(customForm, entries, head, tail, isKept)
}

/** A list of what is stored, as protobuf. */
export function protobufList(
  kind: string,
  apiVersion: string,
  metadata: ListAnswer['metadata'],
  entries: readonly Entry[],
  isKept: boolean,
): ListBody {
  let itemBytes = 0
  for (const entry of entries) itemBytes += protobufForm.itemSize(entry)
  const { head, tail } = protobufListFrame({ apiVersion, kind }, metadata, itemBytes)
  return new ListBody(protobufForm, entries, head, tail, isKept)
}

const protobufForm: ListForm = {
  name: 'protobuf',
  separator: '',
  itemSize(entry) {
    const { length } = storedMessage(entry)
    return protobufItemHeadSize(length) + length
  },
  item(entry) {
    const message = storedMessage(entry)
    return [protobufItemHead(message.length), message]
  },
}

/**
 * An object and one more member, a list; each of its items comes in pieces, and is made when its turn comes.
 * @param nullIfEmpty a list that Go makes by appending is nil where there is nothing to append
 */
export function* spliceMembers<T>(
  object: object,
  member: string,
  items: readonly T[],
  piecesOf: (item: T) => readonly Piece[],
  nullIfEmpty = false,
): Generator<Piece> {
  if (nullIfEmpty && items.length === 0) return yield encodeJSON({ ...object, [member]: null })
  const head = escapeHTML(JSON.stringify(object))
  yield Buffer.from(`${head.slice(0, -1)},"${member}":[`)
  for (let at = 0; at < items.length; at++) {
    if (at > 0) yield ','
    yield* piecesOf(items[at]!)
  }
  yield listEnd
}

export function partialMetadataPieces(entry: Entry, version: string): Piece[] {
  const head = `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":`
  return [head, metadataBytes(entry), closeItem]
}

export function rowPieces(row: TableRow, entry: Entry, include: IncludeObject, version: string): Piece[] {
  const text = utf8Of(escapeHTML(JSON.stringify(row)))
  if (include === 'None') return [text]
  const head = text.slice(0, -'null}'.length)
  return [head, ...(include === 'Object' ? [entry.bytes] : partialMetadataPieces(entry, version)), closeItem]
}
