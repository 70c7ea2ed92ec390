// Sets that were made under another schema: what has become one whole is owned as a whole.
// Source: sigs.k8s.io/structured-merge-diff/v6 typed, ReconcileFieldSetWithSchema
import { isEmpty, leaf, sorted, type FieldSet, type MutableFieldSet } from './field-set.ts'
import type { Managers } from './managers.ts'
import { deducedMap, ownedShapeOf, type MapShape, type Shape } from './shape.ts'
import type { ManagedType } from './versions.ts'

/** Sets that fit their shape. */
const fitting = new WeakMap<MapShape, WeakSet<FieldSet>>()

/** The owners, with sets that fit the schemas of today. A version that is gone is left to the caller. */
export function reconciled(type: ManagedType, managers: Managers): Managers {
  const result: Managers = new Map()
  for (const [id, manager] of managers) {
    const { schema } = manager.apiVersion === type.apiVersion ? type : (type.other(manager.apiVersion) ?? {})
    const set = schema === undefined ? manager.set : fit(ownedShapeOf(schema), manager.set)
    result.set(id, set === manager.set ? manager : { ...manager, set })
  }
  return result
}

/** For sets made of such that fit. */
export function rememberFitting({ apiVersion, schema }: ManagedType, managers: Managers): void {
  const known = fittingOf(ownedShapeOf(schema))
  for (const manager of managers.values()) if (manager.apiVersion === apiVersion) known.add(manager.set)
}

function fittingOf(shape: MapShape): WeakSet<FieldSet> {
  let known = fitting.get(shape)
  if (known === undefined) {
    known = new WeakSet()
    fitting.set(shape, known)
  }
  return known
}

function fit(shape: MapShape, set: FieldSet): FieldSet {
  const known = fittingOf(shape)
  if (known.has(set)) return set
  const result = fitChildren(shape, set)
  known.add(result)
  return result
}

function fitNode(shape: Shape | undefined, node: FieldSet): FieldSet {
  if (isEmpty(node) || shape === undefined || shape.form === 'scalar' || shape.form === 'any') return node
  return shape.atomic ? leaf : fitChildren(shape, node)
}

function fitChildren(shape: Shape, node: FieldSet): FieldSet {
  let changed: MutableFieldSet | undefined
  for (const element in node) {
    if (element === '.') continue
    const own = node[element]!
    const next = fitNode(shapeBelow(shape, element), own)
    if (next !== own) (changed ??= { ...node })[element] = next
  }
  return changed === undefined ? node : sorted(changed)
}

/** What is at a step; undefined where the schema knows nothing of it. */
export function shapeBelow(shape: Shape, element: string): Shape | undefined {
  if (shape.form === 'list') return element.startsWith('f:') ? undefined : shape.element
  if (shape.form === 'any') return shape.atomic ? undefined : shapeBelow(deducedMap, element)
  if (shape.form === 'scalar' || !element.startsWith('f:')) return undefined
  return shape.fields.get(element.slice(2))?.shape ?? shape.element
}
