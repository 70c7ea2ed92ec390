// Strategic merge patch: a merge patch that knows from the type which lists are merged, and by which key.
// Directives: `$patch: replace|delete`, `$deleteFromPrimitiveList/<field>`, `$setElementOrder/<field>`, `$retainKeys`.
// Source: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch, StrategicMergeMapPatch (v1.36)
//
// A merged list has the patch's elements in the patch's order, and among them the others in the order they had, each
// before the first element it used to stand before. Examples, by merge key:
//   there: a b c     patch: b d     merged: a b d c
//   there: a b       patch: c       merged: c a b
//   there: a b       patch: c, without b, in the order c       merged: a c
import type { Schema, StructSchema } from '../../../openapi/schema.ts'
import { newBadRequest } from '../errors.ts'
import { goPrint, jsonTypeOf, newBrokenPatch, newUnprocessablePatch } from './errors.ts'
import { mergeInOrder } from './list-order.ts'
import { isObject, type JsonObject } from './merge-patch.ts'

export const directive = '$patch'
const deleteFromPrefix = '$deleteFromPrimitiveList'
export const setOrderPrefix = '$setElementOrder'
export const retainKeys = '$retainKeys'

/** @throws StatusError 400 for anything but an object (or null, which changes nothing) */
export function parseStrategicMergePatch(patch: unknown): JsonObject {
  if (patch === null) return {}
  if (isObject(patch)) return patch
  throw newBadRequest(`json: cannot unmarshal ${jsonTypeOf(patch)} into Go value of type map[string]interface {}`)
}

/**
 * The patched object; unchanged parts are shared with `original` and `patch`, which may be frozen.
 * @param schema the type of the object
 * @throws StatusError 400, 422 or 500, as upstream has it, for a patch that does not fit the type
 */
export function applyStrategicMergePatch(original: JsonObject, patch: JsonObject, schema: StructSchema): JsonObject {
  return mergeObject(original, patch, schema)
}

function mergeObject(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  if (Object.hasOwn(patch, directive)) return applyDirective(patch)
  const result: Record<string, unknown> = { ...original }
  applyRetainKeys(result, patch)
  const done = applyOrders(result, patch, schema)
  for (const [name, value] of Object.entries(patch)) {
    if (name === retainKeys || name.startsWith(setOrderPrefix) || done.has(name)) continue
    const isDeletion = name.startsWith(deleteFromPrefix)
    const key = isDeletion ? fieldOf(name, deleteFromPrefix, 'invalid patch format of primitive list') : name
    if (value === null) {
      delete result[key]
      continue
    }
    const current = Object.hasOwn(result, key) ? result[key] : undefined
    if (kindOf(current) !== kindOf(value)) {
      if (!isDeletion) setCleaned(result, key, withoutNulls(value))
    } else if (isObject(current) && isObject(value)) {
      const { schema: type, strategy } = lookup(schema, key)
      result[key] = strategy === 'replace' ? value : mergeObject(current, value, type)
    } else if (Array.isArray(current) && Array.isArray(value)) {
      result[key] = mergeField(current, value, lookupList(schema, key), isDeletion)
    } else {
      setCleaned(result, key, value)
    }
  }
  return result
}

function applyDirective(patch: JsonObject): JsonObject {
  if (patch[directive] === 'delete') return {}
  if (patch[directive] !== 'replace') throw unknownDirective(patch)
  const { [directive]: _, ...rest } = patch
  return rest
}

function unknownDirective(patch: JsonObject) {
  return newBrokenPatch(`unknown patch type: ${goPrint(patch[directive])} in map: ${goPrint(patch)}`)
}

/** Removes what a union's other members left behind: everything that the directive does not name. */
function applyRetainKeys(result: Record<string, unknown>, patch: JsonObject): void {
  const retained = patch[retainKeys]
  if (retained === undefined) return
  const malformed = () => newBadRequest('invalid patch format of retainKeys')
  if (!Array.isArray(retained)) throw malformed()
  for (const [key, value] of Object.entries(patch)) {
    if (key === retainKeys || value === null || key.startsWith(deleteFromPrefix) || key.startsWith(setOrderPrefix))
      continue
    if (!retained.includes(key)) throw malformed()
  }
  for (const key of Object.keys(result)) if (!retained.includes(key)) delete result[key]
}

