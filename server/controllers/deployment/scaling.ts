// Changing the size of the ReplicaSets of a Deployment: one at a time, in proportion, and clearing away old ones.
// Source: kubernetes pkg/controller/deployment, scale, scaleReplicaSet, cleanupDeployment (v1.36)
import { event, remove, update, type Action } from '../../client/action.ts'
import { subjectOf } from '../../client/events.ts'
import { maxSurge, isRollingUpdate } from './bounds.ts'
import {
  activeSets,
  byCreation,
  byRevision,
  bySize,
  countAnnotation,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  replicasAnnotations,
  replicasOf,
  totalReplicas,
  type Deployment,
  type ReplicaSet,
} from './replica-sets.ts'
import { hasRevisionHistoryLimit } from './status.ts'

/** Nothing when the set has that size; with `force` also its annotations are brought up to date. */
export function scaleSet(deployment: Deployment, set: ReplicaSet, replicas: number, force = false): readonly Action[] {
  const before = replicasOf(set)
  const notes = replicasAnnotations(deployment)
  const noted = Object.entries(notes).every(([key, value]) => set.metadata.annotations?.[key] === value)
  if (before === replicas && (noted || !force)) return []
  const annotations = { ...set.metadata.annotations, ...notes }
  const scaled = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas } }
  if (before === replicas) return [update('replicasets.apps', scaled)]
  const direction = before < replicas ? 'up' : 'down'
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`
  return [
    update('replicasets.apps', scaled),
    event(deploymentSubject(deployment), 'Normal', 'ScalingReplicaSet', message),
  ]
}

export function deploymentSubject(deployment: Deployment): ReturnType<typeof subjectOf> {
  return subjectOf(deployment, { apiVersion: 'apps/v1', kind: 'Deployment' })
}

/** Whether the Deployment's size changed since its active sets were last sized. */
export function isScalingEvent(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return activeSets(sets).some((set) => {
    const desired = countAnnotation(set, DESIRED_REPLICAS)
    return desired !== undefined && desired !== replicasOf(deployment)
  })
}

/** Follows a change of the Deployment's size without pushing its rollout on: every active set takes its share. */
export function scale(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): readonly Action[] {
  const single = onlyActiveOrLatest(newSet, oldSets)
  if (single !== undefined) return scaleSet(deployment, single, replicasOf(deployment))
  if (newSet !== undefined && isSaturated(deployment, newSet)) {
    return activeSets(oldSets).flatMap((set) => scaleSet(deployment, set, 0))
  }
  return isRollingUpdate(deployment) ? scaleInProportion(deployment, newSet, oldSets) : []
}

/** The one set with pods; the newest if none has any; undefined if several have. */
function onlyActiveOrLatest(newSet: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const all = newSet === undefined ? oldSets : [...oldSets, newSet]
  const active = activeSets(all)
  if (active.length > 1) return undefined
  return active[0] ?? newSet ?? oldSets.toSorted(byCreation).at(-1)
}

/** The set believes that it is to have all pods of the Deployment, has them, and they are available. */
function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const replicas = replicasOf(deployment)
  return (
    replicasOf(set) === replicas &&
    countAnnotation(set, DESIRED_REPLICAS) === replicas &&
    (set.status?.availableReplicas ?? 0) === replicas
  )
}

function scaleInProportion(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): readonly Action[] {
  const active = activeSets(newSet === undefined ? oldSets : [...oldSets, newSet])
  const desired = replicasOf(deployment)
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0
  const toAdd = allowed - totalReplicas(active)
  // Growth goes to newer sets first, shrinking to older ones; what rounding leaves over goes to the largest.
  const ordered = active.toSorted(bySize(toAdd > 0 ? 'newest' : 'oldest'))
  let added = 0
  const sizes = ordered.map((set) => {
    const share = toAdd === 0 ? 0 : proportion(deployment, set, toAdd, toAdd - added)
    added += share
    return replicasOf(set) + share
  })
  if (sizes[0] !== undefined && toAdd !== 0) sizes[0] = Math.max(0, sizes[0] + toAdd - added)
  return ordered.flatMap((set, position) => scaleSet(deployment, set, sizes[position] ?? 0, true))
}

/** The share of a set in a change of size; never more than is left of it. */
function proportion(deployment: Deployment, set: ReplicaSet, toAdd: number, left: number): number {
  if (left === 0) return 0
  const fraction = fractionOf(deployment, set)
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left)
}

function fractionOf(deployment: Deployment, set: ReplicaSet): number {
  const replicas = replicasOf(set)
  if (replicasOf(deployment) === 0) return -replicas
  // Without the annotation the size that is there has to do.
  const before = countAnnotation(set, MAX_REPLICAS) || (deployment.status?.replicas ?? 0)
  if (before === 0) return 0
  return Math.round((replicas * (replicasOf(deployment) + maxSurge(deployment))) / before) - replicas
}

/** Deletes the oldest sets beyond the history limit, as far as they are empty and their controller has seen them. */
export function cleanUp(deployment: Deployment, oldSets: readonly ReplicaSet[]): readonly Action[] {
  if (!hasRevisionHistoryLimit(deployment)) return []
  const alive = oldSets.filter((set) => set.metadata.deletionTimestamp === undefined).toSorted(byRevision)
  const surplus = Math.max(0, alive.length - (deployment.spec?.revisionHistoryLimit ?? 0))
  return alive
    .slice(0, surplus)
    .filter(
      (set) =>
        replicasOf(set) === 0 &&
        (set.status?.replicas ?? 0) === 0 &&
        (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
    )
    .map((set) => remove('replicasets.apps', set))
}
