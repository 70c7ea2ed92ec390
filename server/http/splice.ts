// Lists and Tables as JSON, made of the bytes of what is stored: nothing of an object is serialised again.
// Each answer is a list of parts, to be sent one after the other.
import type { ListAnswer } from '../endpoints/api.ts'
import type { Resource } from '../registry/resources.ts'
import type { IncludeObject, TableRow } from '../registry/table.ts'
import type { Entry } from '../storage/store.ts'
import { encodeJSON, escapeHTML } from './codec/json.ts'
import { metadataBytes } from './stored-metadata.ts'

const comma = Buffer.from(',')
const openItem = Buffer.from('{')
const closeItem = Buffer.from('}')
const listEnd = Buffer.from(']}\n')

export function spliceList(
  listKind: string,
  apiVersion: string,
  metadata: ListAnswer['metadata'],
  entries: readonly Entry[],
  resource: Resource,
): Buffer[] {
  if (resource.schema.decode !== undefined) return customList(listKind, apiVersion, metadata, entries)
  const typeBytes = Buffer.byteLength(JSON.stringify({ kind: resource.facts.kind, apiVersion }))
  // `{"kind":…,"apiVersion":…,` is where every stored object begins; what follows is the item.
  const items = entries.map((entry) => [openItem, entry.json.subarray(typeBytes)])
  return spliceMembers({ kind: listKind, apiVersion, metadata }, 'items', items)
}

/** Custom resources keep their type in lists, and their members are sorted. */
function customList(
  kind: string,
  apiVersion: string,
  { continue: token = '', ...metadata }: ListAnswer['metadata'],
  entries: readonly Entry[],
): Buffer[] {
  const parts: Buffer[] = [Buffer.from(`{"apiVersion":${JSON.stringify(apiVersion)},"items":[`)]
  entries.forEach((entry, index) => {
    if (index > 0) parts.push(comma)
    parts.push(entry.json)
  })
  const ending = { kind, metadata: { continue: token, ...metadata } }
  parts.push(Buffer.from(`],${escapeHTML(JSON.stringify(ending)).slice(1)}\n`))
  return parts
}

/**
 * An object and one more member, a list; each of its items comes in parts.
 * @param nullIfEmpty a list that Go makes by appending is nil where there is nothing to append
 */
export function spliceMembers(
  object: object,
  member: string,
  items: readonly (readonly Buffer[])[],
  nullIfEmpty = false,
): Buffer[] {
  if (nullIfEmpty && items.length === 0) return [encodeJSON({ ...object, [member]: null })]
  const head = escapeHTML(JSON.stringify(object))
  const parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"${member}":[`)]
  items.forEach((item, index) => {
    if (index > 0) parts.push(comma)
    parts.push(...item)
  })
  parts.push(listEnd)
  return parts
}

export function partialMetadataBytes(entry: Entry, version: string): Buffer[] {
  const head = Buffer.from(`{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":`)
  return [head, metadataBytes(entry), closeItem]
}

export function spliceRow(row: TableRow, entry: Entry, include: IncludeObject, version: string): readonly Buffer[] {
  const text = escapeHTML(JSON.stringify(row))
  if (include === 'None') return [Buffer.from(text)]
  const head = Buffer.from(text.slice(0, -'null}'.length))
  return [head, ...(include === 'Object' ? [entry.json] : partialMetadataBytes(entry, version)), closeItem]
}
