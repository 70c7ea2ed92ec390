// The strategic merge patch that makes one object of another, as kubectl would send it: the inverse of applying one.
// Source: apimachinery/pkg/util/strategicpatch, CreateTwoWayMergeMapPatch (v1.36)
import type { Field, Schema } from '../../../openapi/schema.ts'
import { deepEqual } from '../equality.ts'

type Members = Readonly<Record<string, unknown>>

/** Neither object may have null members. */
export function strategicMergePatchOf(schema: Schema, before: Members, after: Members): Members {
  const patch: Record<string, unknown> = {}
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = before[name]
    const next = after[name]
    if (deepEqual(old, next)) continue
    if (next === undefined) patch[name] = null
    else if (isMap(old) && isMap(next)) patchMap(patch, name, schema, old, next)
    else if (Array.isArray(old) && Array.isArray(next)) patchList(patch, fieldOf(schema, name)!, old, next)
    else patch[name] = next
  }
  return patch
}

function patchMap(patch: Record<string, unknown>, name: string, schema: Schema, old: Members, next: Members): void {
  const field = fieldOf(schema, name)
  const type = field?.schema ?? (schema as { element: Schema }).element
  const strategies = field?.patchStrategy ?? []
  if (strategies.includes('replace')) patch[name] = next
  // Below a map there are no types that would say how to merge.
  else if (type.form === 'map' && type.element.form !== 'scalar') patch[name] = { $patch: 'replace', ...next }
  else {
    const change = strategicMergePatchOf(type, old, next)
    patch[name] = strategies.includes('retainKeys') ? retaining(Object.keys(next), change) : change
  }
}

/** What is not among the keys goes without being named. */
function retaining(keys: readonly string[], change: Members): Members {
  const others = Object.entries(change).filter(([, value]) => value !== null)
  return { $retainKeys: keys, ...Object.fromEntries(others) }
}

function patchList(
  patch: Record<string, unknown>,
  field: Field,
  old: readonly unknown[],
  next: readonly unknown[],
): void {
  const { name, schema, patchMergeKey: key } = field
  if (!field.patchStrategy.includes('merge')) patch[name] = next
  else if (key === undefined) {
    const removed = old.filter((item) => !next.includes(item))
    const added = next.filter((item) => !old.includes(item))
    if (removed.length > 0) patch[`$deleteFromPrimitiveList/${name}`] = removed
    if (added.length > 0) patch[name] = added
    patch[`$setElementOrder/${name}`] = next
  } else {
    const element = (schema as { element: Schema }).element
    const ids = (items: readonly unknown[]): unknown[] => items.map((item) => (item as Members)[key])
    const changes = (next as readonly Members[]).flatMap((item) => {
      const same = (old as readonly Members[]).find((one) => one[key] === item[key])
      if (same === undefined) return [item]
      const change = strategicMergePatchOf(element, same, item)
      if (Object.keys(change).length === 0) return []
      const whole = field.patchStrategy.includes('retainKeys') ? retaining(Object.keys(item), change) : change
      return [{ ...whole, [key]: item[key] }]
    })
    const removed = ids(old).filter((id) => !ids(next).includes(id))
    const all = [...changes, ...removed.map((id) => ({ [key]: id, $patch: 'delete' }))]
    if (all.length > 0) patch[name] = all
    patch[`$setElementOrder/${name}`] = ids(next).map((id) => ({ [key]: id }))
  }
}

function fieldOf(schema: Schema, name: string): Field | undefined {
  return schema.form === 'struct' ? schema.fields.get(name) : undefined
}

function isMap(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
