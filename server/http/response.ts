// Answers → bytes: objects, lists, Tables, metadata-only forms and Statuses, in the encoding the client asked for.
// Stored bytes are spliced, not serialised again: a list is the concatenation of what the store holds.
import { newNotAcceptable, newPlainError } from '../apimachinery/errors.ts'
import { formatGroupVersion } from '../apimachinery/gvk.ts'
import type { AnyObject, Frozen, Status } from '../apimachinery/types.ts'
import type { Answer, ListAnswer } from '../endpoints/api.ts'
import { internalName } from '../endpoints/decode.ts'
import { partialMetadata } from '../registry/table.ts'
import type { Resource } from '../registry/resources.ts'
import type { Entry } from '../storage/store.ts'
import { encodeJSON } from './codec/json.ts'
import {
  checkRouteAccepts,
  isPretty,
  jsonType,
  negotiateResponse,
  plainForms,
  resourceForms,
  protobufType,
  routeMediaTypes,
  tryNegotiate,
  yamlType,
  type Negotiated,
} from './codec/negotiate.ts'
import { encodeProtobuf, envelopeParts } from './codec/protobuf.ts'
import { encodeYAML } from './codec/yaml.ts'
import type { Context } from './context.ts'
import type { Piece } from './pieces.ts'
import { writeBytes, writeListBytes } from './send.ts'
import { servedObject } from './served-object.ts'
import { jsonList, partialMetadataPieces, protobufList, spliceMembers } from './splice.ts'
import { prepareMessages, storedMessage } from './stored-protobuf.ts'
import { includeOf, inRowOrder, scaleTable, tableOf, tablePieces } from './tables.ts'

/** What there is of a resource. `custom`: nothing in protobuf. `hasTables`: it can be had as a Table. */
export interface Forms {
  readonly custom?: boolean
  readonly hasTables?: boolean
}

/** How the client wants the answer. @throws StatusError 406 */
export function negotiate(ctx: Context, verb: string, available: Forms = {}): Negotiated {
  const accept = ctx.req.headers.accept ?? ''
  const { custom = false, hasTables = true } = available
  const isList = verb === 'list' || verb === 'watch'
  const known = negotiations[(isList ? 1 : 0) + (custom ? 2 : 0) + (hasTables ? 4 : 0)]!
  let negotiated = known.get(accept)
  if (negotiated === undefined) {
    negotiated = negotiateAnew(accept === '' ? undefined : accept, verb, available)
    if (known.size >= maxNegotiations) known.clear()
    if (accept.length <= maxAcceptLength) known.set(accept, negotiated)
  }
  return negotiated
}

/** By what there is to choose from, and the header: clients say the same again and again. Refusals are not kept. */
const negotiations = Array.from({ length: 8 }, () => new Map<string, Negotiated>())
const maxNegotiations = 100
const maxAcceptLength = 1000

function negotiateAnew(accept: string | undefined, verb: string, available: Forms): Negotiated {
  // Custom resources have no routes of their own that would look first.
  if (available.custom !== true) checkRouteAccepts(accept, routeMediaTypes(verb === 'list' || verb === 'watch'))
  return negotiateResponse(accept, resourceForms(available))
}

function header(ctx: Context, name: string): string | undefined {
  const value = ctx.get(name)
  return value === '' ? undefined : value
}

/** @param now milliseconds since the epoch: ages in Tables are relative to it */
export function writeAnswer(ctx: Context, answer: Answer, negotiated: Negotiated, now: number): void | Promise<void> {
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
  writeObject(ctx, code, scaleTable(object, includeOf(ctx), transform.version, now), asIs)
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

function writeObject(ctx: Context, code: number, object: AnyObject, negotiated: Negotiated): void {
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
  return !isPretty(ctx.state.query.get('pretty'), ctx.req.headers['user-agent'], negotiated)
}

const newline = '\n'

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
    return writeBytes(ctx, code, jsonType, [entry.bytes, newline])
  }
  if (negotiated.mediaType === protobufType && resource.fromStored === undefined) {
    return writeBytes(
      ctx,
      code,
      protobufType,
      envelopeParts(formatGroupVersion(resource.facts), resource.facts.kind, [storedMessage(entry)]),
    )
  }
  writeObject(ctx, code, servedObject(resource, entry) as AnyObject, negotiated)
}

/** What is not stored, as in a dry run, has none. */
function revisionOf({ metadata }: Frozen<AnyObject>): ListAnswer['metadata'] {
  const resourceVersion = metadata?.resourceVersion ?? ''
  return resourceVersion === '' ? {} : { resourceVersion }
}

async function writeList(ctx: Context, answer: ListAnswer, negotiated: Negotiated, now: number): Promise<void> {
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
      const piecesOf = (entry: Entry): readonly Piece[] => partialMetadataPieces(entry, transform.version)
      return writeBytes(ctx, 200, jsonType, spliceMembers({ ...type, metadata }, 'items', entries, piecesOf, true))
    }
    const items = entries.map((entry) => partialMetadata(servedObject(resource, entry), transform.version, hidden))
    const list = { ...type, metadata, items: items.length === 0 ? null : items }
    return writeObject(ctx, 200, list as AnyObject, { ...negotiated, transform: undefined })
  }
  const { kind, listKind } = resource.facts
  const apiVersion = formatGroupVersion(resource.facts)
  const listed = listKind ?? `${kind}List`
  if (canSplice(ctx, resource, negotiated)) {
    return writeListBytes(ctx, jsonType, jsonList(listed, apiVersion, metadata, entries, resource, isKept(ctx)))
  }
  if (resource.schema.decode !== undefined) {
    const items = entries.map((entry) => servedObject(resource, entry))
    const list = { apiVersion, items, kind: listed, metadata: { continue: '', ...metadata } }
    return writeObject(ctx, 200, list as unknown as AnyObject, negotiated)
  }
  if (negotiated.mediaType === protobufType && resource.fromStored === undefined) {
    await prepareMessages(entries)
    return writeListBytes(ctx, protobufType, protobufList(listed, apiVersion, metadata, entries, isKept(ctx)))
  }
  const items = entries.map((entry) => withoutType(servedObject(resource, entry)))
  writeObject(ctx, 200, { kind: listed, apiVersion, metadata, items } as AnyObject, negotiated)
}

/** Whether others will ask for the same list: informers do, and selections are many. */
function isKept({ state: { query } }: Context): boolean {
  return !query.has('labelSelector') && !query.has('fieldSelector')
}

/** Items of a list of built-in kinds say nothing of their kind: the list has said it. */
function withoutType(object: Frozen<AnyObject>): Record<string, unknown> {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest
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
  const isWhole = include !== 'Metadata' || resource.kind.hiddenAnnotations === undefined
  if (isWhole && canSplice(ctx, resource, negotiated)) {
    return writeBytes(ctx, code, jsonType, tablePieces(resource, entries, metadata, include, version, now))
  }
  const objects = entries.map((entry) => servedObject(resource, entry))
  writeObject(ctx, code, tableOf(resource, objects, metadata, include, version, now), {
    ...negotiated,
    transform: undefined,
  })
}
