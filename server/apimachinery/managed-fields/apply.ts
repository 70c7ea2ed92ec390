// Server-side apply: the configuration laid over the live object, without what its applier mentioned before and does so no more.
// Source: sigs.k8s.io/structured-merge-diff/v6 merge, Updater.Apply; k8s.io/apimachinery/pkg/util/managedfields/internal,
// FieldManager.Apply and the managers it wraps (v1.36)
import { formatTime } from '../clock.ts'
import { deepEqual } from '../equality.ts'
import { compare } from './compare.ts'
import { Conflicts, type Conflict } from './conflicts.ts'
import { difference, emptySet, intersection, isEmpty, union, type FieldSet } from './field-set.ts'
import { fieldSetOf, withNamedFields } from './field-set-of.ts'
import { managerId, type Manager, type Managers } from './managers.ts'
import { merged, withoutFields } from './merge.ts'
import { reconciled, rememberFitting } from './reconcile.ts'
import { ownedShapeOf, shapeOf, type MapShape } from './shape.ts'
import { changedIn, comparisonsByVersion, filtered, less, type Writer } from './update.ts'
import type { ManagedType, OtherVersion } from './versions.ts'

export interface Applied {
  /** The merged object, neither decoded nor defaulted; undefined if it is the live one. */
  readonly object: object | undefined
  readonly managers: Managers
}

/**
 * `live` and `config` are of the version of `type`, `config` fits it (`problemsOf`).
 * @throws Conflicts unless `force`
 */
export function applyConfiguration(
  type: ManagedType,
  live: object,
  config: object,
  before: Managers,
  writer: Writer,
  force: boolean,
): Applied {
  const own = {
    name: writer.manager,
    operation: 'Apply' as const,
    subresource: writer.subresource,
    apiVersion: type.apiVersion,
  }
  const id = managerId(own)
  const managers = reconciled(type, before)
  const last = managers.get(id)
  const set = mentionedBy(config, ownedShapeOf(type.schema), type)
  const whole = shapeOf(type.schema) as MapShape
  let next = merged(whole, live, config)
  // Most configurations mention what they mentioned before: then nothing goes.
  if (last !== undefined && (last.apiVersion !== type.apiVersion || !isEmpty(difference(last.set, set)))) {
    // The name counts here, too: it keeps the metadata.
    managers.set(id, { ...own, set: mentionedBy(config, whole, type), time: last.time })
    next = pruned(type, next, managers, last)
  }
  managers.set(id, { ...own, set, time: last?.time })

  const isSame = deepEqual(live, next)
  const after = owners(type, live, next, managers, id, force)
  const mine = after.get(id)
  if (mine !== undefined && isEmpty(mine.set)) after.delete(id)
  else if (mine !== undefined && !isSame) after.set(id, { ...mine, time: formatTime(writer.now) })
  rememberFitting(type, after)
  return { object: isSame ? undefined : next, managers: after }
}

function mentionedBy(config: object, shape: MapShape, { filter }: ManagedType): FieldSet {
  const set = fieldSetOf(shape, config)
  return filter === undefined ? set : filter(set)
}

/** Who applies takes from others what differs, if it may; what went is nobody's. */
function owners(
  type: ManagedType,
  live: object,
  next: object,
  managers: Managers,
  applier: string,
  force: boolean,
): Managers {
  const comparisonIn = comparisonsByVersion(
    type,
    live,
    next,
    filtered(compare(ownedShapeOf(type.schema), live, next), type),
  )
  const after: Managers = new Map()
  const conflicts: Conflict[] = []
  for (const [id, manager] of managers) {
    if (id === applier) {
      after.set(id, manager)
      continue
    }
    const comparison = comparisonIn(manager.apiVersion)
    if (comparison === undefined) continue
    const lost = changedIn(manager.set, comparison)
    if (!isEmpty(lost)) conflicts.push({ id, manager, set: lost })
    const set = less(manager.set, comparison)
    if (!isEmpty(set)) after.set(id, set === manager.set ? manager : { ...manager, set })
  }
  if (!force && conflicts.length > 0) throw new Conflicts(conflicts)
  return after
}

/** `next` without what the applier owned by its last configuration, unless it or somebody else owns it now. */
function pruned(
  type: ManagedType,
  next: object,
  managers: Managers,
  last: Pick<Manager, 'apiVersion' | 'set'>,
): object {
  const lastVersion = versionOf(type, last.apiVersion)
  if (lastVersion === undefined) return next
  const { shape } = lastVersion
  const inLast = lastVersion.fromRequested(next)
  const lastSet = withNamedFields(shape, last.set)
  const withoutLast = withoutFields(shape, inLast, lastSet)
  const owned = addBackOwned(type, lastVersion, inLast, withoutLast, managers)
  // Only what was the applier's by its last configuration goes: not what nobody owns.
  const kept = withNamedFields(shape, fieldSetOf(shape, owned))
  const all = withNamedFields(shape, fieldSetOf(shape, inLast))
  return lastVersion.toRequested(withoutFields(shape, inLast, intersection(difference(all, kept), lastSet)))
}

/** `reduced` with what somebody owns, in the version of `last`. */
function addBackOwned(
  type: ManagedType,
  last: ConvertibleVersion,
  whole: object,
  reduced: object,
  managers: Managers,
): object {
  const sets = new Map<string, FieldSet>([[last.apiVersion, emptySet]])
  for (const { apiVersion, set } of managers.values())
    sets.set(apiVersion, union(sets.get(apiVersion) ?? emptySet, set))
  let wholeNow = last.toRequested(whole)
  let reducedNow = last.toRequested(reduced)
  for (const [apiVersion, set] of sets) {
    const version = versionOf(type, apiVersion)
    if (version === undefined) continue
    const { shape } = version
    const inVersion = version.fromRequested(wholeNow)
    const there = withNamedFields(shape, fieldSetOf(shape, inVersion))
    const left = withNamedFields(shape, fieldSetOf(shape, version.fromRequested(reducedNow)))
    const back = withoutFields(shape, inVersion, difference(there, union(left, withNamedFields(shape, set))))
    wholeNow = version.toRequested(inVersion)
    reducedNow = version.toRequested(back)
  }
  return last.fromRequested(reducedNow)
}

type ConvertibleVersion = Pick<OtherVersion, 'apiVersion' | 'fromRequested' | 'toRequested'> & {
  readonly shape: MapShape
}

/** The version of the request among the others. */
function versionOf(type: ManagedType, apiVersion: string): ConvertibleVersion | undefined {
  if (apiVersion === type.apiVersion)
    return { apiVersion, shape: shapeOf(type.schema) as MapShape, fromRequested: same, toRequested: same }
  const other = type.other(apiVersion)
  return other && { ...other, shape: shapeOf(other.schema) as MapShape }
}

const same = (object: object): object => object
