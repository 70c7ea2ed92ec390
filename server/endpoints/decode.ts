// A request body's value → an object of the resource's kind, in its stored version, defaulted; with strict findings.
import { newBadRequest, newInvalid } from '../apimachinery/errors.ts'
import { field, invalid } from '../apimachinery/field.ts'
import { formatGroupVersion } from '../apimachinery/gvk.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { decodeObject, DecodeError } from '../../openapi/decode.ts'
import { applyDefaults } from '../../openapi/defaults.ts'
import { typeOfKind } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import type { Resource } from '../registry/resources.ts'
import { restoreEmptyLists } from './empty-lists.ts'
import type { FieldValidation } from './options.ts'

/** A body as a codec leaves it: any JSON value, and what the codec itself found (duplicate fields). */
export interface Body {
  readonly value: unknown
  readonly findings: readonly string[]
  /** By path, numbers as they stand in the text, where their value does not say it: `1e3`. */
  readonly oddNumbers?: ReadonlyMap<string, string>
  /** The paths of all members as they stand in the text, as often as they do; what is found is told in their order. */
  readonly members?: () => readonly string[]
  /** An object of the resource as it is stored: parts of the value that are the very parts of it, in the same place, are sound. */
  readonly known?: object
}

interface DecodeOptions {
  readonly fieldValidation: FieldValidation
  warn(text: string): void
}

/** Go's name of the scheme errors speak of. */
export const schemeName = 'pkg/runtime/scheme.go:111'

/**
 * The object a client sent for `resource`, pruned, in the server's order, not yet defaulted.
 * @throws StatusError 400: another kind, a wrong type, or an unknown field with fieldValidation=Strict
 */
export function decodeForResource(resource: Resource, body: Body, options: DecodeOptions): AnyObject {
  const { facts } = resource
  return decodeAs(resource.schema, { group: facts.group, version: facts.version, kind: facts.kind }, body, options)
}

export function decodeAs(
  schema: StructSchema,
  expected: { group: string; version: string; kind: string },
  { value, findings, oddNumbers, members, known }: Body,
  options: DecodeOptions,
): AnyObject {
  const apiVersion = formatGroupVersion(expected)
  const sent = (value ?? {}) as AnyObject
  const meta = typeMetaOf(sent)
  const sentKind = typeof meta.kind === 'string' && meta.kind !== '' ? meta.kind : expected.kind
  // `/v1` is the core group, too.
  const stated = typeof meta.apiVersion === 'string' ? meta.apiVersion.replace(/^\/(?!$)/, '') : ''
  const sentVersion = stated === '' ? apiVersion : stated
  if (schema.decode === undefined) checkKind(sentKind, sentVersion, expected, apiVersion)
  else checkCustomKind(sent, sentKind, stated, expected, apiVersion)
  const cannot = (why: string) =>
    newBadRequest(`${sentKind} in version "${expected.version}" cannot be handled as a ${expected.kind}: ${why}`)
  try {
    const { object, unknownFields } = decodeObject(schema, sent, oddNumbers, known)
    restoreEmptyLists(schema, sent, object)
    object.kind = expected.kind
    object.apiVersion = apiVersion
    if (options.fieldValidation !== 'Ignore') {
      const unknown = unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`)
      const duplicate = findings.filter((finding) => !isWithin(finding, unknownFields))
      const isMixed = members !== undefined && duplicate.length > 0 && unknown.length > 0
      const strict = isMixed ? inOrder(duplicate, unknown, members()) : [...duplicate, ...unknown]
      if (strict.length > 0 && options.fieldValidation === 'Strict')
        throw cannot(`strict decoding error: ${strict.join(', ')}`)
      for (const finding of strict) warnOfFinding(finding, options)
    }
    return object
  } catch (error) {
    if (error instanceof DecodeError) throw cannot(error.message)
    throw error
  }
}

/**
 * What a body says of its kind. Go looks for these two whatever their case, and takes the last.
 * Source: apimachinery/pkg/runtime/serializer/json, SimpleMetaFactory.Interpret (v1.36)
 */
export function typeMetaOf(value: object): { apiVersion?: unknown; kind?: unknown } {
  const meta: { apiVersion?: unknown; kind?: unknown } = {}
  for (const [key, member] of Object.entries(value)) {
    if (key.length !== 4 && key.length !== 10) continue
    const name = key.toLowerCase()
    if (name === 'kind') meta.kind = member
    if (name === 'apiversion') meta.apiVersion = member
  }
  return meta
}

/** Findings of both kinds as one reader of the text meets them: the second member of a name is the duplicate. */
function inOrder(duplicate: readonly string[], unknown: readonly string[], members: readonly string[]): string[] {
  const left = new Set([...duplicate, ...unknown])
  const seen = new Set<string>()
  const found: string[] = []
  for (const path of members) {
    const finding = `${seen.has(path) ? 'duplicate' : 'unknown'} field ${JSON.stringify(path)}`
    seen.add(path)
    if (left.delete(finding)) found.push(finding)
  }
  return [...found, ...left]
}

/** Of unknown fields nobody asks whether they occur twice. */
function isWithin(finding: string, unknownFields: readonly string[]): boolean {
  return unknownFields.some((path) => finding === `duplicate field ${JSON.stringify(path)}`)
}

/**
 * A finding as a Warning: what YAML decoding found is told line by line.
 * Source: apiserver/pkg/endpoints/handlers, addStrictDecodingWarnings (v1.36)
 */
export function warnOfFinding(finding: string, { warn }: Pick<DecodeOptions, 'warn'>): void {
  const lines = /^(?:error converting YAML to JSON: )?yaml: unmarshal errors:\n([^]*)$/.exec(finding)?.[1]
  for (const line of lines?.split('\n') ?? [finding]) warn(line.trim())
}

/** Source: apiextensions-apiserver/pkg/registry/customresource, ValidateTypeMeta (v1.36) */
function checkCustomKind(
  sent: AnyObject,
  kind: string,
  apiVersion: string,
  expected: { group: string; kind: string },
  expectedVersion: string,
): void {
  if (apiVersion !== expectedVersion) {
    throw newBadRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expectedVersion})`,
    )
  }
  if (kind === expected.kind) return
  const errors = [invalid(field('kind'), kind, `must be ${expected.kind}`)]
  throw newInvalid({ group: expected.group, kind }, sent.metadata?.name ?? '', errors)
}

