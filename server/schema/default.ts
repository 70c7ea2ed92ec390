// Defaults of a structural schema.
// Source: apiextensions-apiserver/pkg/apiserver/schema/defaulting, Default and PruneNonNullableNullsWithoutDefaults (v1.36)
import { copy } from '../apimachinery/equality.ts'
import type { Structural } from './structural.ts'

/** Drops nulls where null is no value and there is no default for it, then sets defaults, all in place. */
export function applyDefaults(value: unknown, schema: Structural): void {
  dropNulls(value, schema, true)
  if (schema.hasDefaults) setDefaults(value, schema)
}

const isUnwantedNull = (value: unknown, schema: Structural | undefined): boolean =>
  value === null && schema !== undefined && !schema.nullable

function setDefaults(value: unknown, schema: Structural): void {
  if (typeof value !== 'object' || value === null || !schema.hasDefaults) return
  if (Array.isArray(value)) {
    const { items } = schema
    if (items === undefined) return
    for (const [at, item] of value.entries()) {
      if (isUnwantedNull(item, items)) value[at] = copyOf(items.default)
      setDefaults(value[at], items)
    }
    return
  }
  const members = value as Record<string, unknown>
  for (const [name, property] of schema.properties) {
    if (property.default === undefined || property.default === null) continue
    if (!Object.hasOwn(members, name) || isUnwantedNull(members[name], property))
      members[name] = copyOf(property.default)
  }
  for (const name of Object.keys(members)) {
    const property = schema.properties.get(name)
    if (property !== undefined) setDefaults(members[name], property)
    else if (typeof schema.additional === 'object') {
      if (isUnwantedNull(members[name], schema.additional)) members[name] = copyOf(schema.additional.default)
      setDefaults(members[name], schema.additional)
    }
  }
}

const copyOf = (value: unknown): unknown => (value === undefined ? null : copy(value))

function dropNulls(value: unknown, schema: Structural | undefined, isRoot = false): void {
  if (typeof value !== 'object' || value === null || schema === undefined) return
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(item, schema.items)
    return
  }
  const members = value as Record<string, unknown>
  for (const name of Object.keys(members)) {
    if (isRoot && name === 'metadata') continue
    const own = schema.properties.get(name) ?? (typeof schema.additional === 'object' ? schema.additional : undefined)
    if (isUnwantedNull(members[name], own) && (own!.default === undefined || own!.default === null))
      delete members[name]
    else dropNulls(members[name], own)
  }
}