/** Merges the lists whose order the patch sets. Returns the names of the fields that are done with. */
function applyOrders(result: Record<string, unknown>, patch: JsonObject, schema: Schema): ReadonlySet<string> {
  const done = new Set<string>()
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(setOrderPrefix)) continue
    if (!Array.isArray(order)) throw badArgument('[]interface {}', order)
    const key = fieldOf(name, setOrderPrefix, 'invalid patch format of setElementOrder list')
    const current = Object.hasOwn(result, key) ? result[key] : undefined
    const change = Object.hasOwn(patch, key) ? patch[key] : undefined
    if (current !== undefined && !Array.isArray(current)) throw badArgument('[]interface {}', current)
    if (change !== undefined && !Array.isArray(change)) throw badArgument('[]interface {}', change)
    const field = lookupList(schema, key)
    if (change !== undefined) checkOrder(change, order, field.mergeKey)
    const merged =
      current === undefined
        ? change?.flatMap((element) => withoutDirectives(element) ?? [])
        : change === undefined
          ? current
          : mergeField(current, change, field, false)
    if (merged === undefined) continue
    const kind = elementKind(current ?? [], change ?? [])
    const readKey = keyReader(field.mergeKey, kind)
    result[key] = mergeInOrder(merged, order, orderThereWas(current ?? [], change ?? [], field.mergeKey), readKey)
    done.add(key)
  }
  return done
}

/**
 * The order that elements are put in which the patch does not order. Upstream deletes elements in place and adds behind
 * what is left: as many of the new ones as were deleted seem to have been there.
 */
function orderThereWas(current: readonly unknown[], change: readonly unknown[], mergeKey: string): readonly unknown[] {
  const says = (what: string) => change.some((element) => isObject(element) && element[directive] === what)
  if (!says('delete') || says('replace')) return current
  const { kept, changed } = applyElementDirectives(current, change, mergeKey)
  const there = new Set(kept.map((element) => requiredKey(element, mergeKey)))
  const added = changed.filter((element) => !there.has(requiredKey(element, mergeKey)))
  return [...kept, ...added.slice(0, current.length - kept.length)]
}

/** The patch's elements must stand in the order that the patch sets. */
function checkOrder(change: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (change.length === 0 || order.length === 0) return
  const kept = change.filter((element) => !(isObject(element) && Object.hasOwn(element, directive)))
  const read = (element: unknown) => (mergeKey === '' ? element : requiredKey(element, mergeKey))
  let at = 0
  for (const element of order) if (at < kept.length && read(kept[at]) === read(element)) at++
  if (at === kept.length) return
  throw newBrokenPatch(
    `The order in patch list:\n${goPrint(change)}\n doesn't match ${setOrderPrefix} list:\n${goPrint(order)}\n`,
  )
}

// --- lists ---------------------------------------------------------------------------------------------------

export interface ListField {
  readonly element: Schema
  readonly strategy: string
  /** Empty for lists of scalars. */
  readonly mergeKey: string
}

function mergeField(
  current: readonly unknown[],
  change: readonly unknown[],
  field: ListField,
  isDeletion: boolean,
): readonly unknown[] {
  if (field.strategy !== 'merge' && !isDeletion) return change
  if (current.length === 0 && change.length === 0) return current
  const kind = elementKind(current, change)
  if (kind !== 'object') {
    if (isDeletion) return current.filter((element) => !change.includes(element))
    return mergeInOrder([...new Set([...current, ...change])], change, current, keyReader('', kind))
  }
  const { mergeKey } = field
  if (mergeKey === '') throw newBrokenPatch(`cannot merge lists without merge key for ${kindName(field.element)}`)
  const { kept, changed } = applyElementDirectives(current, change, mergeKey)
  const merged: unknown[] = [...kept]
  for (const element of changed) {
    const key = requiredKey(element, mergeKey)
    const at = merged.findIndex((one) => isObject(one) && one[mergeKey] === key)
    if (at < 0) merged.push(element)
    else merged[at] = mergeObject(merged[at] as JsonObject, element as JsonObject, field.element)
  }
  for (const element of merged) requiredKey(element, mergeKey)
  return mergeInOrder(merged, changed, kept, keyReader(mergeKey, kind))
}

/** `$patch: delete` removes an element; one `$patch: replace` anywhere makes the patch the whole list. */
function applyElementDirectives(current: readonly unknown[], change: readonly unknown[], mergeKey: string) {
  let kept = current
  let replace = false
  const changed: unknown[] = []
  for (const element of change as readonly JsonObject[]) {
    if (!Object.hasOwn(element, directive)) changed.push(element)
    else if (element[directive] === 'replace') replace = true
    else if (element[directive] === 'delete') {
      const key = requiredKey(element, mergeKey)
      kept = kept.filter((one) => !(isObject(one) && one[mergeKey] === key))
    } else if (element[directive] === 'merge')
      throw newBrokenPatch('merging lists cannot yet be specified in the patch')
    else throw unknownDirective(element)
  }
  return replace ? { kept: changed, changed: [] } : { kept, changed }
}