function checkKind(
  kind: string,
  apiVersion: string,
  expected: { group: string; version: string; kind: string },
  expectedVersion: string,
): void {
  if (kind === expected.kind && apiVersion === expectedVersion) return
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1)
  const cannot = `${kind} in version "${version}" cannot be handled as a ${expected.kind}: `
  if (typeOfKind(apiVersion, kind) === undefined) {
    if (kind === expected.kind && apiVersion.endsWith(`beta1`)) {
      throw newBadRequest(
        `the API version in the data (${apiVersion}) does not match the expected API version (${expectedVersion})`,
      )
    }
    throw newBadRequest(`${cannot}${unregisteredProblem(kind, apiVersion)}`)
  }
  if (kind === expected.kind) {
    throw newBadRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expectedVersion})`,
    )
  }
  throw newBadRequest(`${cannot}${convertingProblem(kind, apiVersion, expected)}`)
}

export function unregisteredProblem(kind: string, apiVersion: string): string {
  return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "${schemeName}"`
}

/** A registered kind that is not the expected one. */
export function convertingProblem(kind: string, apiVersion: string, expected: { group: string; kind: string }): string {
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1)
  return `converting (${version}.${kind}) to (${internalName(expected)}): unknown conversion`
}

/** Go package of a group's internal types: the first label of the group, `core` for the empty one. */
export function internalName({ group, kind }: { group: string; kind: string }): string {
  return `${group === '' ? 'core' : group.split('.')[0]}.${kind}`
}

/** In place. */
export function setDefaults(resource: Resource, object: AnyObject): void {
  if (resource.schema.decode === undefined) applyDefaults(resource.facts, object)
  resource.kind.defaults?.(object)
}

/** Defaults a decoded object of the served version and makes the stored one of it. Takes over `object`. */
export function defaultAndConvert(resource: Resource, object: AnyObject): AnyObject {
  setDefaults(resource, object)
  return resource.toStored === undefined ? object : resource.toStored(object)
}
