// The status of a StatefulSet.
// Source: kubernetes pkg/controller/statefulset, updateStatus, completeRollingUpdate, inconsistentStatus (v1.36)
import type * as apps from '../../api/apps.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { nonZero } from '../conditions.ts'
import { isPodAvailable, isPodReady, type Pod } from '../pod-status.ts'
import { revisionOf, type StatefulSet } from './identity.ts'
import type { Revisions } from './revisions.ts'

/** Everything is counted, zeros too. */
export interface Counts {
  readonly replicas: number
  readonly readyReplicas: number
  readonly availableReplicas: number
  readonly currentReplicas: number
  readonly updatedReplicas: number
}

export function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod)
}

export function countPods(set: StatefulSet, pods: readonly Pod[], revisions: Revisions, now: number): Counts {
  const ready = pods.filter(isRunningAndReady)
  const staying = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined)
  const ofRevision = (name: string): number => staying.filter((pod) => revisionOf(pod) === name).length
  return {
    replicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)).length,
    currentReplicas: ofRevision(revisions.current.metadata.name),
    updatedReplicas: ofRevision(revisions.update.metadata.name),
  }
}

/** The status with these counts; undefined if the set has it already. */
export function changedStatus(
  set: StatefulSet,
  counts: Counts,
  revisions: Revisions,
): Frozen<apps.StatefulSetStatus> | undefined {
  const { generation = 0 } = set.metadata
  const isComplete = isUpdateComplete(set, counts)
  const updateRevision = revisions.update.metadata.name
  const currentRevision = isComplete ? updateRevision : revisions.current.metadata.name
  const currentReplicas = isComplete ? counts.updatedReplicas : counts.currentReplicas
  const { status } = set
  const isSame =
    generation <= (status?.observedGeneration ?? 0) &&
    counts.replicas === (status?.replicas ?? 0) &&
    currentReplicas === (status?.currentReplicas ?? 0) &&
    counts.readyReplicas === (status?.readyReplicas ?? 0) &&
    counts.updatedReplicas === (status?.updatedReplicas ?? 0) &&
    counts.availableReplicas === (status?.availableReplicas ?? 0) &&
    currentRevision === status?.currentRevision &&
    updateRevision === status?.updateRevision
  if (isSame) return undefined
  const { replicas, availableReplicas, readyReplicas, updatedReplicas } = counts
  return {
    replicas,
    availableReplicas,
    ...nonZero({ observedGeneration: generation, readyReplicas, currentReplicas, updatedReplicas }),
    currentRevision,
    updateRevision,
    collisionCount: revisions.collisionCount,
  }
}

function isUpdateComplete(set: StatefulSet, { replicas, readyReplicas, updatedReplicas }: Counts): boolean {
  const { replicas: wanted, updateStrategy } = set.spec ?? {}
  if (updateStrategy?.type !== 'RollingUpdate') return false
  return updatedReplicas === wanted && readyReplicas === wanted && replicas === wanted
}
