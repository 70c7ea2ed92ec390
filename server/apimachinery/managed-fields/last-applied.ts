// The annotation in which `kubectl apply` keeps what it applied: who changes over to server-side apply takes it along.
// Source: k8s.io/apimachinery/pkg/util/managedfields/internal, lastAppliedManager, lastAppliedUpdater (v1.36)
import type { AnyObject, Frozen } from '../types.ts'
import { compare } from './compare.ts'
import type { Conflict } from './conflicts.ts'
import { difference, emptySet, isEmpty, union, type FieldSet } from './field-set.ts'
import { fieldSetOf } from './field-set-of.ts'
import { escaped } from './path-element.ts'
import { ownedShapeOf, shapeOf, type MapShape } from './shape.ts'
import { problemsOf } from './validate.ts'
import type { ManagedType } from './versions.ts'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'

/** Source: k8s.io/apimachinery/pkg/api/validation, TotalAnnotationSizeLimitB */
const maxAnnotationBytes = 256 * 1024

/** The manager that may change over. */
export const kubectl = 'kubectl'

/**
 * What `kubectl apply` had set and nobody has changed since: kubectl may take it from whom it would conflict with. Undefined if the
 * annotation is not there or cannot be used.
 */
export function lastAppliedSet(type: ManagedType, live: Frozen<AnyObject>): FieldSet | undefined {
  const config = readAnnotation(live)
  if (config?.apiVersion !== type.apiVersion) return undefined
  if (problemsOf(shapeOf(type.schema) as MapShape, config) !== undefined) return undefined
  const shape = ownedShapeOf(type.schema)
  const { added, modified, removed } = compare(shape, config, live)
  return difference(fieldSetOf(shape, config), union(union(modified, added), removed))
}

function readAnnotation(live: Frozen<AnyObject>): AnyObject | undefined {
  const text = live.metadata?.annotations?.[annotation] ?? ''
  if (text === '') return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AnyObject) : undefined
  } catch {
    return undefined
  }
}

/** The conflicts with what is not in the set. */
export function remainingConflicts(conflicts: readonly Conflict[], allowed: FieldSet): Conflict[] {
  return conflicts
    .map((conflict) => ({ ...conflict, set: difference(conflict.set, allowed) }))
    .filter(({ set }) => set !== emptySet && !isEmpty(set))
}

/** Where the annotation is, it now tells of this configuration, unless it would grow too large. */
export function updateLastApplied(object: AnyObject, config: Frozen<AnyObject>): void {
  const annotations = object.metadata?.annotations
  if (annotations === undefined || (annotations[annotation] ?? '') === '') return
  const { [annotation]: _, ...others } = config.metadata?.annotations ?? {}
  const metadata = {
    ...config.metadata,
    ...(config.metadata?.annotations === undefined ? {} : { annotations: others }),
  }
  annotations[annotation] = `${escaped(JSON.stringify(sortMembers({ ...config, metadata })))}\n`
  let bytes = 0
  for (const [name, value] of Object.entries(annotations)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  if (bytes > maxAnnotationBytes) delete annotations[annotation]
}

/** As Go encodes a map. */
function sortMembers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sortMembers)
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sortMembers(member)]),
  )
}
