// What an update adds, changes and removes, as sets of fields.
// Source: sigs.k8s.io/structured-merge-diff/v6 typed, TypedValue.Compare
import { deepEqual } from '../equality.ts'
import { asMember, emptySet, leaf, sorted, type FieldSet, type MutableFieldSet } from './field-set.ts'
import { fieldElement, type PathElement } from './path-element.ts'
import { presentFields } from './present-fields.ts'
import { granularForm, isNothing, itemsByElement, type ListShape, type MapShape, type Shape } from './shape.ts'

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
    put(into, 'added', element, presentFields(shape, next))
    return
  }
  if (next === undefined) {
    put(into, 'removed', element, presentFields(shape, old))
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
