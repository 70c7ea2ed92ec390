// Who owns what after a create, update or patch: the writer owns what it changed, the others lose it.
// Source: k8s.io/apimachinery/pkg/util/managedfields/internal, FieldManager.Update and the managers it wraps (v1.36);
// sigs.k8s.io/structured-merge-diff/v6 merge, Updater.Update
import { decodeObject } from '../../../openapi/decode.ts'
import type { StructSchema } from '../../../openapi/schema.ts'
import { formatTime } from '../clock.ts'
import { deepFreeze } from '../equality.ts'
import type { AnyObject, Frozen, ManagedFieldsEntry } from '../types.ts'
import { compare, type Comparison } from './compare.ts'
import { difference, intersection, isEmpty, union, type FieldSet } from './field-set.ts'
import { interned } from './interned-sets.ts'
import {
  decodeSent,
  decodeStored,
  encodeManagers,
  isReset,
  managerId,
  ManagedFieldsError,
  type Manager,
  type Managers,
} from './managers.ts'
import { reconciled, rememberFitting } from './reconcile.ts'
import { ListItemError, ownedShapeOf } from './shape.ts'
import type { ManagedType } from './versions.ts'

/** Who writes, and how. */
export interface Writer {
  readonly manager: string
  readonly subresource: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Sets metadata.managedFields of `draft`, which is about to be written over `live` (undefined: about to be created). Both are
 * of the version of `type`. Objects nobody tracks stay so.
 */
export function trackUpdate(
  type: ManagedType,
  live: Frozen<AnyObject> | undefined,
  draft: AnyObject,
  writer: Writer,
): void {
  const meta = (draft.metadata ??= {})
  const managers = managersBefore(live?.metadata?.managedFields, meta.managedFields, writer.subresource !== '')
  delete meta.managedFields
  const isTracked = managers.size > 0 || live === undefined
  const after = isTracked
    ? afterUpdateOrNone(type, live ?? emptyObject(type.schema), draft, managers, writer)
    : managers
  const entries = encodeManagers(after)
  if (entries !== undefined) meta.managedFields = entries
}

/** What a client sends of managedFields counts only where it is sound; a subresource never changes them. */
function managersBefore(
  live: Frozen<ManagedFieldsEntry[]> | undefined,
  sent: readonly ManagedFieldsEntry[] | undefined,
  isSubresource: boolean,
): Managers {
  if (isSubresource) return decodeStored(live)
  if (isReset(sent)) return new Map()
  try {
    const managers = decodeSent(sent ?? [], live)
    return managers.size === 0 ? decodeStored(live) : managers
  } catch (error) {
    if (error instanceof ManagedFieldsError) return decodeStored(live)
    throw error
  }
}

/** Nobody owns anything in an object that has list items without a key. */
function afterUpdateOrNone(...change: Parameters<typeof afterUpdate>): Managers {
  try {
    return afterUpdate(...change)
  } catch (error) {
    if (error instanceof ListItemError) return new Map()
    throw error
  }
}

/**
 * The owners once `writer` has made `next` of `live`, with no more than ten that update.
 * @throws ListItemError for an item that has no key
 */
export function afterUpdate(
  type: ManagedType,
  live: object,
  next: object,
  managers: Managers,
  writer: Writer,
): Managers {
  const comparison = filtered(compare(ownedShapeOf(type.schema), live, next), type)
  const known = reconciled(type, managers)
  const set = union(comparison.modified, comparison.added)
  const { manager, subresource, now } = writer
  const own = {
    name: manager === '' ? 'unknown' : manager,
    operation: 'Update' as const,
    subresource,
    apiVersion: type.apiVersion,
  }
  const id = managerId(own)
  const before = known.get(id)?.set
  if (!isEmpty(set)) known.delete(id)
  const after = withoutChanges(type, live, next, known, comparison)
  if (!isEmpty(set)) {
    // Who changes what it owns already keeps the set it has.
    const owned = before === undefined ? set : union(difference(before, comparison.removed), set)
    after.set(id, { ...own, time: formatTime(now), set: interned(owned) })
  }
  const result = capped(after)
  rememberFitting(type, result)
  return result
}

export function filtered(comparison: Comparison, { filter }: Pick<ManagedType, 'filter'>): Comparison {
  if (filter === undefined) return comparison
  const { added, modified, removed } = comparison
  return { added: filter(added), modified: filter(modified), removed: filter(removed) }
}

/** What was compared, in any version somebody owns fields in; undefined where that version is gone. */
export function comparisonsByVersion(
  type: ManagedType,
  live: object,
  next: object,
  own: Comparison,
): (apiVersion: string) => Comparison | undefined {
  const known = new Map<string, Comparison | undefined>([[type.apiVersion, own]])
  return (apiVersion) => {
    if (!known.has(apiVersion)) {
      const other = type.other(apiVersion)
      const compared =
        other && compare(ownedShapeOf(other.schema), other.fromRequested(live), other.fromRequested(next))
      known.set(apiVersion, other && compared && filtered(compared, other))
    }
    return known.get(apiVersion)
  }
}

/** Takes what changed or went from its owners; who is left with nothing, or speaks of a version that is gone, is gone. */
function withoutChanges(type: ManagedType, live: object, next: object, managers: Managers, own: Comparison): Managers {
  const comparisonIn = comparisonsByVersion(type, live, next, own)
  const after: Managers = new Map()
  for (const [id, manager] of managers) {
    const comparison = comparisonIn(manager.apiVersion)
    if (comparison === undefined) continue
    const set = less(manager.set, comparison)
    if (!isEmpty(set)) after.set(id, set === manager.set ? manager : { ...manager, set: interned(set) })
  }
  return after
}

export function less(set: FieldSet, { added, modified, removed }: Comparison): FieldSet {
  return difference(difference(difference(set, modified), added), removed)
}

/** The fields of a set that a comparison finds changed. */
export function changedIn(set: FieldSet, { added, modified }: Comparison): FieldSet {
  return intersection(set, union(modified, added))
}

const maxUpdateManagers = 10
const oldUpdatesManager = 'ancient-changes'

/**
 * Joins the oldest who update into one for each version, until ten are left.
 * Source: k8s.io/apimachinery/pkg/util/managedfields/internal, capManagersManager (v1.36)
 */
function capped(managers: Managers): Managers {
  const updaters = [...managers].filter(([, { operation }]) => operation === 'Update')
  if (updaters.length <= maxUpdateManagers) return managers
  updaters.sort(([idA, a], [idB, b]) => compareText(a.time ?? '', b.time ?? '') || compareText(idA, idB))
  const firstOfVersion = new Map<string, string>()
  let count = updaters.length
  for (const [id, manager] of updaters) {
    if (count <= maxUpdateManagers) break
    const { apiVersion } = manager
    const first = firstOfVersion.get(apiVersion)
    if (first === undefined) {
      firstOfVersion.set(apiVersion, id)
      continue
    }
    const bucket: Omit<Manager, 'set' | 'time'> = {
      name: oldUpdatesManager,
      operation: 'Update',
      subresource: '',
      apiVersion,
    }
    const bucketId = managerId(bucket)
    const before = managers.get(bucketId) ?? managers.get(first)!
    if (!managers.has(bucketId)) managers.delete(first)
    managers.delete(id)
    managers.set(bucketId, { ...bucket, set: union(manager.set, before.set), time: manager.time })
    count--
  }
  return managers
}

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

const emptyObjects = new WeakMap<StructSchema, AnyObject>()

/** What a creation is compared with: the members a server prints even of nothing. */
export function emptyObject(schema: StructSchema): AnyObject {
  let empty = emptyObjects.get(schema)
  if (empty === undefined) {
    empty = deepFreeze(decodeObject(schema, {}).object)
    emptyObjects.set(schema, empty)
  }
  return empty
}
