// Answers → bytes: objects, lists, Tables, metadata-only forms and Statuses, in the encoding the client asked for.
// Stored bytes are spliced, not serialised again: a list is the concatenation of what the store holds.
import { constants as zlibConstants, createGzip } from 'node:zlib'
import { pipeline, Readable } from 'node:stream'
import { newBadRequest, newNotAcceptable, newPlainError } from '../apimachinery/errors.ts'
import type { AnyObject, Frozen, Status } from '../apimachinery/types.ts'
import type { Answer, ListAnswer } from '../endpoints/api.ts'
import { internalName } from '../endpoints/decode.ts'
import { apiVersionOf } from '../endpoints/managed-fields.ts'
import {
  columnsOf,
  columnsOfScale,
  isDefault,
  partialMetadata,
  rowOf,
  rowOfScale,
  type IncludeObject,
  type TableRow,
} from '../registry/table.ts'
import type { ColumnDefinition } from '../registry/kind.ts'
import type { Resource } from '../registry/resources.ts'
import type { Entry } from '../storage/store.ts'
import { encodeJSON, escapeHTML } from './codec/json.ts'
import {
  checkRouteAccepts,
  isPretty,
  jsonType,
  negotiateResponse,
  negotiateStream,
  plainForms,
  resourceForms,
  protobufType,
  routeMediaTypes,
  tryNegotiate,
  yamlType,
  type Negotiated,
} from './codec/negotiate.ts'
import { encodeProtobuf, envelopeParts, protobufListParts } from './codec/protobuf.ts'
import { encodeYAML } from './codec/yaml.ts'
import type { Context } from './context.ts'
import { metadataBytes } from './stored-metadata.ts'
import { storedMessage } from './stored-protobuf.ts'
import { warningHeaders } from './warnings.ts'

/** Answers above this size are compressed for clients that can take it. Source: responsewriters, defaultGzipThresholdBytes */
const gzipThresholdBytes = 128 * 1024
const chunkBytes = 256 * 1024

/** What there is of a resource. `custom`: nothing in protobuf. `hasTables`: it can be had as a Table. */
export interface Forms {
  readonly custom?: boolean
  readonly hasTables?: boolean
}

/** How the client wants the answer. @throws StatusError 406 */
export function negotiate(ctx: Context, verb: string, available: Forms = {}): Negotiated {
  const accept = header(ctx, 'accept')
  // Custom resources have no routes of their own that would look first.
  if (available.custom !== true) checkRouteAccepts(accept, routeMediaTypes(verb === 'list' || verb === 'watch'))
  const forms = resourceForms(available)
  return verb === 'watch' ? negotiateStream(accept, forms) : negotiateResponse(accept, forms)
}

function header(ctx: Context, name: string): string | undefined {
  const value = ctx.get(name)
  return value === '' ? undefined : value
}

/** @param now milliseconds since the epoch: ages in Tables are relative to it */
export function writeAnswer(ctx: Context, answer: Answer, negotiated: Negotiated, now: number): void {
  switch (answer.type) {
    case 'status':
      return writeObject(ctx, answer.status.code ?? 200, answer.status as unknown as AnyObject, {
        ...negotiated,
        transform: undefined,
      })
    case 'text':
      ctx.status = 200
      ctx.type = 'text/plain'
      ctx.body = answer.text
      return
    case 'empty':
      ctx.status = 204
      return
    case 'object':
      return writeComputed(ctx, answer.code, answer.object, negotiated, now)
    case 'entry':
      return writeEntry(ctx, answer.code, answer.resource, answer.entry, negotiated, now)
    case 'list':
      return writeList(ctx, answer, negotiated, now)
  }
}

/** An object that is not stored itself. Only of Scales there are Tables. */
function writeComputed(
  ctx: Context,
  code: number,
  object: Frozen<AnyObject>,
  negotiated: Negotiated,
  now: number,
): void {
  const { transform } = negotiated
  const asIs = { ...negotiated, transform: undefined }
  if (transform === undefined) return writeObject(ctx, code, object as AnyObject, asIs)
  if (transform.as === 'PartialObjectMetadataList') throw notAList(String(object.kind))
  if (transform.as !== 'Table') return writeObject(ctx, code, partialMetadata(object, transform.version), asIs)
  const row = rowObject(rowOfScale(object, now), object, includeOf(ctx), transform.version)
  const { resourceVersion = '' } = object.metadata!
  writeObject(ctx, code, printTable(transform.version, { resourceVersion }, columnsOfScale(), [row]), asIs)
}

