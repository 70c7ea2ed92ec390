// Structural schemas: every value has one type, told outside of alternatives, so that what is unknown can be pruned.
// Source: apiextensions-apiserver/pkg/apiserver/schema, ValidateStructural, validation.go, complete.go and convert.go (v1.36)
import type { JSONSchemaProps } from '../../api/apiextensions.ts'
import { regexProblem, compileRegex } from '../../apimachinery/cel/regex.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { forbidden, invalid, required, type FieldError, type FieldPath } from '../../apimachinery/field.ts'
import { isSchema } from '../../schema/structural.ts'

type Level = 'root' | 'item' | 'field'

/** Why no structural schema can be made of it at all; the first reason of many. */
export function unsupported(schema: JSONSchemaProps): string | undefined {
  const found = Object.keys(unsupportedMembers).find((name) => {
    const value = (schema as Record<string, unknown>)[name]
    return value !== undefined && value !== '' && (typeof value !== 'object' || Object.keys(value!).length > 0)
  })
  if (found !== undefined) return `OpenAPIV3Schema '${unsupportedMembers[found]}' is not supported`
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
  }
  for (const nested of [schema.not, ...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
    const problem = nested && unsupported(nested)
    if (problem !== undefined) return problem
  }
  if (Array.isArray(schema.items)) return "OpenAPIV3Schema 'items' must be a schema, but is an array"
  for (const below of childrenOf(schema)) {
    const problem = unsupported(below)
    if (problem !== undefined) return problem
  }
  return undefined
}

const unsupportedMembers: Readonly<Record<string, string>> = {
  id: 'id',
  $schema: 'schema',
  $ref: '$ref',
  patternProperties: 'patternProperties',
  dependencies: 'dependencies',
  additionalItems: 'additionalItems',
  definitions: 'definitions',
}

function childrenOf({ items, properties = {}, additionalProperties }: JSONSchemaProps): JSONSchemaProps[] {
  return [
    ...(isSchema(items) ? [items] : []),
    ...Object.values(properties),
    ...(isSchema(additionalProperties) ? [additionalProperties] : []),
  ]
}

/** @returns errors in the order of their texts */
export function validateStructural(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const errors = [...invariants(schema, 'root', path), ...completeness(schema, schema, path, path)]
  const textOf = ({ field, message }: FieldError): string => `${field}: ${message}`
  return errors.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
}

function invariants(schema: JSONSchemaProps, level: Level, path: FieldPath): FieldError[] {
  const { type = '', items, properties = {}, additionalProperties } = schema
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true
  const errors: FieldError[] = []
  if (type === 'array' && items === undefined) errors.push(required(path.child('items'), 'must be specified'))
  if (isSchema(items)) errors.push(...invariants(items, 'item', path.child('items')))
  for (const [name, property] of Object.entries(properties)) {
    errors.push(...invariants(property, 'field', path.child('properties').key(name)))
  }
  const additionalPath = path.child('additionalProperties')
  if (additionalProperties !== undefined) {
    if (level === 'root') errors.push(forbidden(additionalPath, 'must not be used at the root'))
    if (isSchema(additionalProperties)) errors.push(...invariants(additionalProperties, 'field', additionalPath))
  }
  const oddWithIntOrString = 'must be false if x-kubernetes-int-or-string is true'
  if (isIntOrString && keepsUnknown) {
    errors.push(invalid(path.child('x-kubernetes-preserve-unknown-fields'), true, oddWithIntOrString))
  }
  if (isIntOrString && isEmbedded) {
    errors.push(invalid(path.child('x-kubernetes-embedded-resource'), true, oddWithIntOrString))
  }
  errors.push(...valueValidation(schema, isIntOrStringPair(schema.anyOf), isFirstIntOrStringPair(schema), path))
  errors.push(...validateType(schema, level, path))
  if (isEmbedded && additionalProperties !== undefined) {
    errors.push(forbidden(additionalPath, 'must not be used if x-kubernetes-embedded-resource is set'))
  }
  errors.push(...validateResourceMembers(properties, level, isEmbedded, path.child('properties')))
  if (isEmbedded && !keepsUnknown && Object.keys(properties).length === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'
    errors.push(required(path.child('properties'), detail))
  }
  return errors
}

const emptyType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function validateType(schema: JSONSchemaProps, level: Level, parent: FieldPath): FieldError[] {
  const { type = '' } = schema
  const path = parent.child('type')
  const errors: FieldError[] = []
  if (schema['x-kubernetes-embedded-resource'] === true && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true'
    errors.push(type === '' ? required(path, detail) : invalid(path, type, detail))
  } else if (
    type === '' &&
    schema['x-kubernetes-int-or-string'] !== true &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true
  ) {
    errors.push(required(path, emptyType[level]))
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    errors.push(invalid(path, type, 'must be object at the root'))
  }
  return errors
}

