// All fields of a value that is new: what whoever brings it owns. Values of one kind resemble each other, so that the way
// through the members of one is remembered, step by step, with the set it ends in: the next value that has the same members
// in the same order gets that very set, and nothing is made for it.
import { leaf, sorted, type FieldSet, type MutableFieldSet } from './field-set.ts'
import { interned } from './interned-sets.ts'
import { fieldElement, type PathElement } from './path-element.ts'
import {
  granularForm,
  isNothing,
  itemElement,
  itemsByElement,
  type ListShape,
  type MapShape,
  type Shape,
} from './shape.ts'

/** The node of a value: it and everything in it. @throws ListItemError for an item that has no key */
export function presentFields(shape: Shape, value: unknown): FieldSet {
  const form = granularForm(shape, value)
  if (form === undefined || isNothing(value)) return leaf
  return form.form === 'map'
    ? presentMembers(form, value as Readonly<Record<string, unknown>>)
    : presentItems(form, value as readonly unknown[])
}

/** Where one is after some members. */
interface Place {
  /** The step before; undefined at the start. */
  readonly before: Place | undefined
  readonly element: PathElement
  readonly node: FieldSet
  /** An item is like one before it. */
  readonly isRepeated: boolean
  /** By what the next member is called, or the key of the next item. */
  readonly steps: Map<string, Step>
  /** The step that was taken last. */
  usual: Step | undefined
  set: FieldSet | undefined
}

/** To one member. */
interface Step {
  readonly name: string
  readonly element: PathElement
  /** Undefined: the member is nobody's. */
  readonly shape: Shape | undefined
  /** Whatever its value, it is one field. */
  readonly isLeaf: boolean
  /** Where it leads if there are no fields below it. */
  leafPlace: Place | undefined
  /** And otherwise, by those. */
  readonly places: Map<FieldSet, Place>
}

/** Places and steps that are remembered; then all are forgotten, and begin anew. Names that differ in every object make many. */
const maxRemembered = 40_000
let rememberedCount = 0
let starts = new WeakMap<MapShape | ListShape, Place>()

function startOf(form: MapShape | ListShape): Place {
  if (rememberedCount > maxRemembered) {
    starts = new WeakMap()
    rememberedCount = 0
  }
  let start = starts.get(form)
  if (start === undefined) {
    start = newPlace(undefined, '', leaf)
    starts.set(form, start)
  }
  return start
}

function newPlace(before: Place | undefined, element: PathElement, node: FieldSet): Place {
  rememberedCount++
  let isRepeated = before?.isRepeated === true
  for (let at = before; at !== undefined && !isRepeated; at = at.before) isRepeated = at.element === element
  return { before, element, node, isRepeated, steps: new Map(), usual: undefined, set: undefined }
}

function newStep(name: string, element: PathElement, shape: Shape | undefined): Step {
  rememberedCount++
  const isLeaf = shape !== undefined && (shape.form === 'scalar' || shape.atomic)
  return { name, element, shape, isLeaf, leafPlace: undefined, places: new Map() }
}

/** Where a step leads with this value of its member. */
function placeAfter(place: Place, step: Step, shape: Shape, value: unknown): Place {
  const node = step.isLeaf ? leaf : presentFields(shape, value)
  if (node === leaf) return (step.leafPlace ??= newPlace(place, step.element, leaf))
  let next = step.places.get(node)
  if (next === undefined) {
    next = newPlace(place, step.element, node)
    step.places.set(node, next)
  }
  return next
}

/** Ways with more steps, or with longer names on them, are no others' ways: nothing of them is remembered. */
const maxSteps = 200
const maxNameLength = 500

function presentMembers(form: MapShape, members: Readonly<Record<string, unknown>>): FieldSet {
  let place = startOf(form)
  let count = 0
  for (const name in members) {
    const value = members[name]
    if (value === undefined) continue
    if (++count > maxSteps || name.length > maxNameLength) return unusualMembers(form, members)
    let step = place.usual
    if (step === undefined || step.name !== name) {
      step = place.steps.get(name)
      if (step === undefined) {
        const field = form.fields.get(name)
        step = newStep(name, field?.element ?? fieldElement(name), field?.shape ?? form.element)
        place.steps.set(name, step)
      }
      place.usual = step
    }
    if (step.shape !== undefined) place = placeAfter(place, step, step.shape, value)
  }
  return setAt(place)
}

function unusualMembers(form: MapShape, members: Readonly<Record<string, unknown>>): FieldSet {
  const children: MutableFieldSet = { '.': leaf }
  for (const name in members) {
    const field = form.fields.get(name)
    const shape = field?.shape ?? form.element
    if (members[name] === undefined || shape === undefined) continue
    children[field?.element ?? fieldElement(name)] = presentFields(shape, members[name])
  }
  return interned(sorted(children))
}

function presentItems(form: ListShape, items: readonly unknown[]): FieldSet {
  if (items.length > maxSteps) return unlikeItems(form, items)
  const keyName = form.keys.length === 1 ? form.keys[0]!.name : undefined
  let place = startOf(form)
  for (const item of items) {
    // Mostly there is one key, and it is a string, which says as much as the element that is made of it.
    const own = keyName === undefined ? undefined : (item as Readonly<Record<string, unknown>> | null)?.[keyName]
    if (keyName !== undefined && typeof own !== 'string') return unlikeItems(form, items)
    const name = keyName === undefined ? itemElement(form, item) : (own as string)
    if (name.length > maxNameLength) return unlikeItems(form, items)
    let step = place.steps.get(name)
    if (step === undefined) {
      step = newStep(name, itemElement(form, item), form.element)
      place.steps.set(name, step)
    }
    place = placeAfter(place, step, form.element, item)
  }
  return place.isRepeated ? unlikeItems(form, items) : setAt(place)
}

/** Items that cannot be told apart count as one field. */
function unlikeItems(form: ListShape, items: readonly unknown[]): FieldSet {
  const children: MutableFieldSet = { '.': leaf }
  for (const [element, same] of itemsByElement(form, items)) {
    children[element] = same.length > 1 ? leaf : presentFields(form.element, same[0])
  }
  return interned(sorted(children))
}

function setAt(place: Place): FieldSet {
  return (place.set ??= madeAt(place))
}

function madeAt(place: Place): FieldSet {
  if (place.before === undefined) return leaf
  const path: Place[] = []
  for (let at: Place = place; at.before !== undefined; at = at.before) path.push(at)
  const children: MutableFieldSet = { '.': leaf }
  for (const { element, node } of path.reverse()) children[element] = node
  return interned(sorted(children))
}
