// How lists and maps of a schema are told apart item by item.
// Source: apiextensions-apiserver/pkg/apis/apiextensions/validation, ValidateCustomResourceDefinitionOpenAPISchema and
// validateMapListKeysMapSet (v1.36)
import type { JSONSchemaProps } from '../../api/apiextensions.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isSchema } from '../../schema/structural.ts'

const listType = 'x-kubernetes-list-type'
const mapType = 'x-kubernetes-map-type'
const mapKeys = 'x-kubernetes-list-map-keys'

export function validateListAndMapTypes(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  return [
    ...validateType(schema, mapType, 'object', path),
    ...supported(schema[mapType], ['atomic', 'granular'], path.child(mapType)),
    ...validateType(schema, listType, 'array', path),
    ...validateSet(schema, path),
    ...supported(schema[listType], ['atomic', 'set', 'map'], path.child(listType)),
    ...validateKeysHaveMap(schema, path),
    ...(schema[listType] === 'map' ? validateMap(schema, path) : []),
    ...validateItems(schema, path),
  ]
}

function validateType(
  schema: JSONSchemaProps,
  member: typeof mapType | typeof listType,
  type: string,
  path: FieldPath,
): FieldError[] {
  if (schema[member] === undefined || schema.type === type) return []
  const detail = `must be ${type} if ${member} is specified`
  return (schema.type ?? '') === ''
    ? [required(path.child('type'), detail)]
    : [invalid(path.child('type'), schema.type, detail)]
}

function supported(value: string | undefined, values: readonly string[], path: FieldPath): FieldError[] {
  return value === undefined || values.includes(value) ? [] : [notSupported(path, value, values)]
}

/** Items of a set are compared as a whole. */
function validateSet(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const items: unknown = schema.items
  if (schema[listType] !== 'set' || schema.type !== 'array' || !isSchema(items)) return []
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const type = items[listType]
  if (items.type === 'array' && type !== undefined && type !== 'atomic') {
    return [invalid(path.child('items', listType), type, detail)]
  }
  // Upstream prints the list type here, too.
  if (items.type === 'object' && items[mapType] !== 'atomic') {
    return [invalid(path.child('items', mapType), type ?? null, detail)]
  }
  return []
}

function validateKeysHaveMap(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const type = schema[listType]
  if ((schema[mapKeys]?.length ?? 0) === 0 || type === 'map') return []
  const detail = 'must be map if x-kubernetes-list-map-keys is non-empty'
  return type === undefined ? [required(path.child(listType), detail)] : [invalid(path.child(listType), type, detail)]
}

function validateMap(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const keys = schema[mapKeys] ?? []
  const items: unknown = schema.items
  const itemsPath = path.child('items')
  if (keys.length === 0) {
    errors.push(required(path.child(mapKeys), 'must not be empty if x-kubernetes-list-type is map'))
  }
  if (items === undefined) errors.push(required(itemsPath, 'must have a schema if x-kubernetes-list-type is map'))
  if (!isSchema(items)) return errors
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map"
    errors.push(invalid(itemsPath.child('type'), items.type ?? '', detail))
    return errors
  }
  for (const [at, key] of keys.entries()) {
    const property = items.properties?.[key]
    if (property === undefined) {
      errors.push(invalid(path.child(mapKeys), keys, 'entries must all be names of item properties'))
    } else if (property.type === 'array' || property.type === 'object') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      errors.push(invalid(itemsPath.child('properties').key(key).child('type'), items.type, detail))
    }
    if (keys.indexOf(key) < at) errors.push(invalid(path.child(mapKeys), keys, 'must not contain duplicate entries'))
  }
  return errors
}

/** Items that are told apart are never null, and their keys are always there. */
function validateItems(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const items: unknown = schema.items
  const type = schema[listType]
  if (!isSchema(items) || (type !== 'set' && type !== 'map')) return []
  const itemsPath = path.child('items')
  const errors: FieldError[] = []
  if (items.nullable === true) {
    errors.push(forbidden(itemsPath.child('nullable'), `cannot be nullable when x-kubernetes-list-type is ${type}`))
  }
  if (type === 'set') return errors
  for (const key of schema[mapKeys] ?? []) {
    const property = items.properties?.[key]
    if (property === undefined) continue
    const at = itemsPath.child('properties').key(key)
    if (items.required?.includes(key) !== true && (property.default === undefined || property.default === null)) {
      const detail =
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'
      errors.push(required(at.child('default'), detail))
    }
    if (property.nullable === true) {
      const detail = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'
      errors.push(forbidden(at.child('nullable'), detail))
    }
  }
  return errors
}
