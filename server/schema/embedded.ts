// Objects in objects: where a schema says so, there is a whole resource, with a type and metadata of its own.
// Source: apiextensions-apiserver/pkg/apiserver/schema/objectmeta, Coerce and Validate (v1.36)
import { decodeObject, DecodeError } from '../../openapi/decode.ts'
import { typeByName } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import { invalid, required, type FieldError, type FieldPath } from '../apimachinery/field.ts'
import { isDNS1035Label } from '../apimachinery/formats.ts'
import type { ObjectMeta } from '../apimachinery/types.ts'
import { nameIsPathSegment, validateObjectMeta } from '../apimachinery/validation.ts'
import { rootPath } from './root-path.ts'
import type { Structural } from './structural.ts'

type Members = Record<string, unknown>

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const metaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** Metadata as it is held. @throws DecodeError */
export function decodeMetadata(value: unknown): { object: ObjectMeta; unknownFields: readonly string[] } {
  const { object, unknownFields } = decodeObject(typeByName(metaName) as StructSchema, value ?? {})
  return { object: object as ObjectMeta, unknownFields }
}

/**
 * Types the metadata of the resources below a value, in place.
 * @param unknownFields gets the paths of what metadata does not know
 * @returns what cannot be typed, if there is such
 */
export function coerceEmbedded(
  value: unknown,
  schema: Structural | undefined,
  path: FieldPath,
  unknownFields: string[],
): FieldError | undefined {
  if (schema === undefined || !schema.hasEmbedded) return undefined
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      const error = coerceEmbedded(item, schema.items, path.index(at), unknownFields)
      if (error !== undefined) return error
    }
    return undefined
  }
  if (!isMembers(value)) return undefined
  for (const name of Object.keys(value)) {
    const error = schema.isEmbeddedResource ? coerceMember(value, name, path, unknownFields) : undefined
    if (error !== undefined) return error
    const [below, at] = belowOf(schema, name, path)
    const deeper = coerceEmbedded(value[name], below, at, unknownFields)
    if (deeper !== undefined) return deeper
  }
  return undefined
}

function belowOf(schema: Structural, name: string, path: FieldPath): [Structural | undefined, FieldPath] {
  const property = schema.properties.get(name)
  if (property !== undefined) return [property, path.child(name)]
  return [typeof schema.additional === 'object' ? schema.additional : undefined, path.key(name)]
}

function coerceMember(value: Members, name: string, path: FieldPath, unknownFields: string[]): FieldError | undefined {
  const member = value[name]
  if (name === 'apiVersion' || name === 'kind') {
    return typeof member === 'string' ? undefined : invalid(path.child(name), member, 'must be a string')
  }
  if (name !== 'metadata') return undefined
  try {
    const { object, unknownFields: found } = decodeMetadata(member)
    const at = String(path.child('metadata'))
    unknownFields.push(...found.map((one) => `${at}.${one}`))
    value['metadata'] = object
    return undefined
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return invalid(path.child('metadata'), member, error.message)
  }
}

export function validateEmbedded(
  value: unknown,
  schema: Structural | undefined,
  path: FieldPath = rootPath,
): FieldError[] {
  if (schema === undefined || !schema.hasEmbedded) return []
  if (Array.isArray(value)) return value.flatMap((item, at) => validateEmbedded(item, schema.items, path.index(at)))
  if (!isMembers(value)) return []
  const below = Object.keys(value)
    .sort()
    .flatMap((name) => {
      const [next, at] = belowOf(schema, name, path)
      return validateEmbedded(value[name], next, at)
    })
  return schema.isEmbeddedResource ? [...validateResource(value, path), ...below] : below
}

function validateResource(value: Members, path: FieldPath): FieldError[] {
  const { apiVersion, kind, metadata } = value
  return [
    ...(apiVersion === undefined ? [required(path.child('apiVersion'))] : []),
    ...(kind === undefined ? [required(path.child('kind'))] : []),
    ...(apiVersion === undefined ? [] : validateAPIVersion(apiVersion, path.child('apiVersion'))),
    ...(kind === undefined ? [] : validateKind(kind, path.child('kind'))),
    ...(metadata === undefined ? [] : validateMetadata(metadata, path.child('metadata'))),
  ]
}

function validateAPIVersion(value: unknown, path: FieldPath): FieldError[] {
  if (typeof value !== 'string') return [invalid(path, value, 'must be a string')]
  if (value === '') return [invalid(path, value, 'must not be empty')]
  const slashes = value.split('/').length - 1
  return slashes < 2 || value === '/' ? [] : [invalid(path, value, `unexpected GroupVersion string: ${value}`)]
}

function validateKind(value: unknown, path: FieldPath): FieldError[] {
  if (typeof value !== 'string') return [invalid(path, value, 'must be a string')]
  if (value === '') return [invalid(path, value, 'must not be empty')]
  const problems = isDNS1035Label(value.toLowerCase())
  if (problems.length === 0) return []
  return [invalid(path, value, `may have mixed case, but should otherwise match: ${problems.join(',')}`)]
}

function validateMetadata(value: unknown, path: FieldPath): FieldError[] {
  try {
    const { object } = decodeMetadata(value)
    const meta = { ...object, name: object.name || 'fakename' }
    const namespaced = (meta.namespace ?? '') !== ''
    return validateObjectMeta(meta, { namespaced, strictFinalizers: false, nameValidator: nameIsPathSegment, path })
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return [invalid(path, value, error.message)]
  }
}
