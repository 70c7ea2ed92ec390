// A live object with an applied configuration laid over it, and an object without some of its fields.
// Source: sigs.k8s.io/structured-merge-diff/v6 typed, TypedValue.Merge, TypedValue.RemoveItems
import { isEmpty, isMember, type FieldSet } from './field-set.ts'
import { fieldElement, type PathElement } from './path-element.ts'
import { deducedMap, isMap, isNothing, itemElement, type ListShape, type MapShape, type Shape } from './shape.ts'

type Members = Readonly<Record<string, unknown>>

/** Shares with both what it does not change. Takes nothing away from `live`. */
export function merged(shape: MapShape, live: object, config: object): object {
  return mergeMaps(shape, live as Members, config as Members)
}

/** Undefined is absent, null is there. */
function merge(shape: Shape, live: unknown, config: unknown): unknown {
  if (config === undefined) return live
  if (live === undefined || (isNothing(live) && isNothing(config))) return config
  if (shape.form === 'scalar' || (shape.form === 'any' && shape.atomic)) return config
  if (shape.form === 'any') return isMap(live) && isMap(config) ? mergeMaps(deducedMap, live, config) : config
  if (shape.atomic) return config
  if (shape.form === 'map') return mergeMaps(shape, (live ?? {}) as Members, (config ?? {}) as Members)
  return mergeLists(shape, (live ?? []) as unknown[], (config ?? []) as unknown[])
}

function mergeMaps({ fields, element }: MapShape, live: Members, config: Members): Members {
  const result: Record<string, unknown> = { ...live }
  for (const name in config) {
    const shape = fields.get(name)?.shape ?? element
    const member = shape === undefined ? config[name] : merge(shape, live[name], config[name])
    if (name === '__proto__')
      Object.defineProperty(result, name, { value: member, enumerable: true, configurable: true, writable: true })
    else result[name] = member
  }
  return result
}

/** Items come in the order of the configuration; those it does not mention keep their place before or behind the others. */
function mergeLists(shape: ListShape, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const left = live.map((item) => itemElement(shape, item))
  const right = config.map((item) => itemElement(shape, item))
  const byElement = new Map<PathElement, unknown>()
  // A live item that is there twice is not merged with, but replaced.
  left.forEach((element, at) => byElement.set(element, byElement.has(element) ? null : live[at]))
  const configured = new Set(right)
  const shared = right.filter((element) => byElement.has(element))
  const done = new Set<PathElement>()
  const result: unknown[] = []
  const take = (at: number): void => {
    const element = right[at]!
    done.add(element)
    result.push(merge(shape.element, byElement.get(element), config[at]))
    if (shared[0] === element) shared.shift()
  }
  let l = 0
  let r = 0
  while (l < left.length || r < right.length) {
    const element = left[l]
    if (element !== undefined && r < right.length) {
      if (element === right[r]) {
        take(r++)
        l++
        continue
      }
      // The configuration will mention it, but others first.
      if (configured.has(element) && shared.length > 0 && shared[0] !== element) {
        l++
        continue
      }
    }
    if (element !== undefined) {
      if (!configured.has(element)) {
        result.push(live[l++])
        continue
      }
      if (done.has(element)) l++
    }
    if (r < right.length) take(r++)
  }
  return result
}

/** The object without the fields of the set, and all that is in them. What is emptied so becomes null. */
export function withoutFields(shape: MapShape, object: object, set: FieldSet): object {
  return isEmpty(set) ? object : ((removeFrom(shape, object, set) as object | null) ?? {})
}

function removeFrom(shape: Shape, value: unknown, set: FieldSet): unknown {
  if (shape.form === 'scalar') return value
  if (shape.form === 'any') return shape.atomic ? null : isMap(value) ? removeMembers(deducedMap, value, set) : value
  if (shape.atomic) return null
  if (shape.form === 'map') return isMap(value) ? removeMembers(shape, value, set) : null
  return Array.isArray(value) ? removeItems(shape, value, set) : null
}

function removeMembers({ fields, element }: MapShape, value: Members, set: FieldSet): unknown {
  const kept: Record<string, unknown> = {}
  for (const name in value) {
    const field = fields.get(name)
    const node = set[field?.element ?? fieldElement(name)]
    const shape = field?.shape ?? element
    if (node === undefined || shape === undefined) kept[name] = value[name]
    else if (!isMember(node)) kept[name] = removeFrom(shape, value[name], node)
  }
  return isEmpty(kept as FieldSet) ? null : kept
}

function removeItems(shape: ListShape, items: readonly unknown[], set: FieldSet): unknown {
  const kept: unknown[] = []
  for (const item of items) {
    const node = set[itemElement(shape, item)]
    if (node === undefined) kept.push(item)
    else if (!isMember(node)) kept.push(removeFrom(shape.element, item, node))
  }
  return kept.length === 0 ? null : kept
}