/** Of what every resource has, a schema may say little. */
function validateResourceMembers(
  { kind, apiVersion, metadata }: Readonly<Record<string, JSONSchemaProps>>,
  level: Level,
  isEmbedded: boolean,
  path: FieldPath,
): FieldError[] {
  const isResource = level === 'root' || isEmbedded
  const errors: FieldError[] = []
  for (const [name, member] of Object.entries({ kind, apiVersion })) {
    if (isResource && member !== undefined && member.type !== 'string') {
      errors.push(invalid(path.key(name).child('type'), member.type ?? '', 'must be string'))
    }
  }
  if (metadata === undefined) return errors
  const here = path.key('metadata')
  if (isResource && metadata.type !== 'object') {
    errors.push(invalid(here.child('type'), metadata.type ?? '', 'must be object'))
  }
  if (level === 'root' && saysMore(metadata)) {
    const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
    errors.push(forbidden(here, detail))
  }
  return errors
}

function saysMore({ type: _type, default: _default, properties = {}, ...rest }: JSONSchemaProps): boolean {
  const others = Object.keys(properties).filter((name) => name !== 'name' && name !== 'generateName')
  return (
    others.length > 0 || Object.values(rest).some((value) => value !== undefined && value !== '' && value !== false)
  )
}

const intOrString = [{ type: 'integer' }, { type: 'string' }]

const isIntOrStringPair = (anyOf: readonly JSONSchemaProps[] | undefined): boolean => deepEqual(anyOf, intOrString)

const isFirstIntOrStringPair = ({ allOf = [] }: JSONSchemaProps): boolean => isIntOrStringPair(allOf[0]?.anyOf)

function valueValidation(
  schema: JSONSchemaProps,
  skipsAnyOf: boolean,
  skipsFirstAllOf: boolean,
  path: FieldPath,
): FieldError[] {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern = '' } = schema
  const errors = [
    ...(skipsAnyOf ? [] : anyOf.flatMap((one, at) => nested(one, false, path.child('anyOf').index(at)))),
    ...allOf.flatMap((one, at) => nested(one, skipsFirstAllOf && at === 0, path.child('allOf').index(at))),
    ...oneOf.flatMap((one, at) => nested(one, false, path.child('oneOf').index(at))),
    ...(not === undefined ? [] : nested(not, false, path.child('not'))),
  ]
  if (pattern !== '' && compileRegex(pattern) === undefined) {
    const detail = `must be a valid regular expression, but isn't: error parsing regexp: ${regexProblem(pattern)}`
    errors.push(invalid(path.child('pattern'), pattern, detail))
  }
  return errors
}

/** Alternatives judge values; what they are is told elsewhere. */
const forbiddenWithin: readonly (readonly [keyof JSONSchemaProps, string])[] = [
  ['type', 'must be empty to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
]

function nested(schema: JSONSchemaProps, skipsAnyOf: boolean, path: FieldPath): FieldError[] {
  const { items, properties = {}, additionalProperties } = schema
  const errors = valueValidation(schema, skipsAnyOf, false, path)
  if (isSchema(items)) errors.push(...nested(items, false, path.child('items')))
  for (const [name, property] of Object.entries(properties)) {
    errors.push(...nested(property, false, path.child('properties').key(name)))
  }
  if (additionalProperties !== undefined && (additionalProperties as unknown) !== false) {
    errors.push(forbidden(path.child('additionalProperties'), 'must be undefined to be structural'))
  }
  for (const [name, detail] of forbiddenWithin) {
    const value: unknown = schema[name]
    const isEmpty = value === undefined || value === '' || value === false || (name !== 'default' && isEmptyList(value))
    if (!isEmpty || (name === 'default' && value === false)) errors.push(forbidden(path.child(name), detail))
  }
  if (properties['metadata'] !== undefined) {
    const detail = 'must not be specified in a nested context'
    errors.push(forbidden(path.child('properties').key('metadata'), detail))
  }
  return errors
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

/** What an alternative speaks of is told outside of it, too. */
function completeness(
  inner: JSONSchemaProps,
  outer: JSONSchemaProps,
  outerPath: FieldPath,
  path: FieldPath,
): FieldError[] {
  const { not, allOf = [], anyOf = [], oneOf = [] } = inner
  const within = (one: JSONSchemaProps, at: FieldPath): FieldError[] => complete(one, outer, outerPath, at)
  return [
    ...(not === undefined ? [] : within(not, path.child('not'))),
    ...allOf.flatMap((one, at) => within(one, path.child('allOf').index(at))),
    ...anyOf.flatMap((one, at) => within(one, path.child('anyOf').index(at))),
    ...oneOf.flatMap((one, at) => within(one, path.child('oneOf').index(at))),
  ]
}

function complete(
  inner: JSONSchemaProps,
  outer: JSONSchemaProps | undefined,
  outerPath: FieldPath,
  path: FieldPath,
): FieldError[] {
  if (outer === undefined) return [required(outerPath, `because it is defined in ${String(path)}`)]
  const errors = completeness(inner, outer, outerPath, path)
  if (isSchema(inner.items)) {
    const items = isSchema(outer.items) ? outer.items : undefined
    errors.push(...complete(inner.items, items, outerPath.child('items'), path.child('items')))
  }
  for (const [name, property] of Object.entries(inner.properties ?? {})) {
    const own = outer.properties?.[name]
    errors.push(...complete(property, own, outerPath.child('properties').key(name), path.child('properties').key(name)))
  }
  return errors
}