function notAList(kind: string): Error {
  return newNotAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (*${kind})`)
}

/** A Status, in the encoding asked for if it can be had without a transformation, else as indented JSON. */
export function writeStatus(ctx: Context, status: Status): void {
  const negotiated = tryNegotiate(header(ctx, 'accept'), plainForms)
  const seconds = status.details?.retryAfterSeconds
  if (seconds !== undefined && seconds > 0) ctx.set('Retry-After', String(seconds))
  const asIndented = { mediaType: jsonType, transform: undefined, pretty: true } as const
  writeObject(ctx, status.code ?? 200, status as unknown as AnyObject, negotiated ?? asIndented)
}

export function writeObject(ctx: Context, code: number, object: AnyObject, negotiated: Negotiated): void {
  writeBytes(ctx, code, negotiated.mediaType, [encode(ctx, object, negotiated)])
}

function encode(ctx: Context, object: Frozen<AnyObject>, negotiated: Negotiated): Buffer {
  switch (negotiated.mediaType) {
    case yamlType:
      return Buffer.from(encodeYAML(object))
    case protobufType:
      return encodeProtobuf(object as AnyObject)
    default:
      return encodeJSON(object, isPretty(ctx.state.query?.get('pretty'), ctx.get('user-agent'), negotiated))
  }
}

/** Whether stored bytes can go out as they are. */
function canSplice(ctx: Context, resource: Resource, negotiated: Negotiated): boolean {
  if (negotiated.mediaType !== jsonType || resource.fromStored !== undefined) return false
  return !isPretty(ctx.state.query.get('pretty'), ctx.get('user-agent'), negotiated)
}

/** The object as its version is served: of another version than the stored one it is converted. */
export function servedObject(resource: Resource, entry: Entry): Frozen<AnyObject> {
  if (resource.fromStored === undefined) return entry.object
  return entry.memo(
    convertedSlot(resource),
    () => resource.fromStored!(structuredClone(entry.object) as AnyObject) as Frozen<AnyObject>,
  )
}

const convertedSlots = new WeakMap<Resource, symbol>()

function convertedSlot(resource: Resource): symbol {
  let slot = convertedSlots.get(resource)
  if (slot === undefined)
    convertedSlots.set(resource, (slot = Symbol(`as ${resource.facts.version} ${resource.facts.kind}`)))
  return slot
}

const newline = Buffer.from('\n')

function writeEntry(
  ctx: Context,
  code: number,
  resource: Resource,
  entry: Entry,
  negotiated: Negotiated,
  now: number,
): void {
  const { transform } = negotiated
  if (transform !== undefined) {
    const object = servedObject(resource, entry)
    if (transform.as === 'PartialObjectMetadataList') {
      if (resource.schema.decode !== undefined) throw newPlainError('content is not a list')
      throw notAList(internalName(resource.facts))
    }
    if (transform.as === 'Table') return writeTable(ctx, code, resource, [entry], revisionOf(object), negotiated, now)
    const partial = partialMetadata(object, transform.version, resource.kind.hiddenAnnotations)
    return writeObject(ctx, code, partial, { ...negotiated, transform: undefined })
  }
  if (canSplice(ctx, resource, negotiated)) {
    return writeBytes(ctx, code, jsonType, [entry.json, newline])
  }
  if (negotiated.mediaType === protobufType && resource.fromStored === undefined) {
    return writeBytes(
      ctx,
      code,
      protobufType,
      envelopeParts(apiVersionOf(resource), resource.facts.kind, [storedMessage(entry)]),
    )
  }
  writeObject(ctx, code, servedObject(resource, entry) as AnyObject, negotiated)
}

/** What is not stored, as in a dry run, has none. */
function revisionOf({ metadata }: Frozen<AnyObject>): ListAnswer['metadata'] {
  const resourceVersion = metadata?.resourceVersion ?? ''
  return resourceVersion === '' ? {} : { resourceVersion }
}

function writeList(ctx: Context, answer: ListAnswer, negotiated: Negotiated, now: number): void {
  const { resource, entries, metadata } = answer
  const { transform } = negotiated
  if (transform?.as === 'Table') {
    return writeTable(ctx, 200, resource, inRowOrder(resource, entries), metadata, negotiated, now)
  }
  if (transform?.as === 'PartialObjectMetadata') {
    const isCustom = resource.schema.decode !== undefined
    const listName = isCustom ? 'unstructured.UnstructuredList' : `${internalName(resource.facts)}List`
    throw newNotAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (*${listName})`)
  }
  if (transform !== undefined) {
    const type = { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${transform.version}` }
    const { hiddenAnnotations: hidden } = resource.kind
    if (hidden === undefined && canSplice(ctx, resource, negotiated)) {
      const items = entries.map((entry) => partialMetadataBytes(entry, transform.version))
      return writeBytes(ctx, 200, jsonType, spliceMembers({ ...type, metadata }, 'items', items, true))
    }
    const items = entries.map((entry) => partialMetadata(servedObject(resource, entry), transform.version, hidden))
    const list = { ...type, metadata, items: items.length === 0 ? null : items }
    return writeObject(ctx, 200, list as AnyObject, { ...negotiated, transform: undefined })
  }
  const { kind, listKind } = resource.facts
  const apiVersion = apiVersionOf(resource)
  const listed = listKind ?? `${kind}List`
  if (canSplice(ctx, resource, negotiated)) {
    return writeBytes(ctx, 200, jsonType, splice(listed, apiVersion, metadata, entries, resource))
  }
  if (resource.schema.decode !== undefined) {
    const items = entries.map((entry) => servedObject(resource, entry))
    const list = { apiVersion, items, kind: listed, metadata: { continue: '', ...metadata } }
    return writeObject(ctx, 200, list as unknown as AnyObject, negotiated)
  }
  if (negotiated.mediaType === protobufType && resource.fromStored === undefined) {
    const parts = protobufListParts({ apiVersion, kind: listed }, metadata, entries.map(storedMessage))
    return writeBytes(ctx, 200, protobufType, parts)
  }
  const items = entries.map((entry) => withoutType(servedObject(resource, entry)))
  writeObject(ctx, 200, { kind: listed, apiVersion, metadata, items } as AnyObject, negotiated)
}

/** Items of a list of built-in kinds say nothing of their kind: the list has said it. */
function withoutType(object: Frozen<AnyObject>): Record<string, unknown> {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest
}

const comma = Buffer.from(',')
const openItem = Buffer.from('{')
const closeItem = Buffer.from('}')
const listEnd = Buffer.from(']}\n')

function splice(
  listKind: string,
  apiVersion: string,
  metadata: ListAnswer['metadata'],
  entries: readonly Entry[],
  resource: Resource,
): Buffer[] {
  if (resource.schema.decode !== undefined) return spliceCustomList(listKind, apiVersion, metadata, entries)
  const typeBytes = Buffer.byteLength(JSON.stringify({ kind: resource.facts.kind, apiVersion }))
  // `{"kind":…,"apiVersion":…,` is where every stored object begins; what follows is the item.
  const items = entries.map((entry) => [openItem, entry.json.subarray(typeBytes)])
  return spliceMembers({ kind: listKind, apiVersion, metadata }, 'items', items)
}

/** Custom resources keep their type in lists, and their members are sorted. */
function spliceCustomList(
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
function spliceMembers(
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

function partialMetadataBytes(entry: Entry, version: string): Buffer[] {
  const head = Buffer.from(`{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":`)
  return [head, metadataBytes(entry), closeItem]
}

/** @throws StatusError 400 */
export function includeOf(ctx: Context): IncludeObject {
  const value = ctx.state.query.get('includeObject') ?? ''
  if (value === 'None' || value === 'Object' || value === 'Metadata') return value
  if (value === '') return 'Metadata'
  const problem = `includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`
  throw newBadRequest(`Unable to convert to Table as requested: ${problem}`)
}

function inRowOrder({ kind }: Resource, entries: readonly Entry[]): readonly Entry[] {
  const { rowOrder } = kind
  if (rowOrder === undefined) return entries
  return entries.toSorted((a, b) => rowOrder(a.object as AnyObject, b.object as AnyObject))
}

function writeTable(
  ctx: Context,
  code: number,
  resource: Resource,
  entries: readonly Entry[],
  metadata: ListAnswer['metadata'],
  negotiated: Negotiated,
  now: number,
): void {
  const include = includeOf(ctx)
  const { version } = negotiated.transform!
  const objects = entries.map((entry) => servedObject(resource, entry))
  const isWhole = include !== 'Metadata' || resource.kind.hiddenAnnotations === undefined
  if (isWhole && canSplice(ctx, resource, negotiated)) {
    const { rows, ...table } = tableOf(resource, objects, metadata, 'None', version, now)
    const items = ((rows ?? []) as TableRow[]).map((row, index) => spliceRow(row, entries[index]!, include, version))
    return writeBytes(ctx, code, jsonType, spliceMembers(table, 'rows', items, rows === null))
  }
  writeObject(ctx, code, tableOf(resource, objects, metadata, include, version, now), {
    ...negotiated,
    transform: undefined,
  })
}

function spliceRow(row: TableRow, entry: Entry, include: IncludeObject, version: string): readonly Buffer[] {
  const text = escapeHTML(JSON.stringify(row))
  if (include === 'None') return [Buffer.from(text)]
  const head = Buffer.from(text.slice(0, -'null}'.length))
  return [head, ...(include === 'Object' ? [entry.json] : partialMetadataBytes(entry, version)), closeItem]
}

export function tableOf(
  resource: Resource,
  objects: readonly Frozen<AnyObject>[],
  metadata: Partial<ListAnswer['metadata']>,
  include: IncludeObject,
  version: string,
  now: number,
): AnyObject {
  const columns = columnsOf(resource)
  const { hiddenAnnotations: hidden } = resource.kind
  const rows = objects.map((object) =>
    rowObject(rowOf(resource, object, columns, now), object, include, version, hidden),
  )
  // The printer of kinds without one of their own appends row by row.
  return printTable(version, metadata, columns, rows.length === 0 && isDefault(columns) ? null : rows)
}

function rowObject(
  row: TableRow,
  object: Frozen<AnyObject>,
  include: IncludeObject,
  version: string,
  hidden?: readonly string[],
): TableRow {
  if (include === 'None') return { ...row, object: null }
  return { ...row, object: include === 'Object' ? object : partialMetadata(object, version, hidden) }
}

function printTable(
  version: string,
  metadata: Partial<ListAnswer['metadata']>,
  columns: readonly ColumnDefinition[],
  rows: readonly TableRow[] | null,
): AnyObject {
  const type = { kind: 'Table', apiVersion: `meta.k8s.io/${version}` }
  return { ...type, metadata, columnDefinitions: columns, rows } as AnyObject
}

export function writeBytes(ctx: Context, code: number, contentType: string, parts: readonly Uint8Array[]): void {
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  ctx.status = code
  ctx.set('Content-Type', contentType)
  setWarnings(ctx)
  if (total > gzipThresholdBytes && acceptsGzip(ctx)) {
    ctx.set('Content-Encoding', 'gzip')
    ctx.set('Vary', 'Accept-Encoding')
    const gzip = createGzip({ level: zlibConstants.Z_BEST_SPEED })
    pipeline(Readable.from(chunksOf(parts)), gzip, () => {})
    ctx.body = gzip
  } else if (total > chunkBytes) {
    ctx.body = Readable.from(chunksOf(parts), { objectMode: false })
  } else {
    ctx.body = parts[0] instanceof Buffer && parts.length === 1 ? parts[0] : Buffer.concat(parts, total)
  }
}

export function setWarnings(ctx: Context): void {
  const headers = warningHeaders(ctx.state.warnings)
  if (headers.length > 0) ctx.set('Warning', headers)
}

function acceptsGzip(ctx: Context): boolean {
  return ctx
    .get('accept-encoding')
    .split(',')
    .some((one) => one.trim() === 'gzip')
}

/** Large answers go out in slices, so that no second copy of the whole is ever made. */
function* chunksOf(parts: readonly Uint8Array[]): Generator<Buffer> {
  let pending: Uint8Array[] = []
  let size = 0
  for (const part of parts) {
    pending.push(part)
    size += part.length
    if (size >= chunkBytes) {
      yield Buffer.concat(pending, size)
      pending = []
      size = 0
    }
  }
  if (size > 0) yield Buffer.concat(pending, size)
}
