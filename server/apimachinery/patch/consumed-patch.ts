// What is left of a strategic merge patch once it is applied: upstream takes directives, ordered lists and nulls out of the
// patch as it goes, and error texts show what is left.
// Source: apimachinery/pkg/util/strategicpatch, mergeMap, applyRetainKeysDirective, mergePatchIntoOriginal (v1.36)
import type { Schema } from '../../../openapi/schema.ts'
import { copy } from '../equality.ts'
import { isObject, type JsonObject } from './merge-patch.ts'
import { directive, kindOf, lookup, lookupList, retainKeys, setOrderPrefix } from './strategic-merge-patch.ts'
import type { ListField } from './strategic-merge-patch.ts'

type Members = Record<string, unknown>

/**
 * A copy of `patch`, without what applying it to `original` takes out.
 * @param patch one that can be applied
 */
export function consumedPatch(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  const left = copy(patch) as Members
  consume(original, left, schema)
  return left
}

function consume(original: JsonObject, patch: Members, schema: Schema): void {
  if (Object.hasOwn(patch, directive)) {
    if (patch[directive] === 'replace') delete patch[directive]
    return
  }
  const live = retained(original, patch)
  delete patch[retainKeys]
  consumeOrders(live, patch, schema)
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$') || value === null) continue
    const current = Object.hasOwn(live, name) ? live[name] : undefined
    if (kindOf(current) !== kindOf(value)) {
      dropNulls(value)
      dropDirectives(value)
    } else if (isObject(current) && isObject(value)) {
      const { schema: type, strategy } = lookup(schema, name)
      if (strategy !== 'replace') consume(current, value, type)
    } else if (Array.isArray(current) && Array.isArray(value)) {
      const field = lookupList(schema, name)
      if (field.strategy === 'merge') consumeList(current, value, field)
    }
  }
}

function retained(original: JsonObject, patch: Members): JsonObject {
  const keys = patch[retainKeys]
  if (!Array.isArray(keys)) return original
  return Object.fromEntries(Object.entries(original).filter(([name]) => keys.includes(name)))
}

function consumeOrders(live: JsonObject, patch: Members, schema: Schema): void {
  for (const name of Object.keys(patch)) {
    if (!name.startsWith(setOrderPrefix)) continue
    delete patch[name]
    const key = name.slice(setOrderPrefix.length + 1)
    const change = patch[key]
    const current = live[key]
    if (Array.isArray(current) && Array.isArray(change)) consumeList(current, change, lookupList(schema, key))
    delete patch[key]
  }
}

function consumeList(current: readonly unknown[], change: readonly unknown[], { element, mergeKey }: ListField): void {
  const items = change.filter(isObject)
  if (items.some((item) => item[directive] === 'replace')) return
  const deleted = new Set(items.filter((item) => item[directive] === 'delete').map((item) => item[mergeKey]))
  for (const item of items) {
    if (Object.hasOwn(item, directive)) continue
    const key = item[mergeKey]
    const same = deleted.has(key) ? undefined : current.find((one) => isObject(one) && one[mergeKey] === key)
    if (isObject(same)) consume(same, item, element)
  }
}

/** In objects, however deep; null elements of lists stay. */
function dropNulls(value: unknown): void {
  if (Array.isArray(value)) value.forEach(dropNulls)
  else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (member === null) delete (value as Members)[name]
      else dropNulls(member)
    }
  }
}

/** Objects that are directives go from the objects and lists that they are in. */
function dropDirectives(value: unknown): void {
  if (Array.isArray(value)) value.forEach(dropDirectives)
  if (!isObject(value) || Object.hasOwn(value, directive)) return
  for (const [name, member] of Object.entries(value)) {
    dropDirectives(member)
    if (isDirective(member)) delete (value as Members)[name]
    else if (Array.isArray(member)) (value as Members)[name] = member.filter((item) => !isDirective(item))
  }
}

function isDirective(value: unknown): boolean {
  return isObject(value) && Object.hasOwn(value, directive)
}
