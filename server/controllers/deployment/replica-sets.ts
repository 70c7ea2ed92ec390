// The ReplicaSets of a Deployment: which is the new one, in what order they stand, what their annotations say.
// Source: kubernetes pkg/controller/deployment/util (v1.36)
import type * as apps from '../../api/apps.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { maxSurge } from './bounds.ts'

export type Deployment = Frozen<Stored<apps.Deployment>>
export type ReplicaSet = Frozen<Stored<apps.ReplicaSet>>

export const POD_TEMPLATE_HASH = 'pod-template-hash'
export const REVISION = 'deployment.kubernetes.io/revision'
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'
/** Beyond so many characters the oldest revisions fall out of the history. */
const MAX_HISTORY_LENGTH = 2000

const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
])

export function replicasOf(object: { readonly spec?: { readonly replicas?: number } }): number {
  return object.spec?.replicas ?? 0
}

/** Wanted replicas of all sets together. */
export function totalReplicas(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + replicasOf(set), 0)
}

export function totalAvailable(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0)
}

/** Sets that want pods. */
export function activeSets(sets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  return sets.filter((set) => replicasOf(set) > 0)
}

/** Oldest first. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const timeA = a.metadata.creationTimestamp
  const timeB = b.metadata.creationTimestamp
  if (timeA !== timeB) return timeA < timeB ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}

/** Lowest revision first, then oldest. */
export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  return (revisionOf(a) ?? 0) - (revisionOf(b) ?? 0) || byCreation(a, b)
}

/** Largest first; of the same size the newest or the oldest. */
export function bySize(tie: 'newest' | 'oldest'): (a: ReplicaSet, b: ReplicaSet) => number {
  return (a, b) => replicasOf(b) - replicasOf(a) || (tie === 'oldest' ? byCreation(a, b) : byCreation(b, a))
}

/**
 * The set with the Deployment's template (the oldest, should there be several), and all others, oldest first.
 * Source: FindNewReplicaSet, FindOldReplicaSets
 */
export function newAndOldSets(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): { newSet: ReplicaSet | undefined; oldSets: readonly ReplicaSet[] } {
  const ordered = sets.toSorted(byCreation)
  const newSet = ordered.find((set) => hasTemplateOf(deployment, set))
  return { newSet, oldSets: ordered.filter((set) => set !== newSet) }
}

/** Same pod template but for the label with the hash. Source: EqualIgnoreHash */
export function hasTemplateOf(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = deployment.spec?.template
  const { template } = set.spec ?? {}
  return (
    semanticEqual(wanted?.spec, template?.spec) &&
    semanticEqual(
      { ...wanted?.metadata, labels: unhashed(wanted) },
      { ...template?.metadata, labels: unhashed(template) },
    )
  )
}

type Template = Frozen<apps.ReplicaSet>['spec'] extends infer S
  ? NonNullable<S> extends { readonly template?: infer T }
    ? T
    : never
  : never

function unhashed(template: Template | undefined): Record<string, string> {
  const { [POD_TEMPLATE_HASH]: _, ...labels } = template?.metadata?.labels ?? {}
  return labels
}

/** 0 for a set without a revision; undefined if what is written there is no number. */
export function revisionOf(set: ReplicaSet): number | undefined {
  const text = set.metadata.annotations?.[REVISION]
  if (text === undefined) return 0
  return /^-?[0-9]+$/.test(text) ? Number(text) : undefined
}

export function maxRevision(sets: readonly ReplicaSet[]): number {
  return Math.max(0, ...sets.map((set) => revisionOf(set) ?? 0))
}

/** The number in an annotation; undefined if it is absent or no non-negative 32-bit integer. */
export function countAnnotation(set: ReplicaSet, key: string): number | undefined {
  const text = set.metadata.annotations?.[key] ?? ''
  const value = /^[0-9]+$/.test(text) ? Number(text) : undefined
  return value !== undefined && value <= 2 ** 31 - 1 ? value : undefined
}

/** What a set notes down of the size of its Deployment. */
export function replicasAnnotations(deployment: Deployment): Record<string, string> {
  const desired = replicasOf(deployment)
  return { [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(desired + maxSurge(deployment)) }
}

/**
 * The annotations of the new set: those of the Deployment, and the revision it has now. A set that was the new one
 * before keeps its former revisions in its history.
 * Source: SetNewReplicaSetAnnotations
 */
export function newSetAnnotations(
  deployment: Deployment,
  present: Readonly<Record<string, string>> | undefined,
  newRevision: number,
): Record<string, string> {
  const annotations = { ...present }
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.has(key)) annotations[key] = value
  }
  const before = annotations[REVISION]
  const oldRevision = before === undefined || before === '' ? 0 : Number(before)
  // Not a number: somebody else's doing, better left alone. Greater: an older set was deleted since.
  if (!Number.isInteger(oldRevision) || oldRevision >= newRevision) return annotations
  annotations[REVISION] = String(newRevision)
  if (before !== undefined) annotations[REVISION_HISTORY] = extendedHistory(annotations[REVISION_HISTORY] ?? '', before)
  return annotations
}

/** `1,3` and `5` → `1,3,5`, without the oldest ones if that gets too long. */
function extendedHistory(history: string, revision: string): string {
  if (history === '') return revision
  const kept = history.split(',')
  let length = history.length + 1 + revision.length
  while (length > MAX_HISTORY_LENGTH && kept.length > 0) length -= (kept.shift() ?? '').length + 1
  return length <= MAX_HISTORY_LENGTH ? [...kept, revision].join(',') : history
}
