// What an update adds, changes and removes, as sets of fields.
// Source: sigs.k8s.io/structured-merge-diff/v6 typed, TypedValue.Compare
import { deepEqual } from '../equality.ts'
import { asMember, emptySet, leaf, sorted, type FieldSet, type MutableFieldSet } from './field-set.ts'
import { fieldElement, type PathElement } from './path-element.ts'
import { deducedMap, itemElement, type ListShape, type MapShape, type Shape } from './shape.ts'

export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

/** The three sets below one place, while they are collected. */
interface Changes {
  added: MutableFieldSet | undefined
  modified: MutableFieldSet | undefined
  removed: MutableFieldSet | undefined
}

type Side = 'added' | 'removed'
type Members = Readonly<Record<string, unknown>>

/**
 * Both objects are of the version of `shape`.
 * @throws ListItemError for an item that has no key, in a list that is not the same in both
 */
export function compare(shape: MapShape, old: object, next: object): Comparison {
  const changes = none()
  compareMaps(shape, old as Members, next as Members, changes)
  return { added: setOfAll(changes.added), modified: setOfAll(changes.modified), removed: setOfAll(changes.removed) }
}

const none = (): Changes => ({ added: undefined, modified: undefined, removed: undefined })
const setOfAll = (children: MutableFieldSet | undefined): FieldSet =>
  children === undefined ? emptySet : sorted(children)

/** Absent is undefined; null is there, and holds nothing. */
function compareValues(shape: Shape, old: unknown, next: unknown, element: PathElement, into: Changes): void {
  if (old === next) return
  if (old === undefined) {
    put(into, 'added', element, allOf(shape, next))
    return
  }
  if (next === undefined) {
    put(into, 'removed', element, allOf(shape, old))
    return
  }
  const left = granularForm(shape, old)
  const right = granularForm(shape, next)
  const form = left ?? right
  if (form === undefined || (isNothing(old) && isNothing(next))) {
    if (!deepEqual(old, next)) put(into, 'modified', element, leaf)
    return
  }
  const below = none()
  if ((left ?? form) !== (right ?? form) || isLeaf(left, old) || isLeaf(right, next)) {
    // One side is a map, the other a scalar or a list that is owned as a whole: what the map holds comes or goes.
    if (left !== undefined) compareForms(left, old, undefined, below)
    if (right !== undefined) compareForms(right, undefined, next, below)
    put(into, 'modified', element, leaf)
  } else compareForms(form, old, next, below)
  settle(below, element, into)
}

/** Neither a map nor a list that is owned in parts, nor null, which fits either. */
function isLeaf(form: MapShape | ListShape | undefined, value: unknown): boolean {
  return form === undefined && value !== null
}

/** How the value is owned in parts; undefined where it is owned as a whole. */
function granularForm(shape: Shape, value: unknown): MapShape | ListShape | undefined {
  if (shape.form === 'any') return !shape.atomic && isMap(value) ? deducedMap : undefined
  if (shape.form === 'scalar' || shape.atomic) return undefined
  return (shape.form === 'map' ? isMap(value) : Array.isArray(value)) ? shape : undefined
}

function compareForms(form: MapShape | ListShape, old: unknown, next: unknown, into: Changes): void {
  if (form.form === 'map') compareMaps(form, (old ?? {}) as Members, (next ?? {}) as Members, into)
  else compareLists(form, (old ?? []) as unknown[], (next ?? []) as unknown[], into)
}

function compareMaps({ fields, element, unowned }: MapShape, old: Members, next: Members, into: Changes): void {
  for (const name in next) {
    const value = next[name]
    if (value === undefined || old[name] === value) continue
    const field = fields.get(name)
    if (field !== undefined) compareValues(field.shape, old[name], value, field.element, into)
    else if (element !== undefined && unowned?.has(name) !== true)
      compareValues(element, old[name], value, fieldElement(name), into)
  }
  for (const name in old) {
    if (next[name] !== undefined || old[name] === undefined) continue
    const field = fields.get(name)
    if (field !== undefined) compareValues(field.shape, old[name], undefined, field.element, into)
    else if (element !== undefined && unowned?.has(name) !== true)
      compareValues(element, old[name], undefined, fieldElement(name), into)
  }
}

function compareLists(shape: ListShape, old: readonly unknown[], next: readonly unknown[], into: Changes): void {
  if (deepEqual(old, next)) return
  const left = itemsByElement(shape, old)
  const right = itemsByElement(shape, next)
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    const before = left.get(element) ?? []
    const after = right.get(element) ?? []
    if (before.length <= 1 && after.length <= 1) compareValues(shape.element, before[0], after[0], element, into)
    // Items that cannot be told apart count as one field.
    else if (before.length >= 2 && after.length >= 2) {
      if (!deepEqual(before, after)) put(into, 'modified', element, leaf)
    } else if (before.length >= 2) {
      if (after.length > 0) compareValues(shape.element, undefined, after[0], element, into)
      put(into, 'removed', element, leaf)
    } else {
      if (before.length > 0) compareValues(shape.element, before[0], undefined, element, into)
      put(into, 'added', element, leaf)
    }
  }
}

/** @throws ListItemError for an item that has no key */
export function itemsByElement(shape: ListShape, items: readonly unknown[]): Map<PathElement, unknown[]> {
  const found = new Map<PathElement, unknown[]>()
  for (const item of items) {
    const element = itemElement(shape, item)
    const same = found.get(element)
    if (same === undefined) found.set(element, [item])
    else same.push(item)
  }
  return found
}

/** The node of a value that is there on one side only: it and everything in it. */
function allOf(shape: Shape, value: unknown): FieldSet {
  const form = granularForm(shape, value)
  if (form === undefined || isNothing(value)) return leaf
  const children: MutableFieldSet = { '.': leaf }
  if (form.form === 'map') {
    const members = value as Members
    for (const name in members) {
      if (members[name] === undefined) continue
      const field = form.fields.get(name)
      if (field !== undefined) children[field.element] = allOf(field.shape, members[name])
      else if (form.element !== undefined) children[fieldElement(name)] = allOf(form.element, members[name])
    }
  } else {
    for (const [element, same] of itemsByElement(form, value as unknown[])) {
      children[element] = same.length > 1 ? leaf : allOf(form.element, same[0])
    }
  }
  return Object.keys(children).length === 1 ? leaf : sorted(children)
}

function put(into: Changes, side: Side | 'modified', element: PathElement, node: FieldSet): void {
  const children = (into[side] ??= {})
  const own = children[element]
  children[element] = own === undefined ? node : node === leaf ? asMember(own) : node
}

function settle(below: Changes, element: PathElement, into: Changes): void {
  if (below.added !== undefined) merge(into, 'added', element, below.added)
  if (below.modified !== undefined) merge(into, 'modified', element, below.modified)
  if (below.removed !== undefined) merge(into, 'removed', element, below.removed)
}

function merge(into: Changes, side: Side | 'modified', element: PathElement, children: MutableFieldSet): void {
  const node = sorted(children)
  const own = into[side]?.[element]
  put(into, side, element, own === undefined ? node : asMember(node))
}

export function isMap(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Null, or a list or map without members. */
export function isNothing(value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object') return false
  for (const _ in value) return false
  return true
}
