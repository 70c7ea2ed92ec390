// What form an answer is to have: Accept and User-Agent → media type, transformation, indentation.
// Source: apiserver/pkg/endpoints/handlers/negotiation; munnerz/goautoneg; go-restful, Route.matchesAccept (v1.36)
import { newNotAcceptable } from '../../apimachinery/errors.ts'
import { StatusError } from '../../apimachinery/errors.ts'

export const jsonType = 'application/json'
export const yamlType = 'application/yaml'
export const protobufType = 'application/vnd.kubernetes.protobuf'

export type MediaType = typeof jsonType | typeof yamlType | typeof protobufType

/** In the order of preference. */
export const mediaTypes: readonly MediaType[] = [jsonType, yamlType, protobufType]

const streamMediaTypes = [`${jsonType};stream=watch`, `${protobufType};stream=watch`]

/** What a route of resources may answer with; lists can be watched. */
export function routeMediaTypes(isList: boolean): readonly string[] {
  return isList ? [...mediaTypes, ...streamMediaTypes] : mediaTypes
}

/** What the parameters `as`, `g` and `v` ask for, `as=Table;g=meta.k8s.io;v=v1`. */
export interface Transform {
  readonly as: string
  readonly group: string
  readonly version: string
}

export interface Negotiated {
  readonly mediaType: MediaType
  readonly transform: Transform | undefined
  /** Parameter `pretty=1` of the media type. */
  readonly pretty?: boolean
  /** Parameter `profile`, of aggregated discovery. */
  readonly profile?: string
}

/**
 * Whether an endpoint can give a form; `transform` is undefined for the object as it is.
 * @param serverVersion parameter `sv`, empty if absent
 */
export type Allows = (mediaType: MediaType, transform: Transform | undefined, serverVersion: string) => boolean

interface Clause {
  readonly type: string
  readonly subtype: string
  readonly q: number
  readonly parameters: Readonly<Record<string, string>>
}

/** Cuts at spaces only, as Go's function does. */
const trim = (text: string): string => text.replace(/^ +| +$/g, '')

function parseClause(part: string): Clause | undefined {
  const [range = '', ...rest] = trim(part).split(';')
  const [type = '', subtype, ...surplus] = range.split('/')
  const isAny = subtype === undefined || subtype === ''
  if (surplus.join('/') !== '' || (isAny && trim(type) !== '*')) return undefined
  let q = 1
  const parameters: Record<string, string> = {}
  for (const parameter of rest) {
    const [name = '', value = '', extra] = parameter.split('=')
    if (value === '' || (extra !== undefined && extra !== '')) continue
    if (trim(name) === 'q') q = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(value) ? Number(value) : 0
    else parameters[trim(name)] = trim(value)
  }
  return { type: trim(type), subtype: isAny ? '*' : trim(subtype!), q, parameters }
}

/** Not an order in the mathematical sense: a precise range goes before a wildcard whatever their weights. */
function goesBefore(a: Clause, b: Clause): boolean {
  return a.q > b.q || (a.type !== '*' && b.type === '*') || (a.subtype !== '*' && b.subtype === '*')
}

/** Sorted by insertion, as Go sorts up to twelve: with `goesBefore` another algorithm gives another result. */
function parseAccept(header: string): Clause[] {
  const clauses: Clause[] = []
  for (const part of header.split(',')) {
    const clause = parseClause(part)
    if (clause === undefined) continue
    let place = clauses.length
    while (place > 0 && goesBefore(clause, clauses[place - 1]!)) place--
    clauses.splice(place, 0, clause)
  }
  return clauses
}

function transformOf({ as, g, v }: Readonly<Record<string, string>>): Transform | undefined {
  return as === undefined && g === undefined && v === undefined
    ? undefined
    : { as: as ?? '', group: g ?? '', version: v ?? '' }
}

function accept({ parameters }: Clause, mediaType: MediaType, allows: Allows): Negotiated | undefined {
  const { stream = '', sv = '', pretty, profile } = parameters
  if (stream !== '' && (stream !== 'watch' || mediaType === yamlType)) return undefined
  const transform = transformOf(parameters)
  if (!allows(mediaType, transform, sv)) return undefined
  return {
    mediaType,
    transform,
    ...(pretty === '1' ? { pretty: true } : {}),
    ...(profile === undefined ? {} : { profile }),
  }
}

