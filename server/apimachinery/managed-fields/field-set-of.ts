// The fields a configuration mentions: what its applier owns.
// Source: sigs.k8s.io/structured-merge-diff/v6 typed, TypedValue.ToFieldSet; fieldpath, EnsureNamedFieldsAreMembers
import { asMember, emptySet, isEmpty, leaf, sorted, type FieldSet, type MutableFieldSet } from './field-set.ts'
import { fieldElement } from './path-element.ts'
import { shapeBelow } from './reconcile.ts'
import { deducedMap, isMap, isNothing, itemsByElement, type MapShape, type Shape } from './shape.ts'

export function fieldSetOf(shape: MapShape, object: object): FieldSet {
  return membersOf(shape, object as Record<string, unknown>) ?? emptySet
}

/** Undefined: nothing at or below the value is a field by itself. */
function nodeOf(shape: Shape, value: unknown): FieldSet | undefined {
  if (shape.form === 'scalar' || shape.form === 'list' || shape.form === 'map') {
    if (shape.form === 'scalar' || shape.atomic) return leaf
    if (shape.form === 'map') return isMap(value) ? membersOf(shape, value) : undefined
    if (!Array.isArray(value)) return undefined
    const items: MutableFieldSet = {}
    for (const [element, same] of itemsByElement(shape, value)) {
      items[element] = same.length > 1 ? leaf : asMember(nodeOf(shape.element, same[0]))
    }
    return isEmpty(items) ? undefined : sorted(items)
  }
  return !shape.atomic && isMap(value) ? membersOf(deducedMap, value) : leaf
}

function membersOf(
  { fields, element, unowned }: MapShape,
  value: Readonly<Record<string, unknown>>,
): FieldSet | undefined {
  const members: MutableFieldSet = {}
  for (const name in value) {
    const member = value[name]
    const field = fields.get(name)
    const shape = field?.shape ?? element
    if (member === undefined || shape === undefined || unowned?.has(name) === true) continue
    let node = nodeOf(shape, member)
    // A struct is not owned for its own sake, but an empty one is, and a member of a map.
    if (field === undefined || member === null || (isMap(member) && isNothing(member))) node = asMember(node)
    if (node !== undefined) members[field?.element ?? fieldElement(name)] = node
  }
  return isEmpty(members) ? undefined : sorted(members)
}

/** With the fields of structs as fields of the set, wherever it holds something below them. */
export function withNamedFields(shape: Shape | undefined, set: FieldSet): FieldSet {
  const result: MutableFieldSet = {}
  for (const element in set) {
    const own = set[element]!
    if (element === '.' || isEmpty(own)) {
      result[element] = own
      continue
    }
    const node = withNamedFields(shape && shapeBelow(shape, element), own)
    const isNamed = shape?.form === 'map' && element.startsWith('f:') && shape.fields.has(element.slice(2))
    result[element] = isNamed ? asMember(node) : node
  }
  return result
}