function keyReader(mergeKey: string, kind: string): (element: unknown) => unknown {
  return kind === 'object' ? (element) => requiredKey(element, mergeKey) : (element) => element
}

function requiredKey(element: unknown, mergeKey: string): unknown {
  if (!isObject(element)) throw badArgument('map[string]interface {}', element)
  if (Object.hasOwn(element, mergeKey)) return element[mergeKey]
  throw newBrokenPatch(`map: ${goPrint(element)} does not contain declared merge key: ${mergeKey}`)
}

/** The kind that all elements have in common. */
function elementKind(...lists: readonly (readonly unknown[])[]): string {
  let kind: string | undefined
  for (const list of lists) {
    for (const element of list) {
      const one = kindOf(element)
      if (kind === undefined && one === 'list') throw newUnprocessablePatch('lists of lists are not supported')
      if (kind !== undefined && kind !== one)
        throw newBrokenPatch(`list element types are not identical: ${goPrint(lists)}`)
      kind = one
    }
  }
  if (kind === undefined) throw newBrokenPatch('no elements in any of the given slices')
  return kind
}

// --- types ---------------------------------------------------------------------------------------------------

export function lookup(schema: Schema, key: string): { schema: Schema; strategy: string; mergeKey: string } {
  if (schema.form === 'any' && schema.name !== undefined) throw unknownField(schema.name, key)
  if (schema.form !== 'struct') {
    throw newBrokenPatch(`merging an object in json but data type is not struct, instead is: ${kindName(schema)}`)
  }
  const field = schema.fields.get(key)
  if (field === undefined) throw unknownField(schema.go, key)
  const strategy = field.patchStrategy.find((one) => one !== 'retainKeys') ?? ''
  return { schema: field.schema, strategy, mergeKey: field.patchMergeKey ?? '' }
}

/** @param type with its package before it, as in Go or OpenAPI */
function unknownField(type: string, key: string) {
  const name = type.slice(type.lastIndexOf('.') + 1)
  return newBrokenPatch(`unable to find api field in struct ${name} for the json field ${JSON.stringify(key)}`)
}

export function lookupList(schema: Schema, key: string): ListField {
  const { schema: type, strategy, mergeKey } = lookup(schema, key)
  if (type.form !== 'list') throw newBrokenPatch(`expected slice or array type, but got: ${kindName(schema)}`)
  if (type.element.form === 'list') throw newBrokenPatch('unexpected slice of slice')
  return { element: type.element, strategy, mergeKey }
}

/** The kind of a type in Go's words. */
function kindName(schema: Schema): string {
  if (schema.form === 'list') return 'slice'
  if (schema.form !== 'scalar') return schema.form === 'map' ? 'map' : 'struct'
  return schema.scalar === 'boolean' ? 'bool' : schema.scalar
}

export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  return value === null ? 'null' : typeof value
}

function badArgument(expected: string, actual: unknown) {
  const names: Readonly<Record<string, string>> = {
    list: '[]interface {}',
    object: 'map[string]interface {}',
    null: '%!s(<nil>)',
    boolean: 'bool',
    number: Number.isInteger(actual) ? 'int64' : 'float64',
  }
  return newBrokenPatch(`expected a ${expected}, but received a ${names[kindOf(actual)] ?? kindOf(actual)}`)
}

function fieldOf(name: string, prefix: string, problem: string): string {
  if (!name.startsWith(`${prefix}/`)) throw newBadRequest(problem)
  return name.slice(prefix.length + 1)
}

// --- what a patch puts where nothing was ---------------------------------------------------------------------

function setCleaned(result: Record<string, unknown>, key: string, value: unknown): void {
  const cleaned = withoutDirectives(value)
  if (cleaned === undefined) delete result[key]
  else result[key] = cleaned
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => (member === null ? [] : [[key, withoutNulls(member)]])),
  )
}

/** Undefined for an object that is a directive itself: there is nothing it could apply to. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value))
    return value.flatMap((element) => {
      const cleaned = withoutDirectives(element)
      return cleaned === undefined ? [] : [cleaned]
    })
  if (!isObject(value)) return value
  if (Object.hasOwn(value, directive)) return undefined
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => {
      const cleaned = withoutDirectives(member)
      return cleaned === undefined ? [] : [[key, cleaned]]
    }),
  )
}
