// Lists of type set or map hold nothing twice.
// Source: apiextensions-apiserver/pkg/apiserver/schema/listtype, ValidateListSetsAndMaps (v1.36)
import { duplicate, type FieldError, FieldPath, invalid, sortKeys } from '../apimachinery/field.ts'
import type { Structural } from './structural.ts'

type Members = Readonly<Record<string, unknown>>

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function validateListTypes(value: unknown, schema: Structural, path = new FieldPath('')): FieldError[] {
  if (Array.isArray(value)) return validateList(value as unknown[], schema, path)
  if (!isMembers(value)) return []
  return Object.keys(value)
    .sort()
    .flatMap((name) => {
      const property = schema.properties.get(name)
      if (property !== undefined) return validateListTypes(value[name], property, path.child(name))
      return typeof schema.additional === 'object'
        ? validateListTypes(value[name], schema.additional, path.key(name))
        : []
    })
}

function validateList(items: readonly unknown[], schema: Structural, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (schema.listType === 'set') {
    for (const at of repeated(items)) errors.push(duplicate(path.index(at), items[at]))
  } else if (schema.listType === 'map') errors.push(...validateKeys(items, schema.listKeys, path))
  const { items: element } = schema
  if (element !== undefined) {
    errors.push(...items.flatMap((item, at) => validateListTypes(item, element, path.index(at))))
  }
  return errors
}

function validateKeys(items: readonly unknown[], names: readonly string[], path: FieldPath): FieldError[] {
  const odd = items.findIndex((item) => item !== null && !isMembers(item))
  if (odd >= 0) return [invalid(path.index(odd), items[odd], 'must be an object for an array of list-type map')]
  const keys = items.map((item) =>
    Object.fromEntries(
      names.flatMap((name) => (isMembers(item) && Object.hasOwn(item, name) ? [[name, item[name]]] : [])),
    ),
  )
  return repeated(keys).map((at) => duplicate(path.index(at), keys[at]))
}

/** Where values stand the second time; what is there a third time is not told again. */
function repeated(values: readonly unknown[]): number[] {
  const times = new Map<string, number>()
  return values.flatMap((value, at) => {
    const text = JSON.stringify(sortKeys(value))
    const before = times.get(text) ?? 0
    times.set(text, before + 1)
    return before === 1 ? [at] : []
  })
}