/** undefined if nothing acceptable can be given. No header at all means JSON. */
export function tryNegotiate(header: string | undefined, allows: Allows): Negotiated | undefined {
  if (header === undefined || header === '') return { mediaType: jsonType, transform: undefined }
  for (const clause of parseAccept(header)) {
    for (const mediaType of mediaTypes) {
      const [type, subtype] = mediaType.split('/')
      const fits =
        (clause.type === type && (clause.subtype === subtype || clause.subtype === '*')) ||
        (clause.type === '*' && clause.subtype === '*')
      const negotiated = fits ? accept(clause, mediaType, allows) : undefined
      if (negotiated !== undefined) return negotiated
    }
  }
  return undefined
}

/** The best of an endpoint's own media types; undefined if none is acceptable. No header means the first. */
export function preferredType(header: string | undefined, types: readonly string[]): string | undefined {
  for (const clause of parseAccept(header === undefined || header === '' ? '*/*' : header)) {
    for (const one of types) {
      const [type, subtype] = one.split('/')
      if ((clause.type === type || clause.type === '*') && (clause.subtype === subtype || clause.subtype === '*'))
        return one
    }
  }
  return undefined
}

const metaVersions = new Set(['v1', 'v1beta1'])

/** Endpoints of resources. `custom`: of a CustomResourceDefinition, whose objects have no protobuf form. */
export function resourceForms({ custom = false, hasTables = true } = {}): Allows {
  return (mediaType, transform, serverVersion) => {
    if (serverVersion !== '' && serverVersion !== 'v1') return false
    if (transform === undefined) return !custom || mediaType !== protobufType
    if (transform.group !== 'meta.k8s.io' || !metaVersions.has(transform.version)) return false
    if (transform.as === 'Table') return hasTables && mediaType !== protobufType
    return transform.as === 'PartialObjectMetadata' || transform.as === 'PartialObjectMetadataList'
  }
}

/** Discovery, version, errors: the object as it is. */
export const plainForms: Allows = (_mediaType, transform, serverVersion) =>
  transform === undefined && serverVersion === ''

function notAcceptable(accepted: readonly string[]): StatusError {
  return newNotAcceptable(`only the following media types are accepted: ${accepted.join(', ')}`)
}

/** @throws StatusError 406 */
export function negotiateResponse(header: string | undefined, allows: Allows = resourceForms()): Negotiated {
  const negotiated = tryNegotiate(header, allows)
  if (negotiated === undefined) throw notAcceptable(mediaTypes)
  return negotiated
}

/** For a watch: YAML cannot be streamed, though what else is wrong with a watch is told in it. @throws StatusError 406 */
export function checkStream({ mediaType }: Negotiated): void {
  if (mediaType === yamlType) throw notAcceptable(streamMediaTypes)
}

/**
 * The look the real server's router takes at Accept before an endpoint does: media ranges without their parameters, and
 * no wildcard but the whole one.
 * @param produces what the route may answer with
 * @throws StatusError 406 with the router's own text
 */
export function checkRouteAccepts(header: string | undefined, produces: readonly string[]): void {
  if (header === undefined || header === '') return
  for (const part of header.split(',')) {
    const range = trim(part.split(';')[0]!)
    if (range === '*/*' || produces.includes(range)) return
  }
  const { status } = newNotAcceptable(`406: Not Acceptable\n\nAvailable representations: ${produces.join(', ')}`)
  const { code, ...rest } = status
  throw new StatusError({ ...rest, details: {}, code: code! })
}

const trueWords = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])

/** @param query value of the parameter `pretty`, null if absent */
export function isPretty(
  query: string | null | undefined,
  userAgent: string | undefined,
  negotiated?: Negotiated,
): boolean {
  if (negotiated?.pretty === true) return true
  if (query !== null && query !== undefined && query !== '') return trueWords.has(query)
  return /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent ?? '')
}
