// The status of a Deployment: counters, availability, progress and its deadline.
// Source: kubernetes pkg/controller/deployment, calculateStatus, syncRolloutStatus, requeueStuckDeployment (v1.36)
import type * as apps from '../../api/apps.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { requeueAfter, updateStatus, type Action } from '../../client/action.ts'
import { findCondition, nonZero, withoutCondition } from '../conditions.ts'
import { timeOf } from '../pod-status.ts'
import { maxUnavailable } from './bounds.ts'
import { replicasOf, totalAvailable, totalReplicas, type Deployment, type ReplicaSet } from './replica-sets.ts'

export type DeploymentStatus = Frozen<apps.DeploymentStatus>
export type DeploymentCondition = Frozen<apps.DeploymentCondition>

/** As good as no deadline, or no limit. */
const UNLIMITED = 2 ** 31 - 1

export function hasProgressDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds
  return seconds !== undefined && seconds !== UNLIMITED
}

export function hasRevisionHistoryLimit(deployment: Deployment): boolean {
  const limit = deployment.spec?.revisionHistoryLimit
  return limit !== undefined && limit !== UNLIMITED
}

export function newCondition(
  type: string,
  status: string,
  reason: string,
  message: string,
  now: number,
): DeploymentCondition {
  const time = formatTime(now)
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message }
}

/** Nothing changes when status and reason are as before; the time of transition changes with the status only. */
export function setCondition(
  conditions: readonly DeploymentCondition[],
  condition: DeploymentCondition,
): readonly DeploymentCondition[] {
  const current = findCondition(conditions, condition.type)
  if (current?.status === condition.status && current.reason === condition.reason) return conditions
  const { lastTransitionTime } = current?.status === condition.status ? current : condition
  const kept = { ...condition, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) }
  return [...withoutCondition(conditions, condition.type), kept]
}

/** The status with other conditions; none at all are left out, as empty lists are. */
export function withConditions(status: DeploymentStatus, conditions: readonly DeploymentCondition[]): DeploymentStatus {
  const { conditions: _, ...rest } = status
  return conditions.length === 0 ? rest : { ...rest, conditions }
}

/** Counters and the condition Available, from the observed sets; other conditions stay as they are. */
export function calculateStatus(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  now: number,
): DeploymentStatus {
  const sets = newSet === undefined ? oldSets : [...oldSets, newSet]
  const sum = (count: (set: ReplicaSet) => number | undefined): number =>
    sets.reduce((total, set) => total + (count(set) ?? 0), 0)
  const availableReplicas = totalAvailable(sets)
  const available = availableReplicas >= replicasOf(deployment) - maxUnavailable(deployment)
  const availability = available
    ? newCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : newCondition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        now,
      )
  const { conditions = [], collisionCount } = deployment.status ?? {}
  const terminatingReplicas = totalTerminating(sets)
  return {
    ...nonZero({
      observedGeneration: deployment.metadata.generation ?? 0,
      replicas: sum((set) => set.status?.replicas),
      updatedReplicas: newSet?.status?.replicas ?? 0,
      readyReplicas: sum((set) => set.status?.readyReplicas),
      availableReplicas,
      unavailableReplicas: Math.max(0, totalReplicas(sets) - availableReplicas),
    }),
    ...(terminatingReplicas === undefined ? {} : { terminatingReplicas }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: setCondition(conditions, availability),
  }
}

/** Undefined while a set that was seen by its controller does not say how many of its pods are terminating. */
function totalTerminating(sets: readonly ReplicaSet[]): number | undefined {
  let total = 0
  for (const { status } of sets) {
    if (status?.terminatingReplicas !== undefined) total += status.terminatingReplicas
    else if ((status?.observedGeneration ?? 0) > 0) return undefined
  }
  return total
}

/** All replicas are of the new set and available, and no others are left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const replicas = replicasOf(deployment)
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

/** More new pods, fewer old ones, or more ready or available ones than at the last look. */
function isProgressing({ status: before = {} }: Deployment, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

function isTimedOut(deployment: Deployment, condition: DeploymentCondition | undefined, now: number): boolean {
  // After a finished rollout progress is counted from the next one, whose condition will come.
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false
  if (condition.reason === 'ProgressDeadlineExceeded') return true
  return progressDeadline(deployment, condition) < now
}

/** When the rollout times out if nothing moves, in milliseconds. */
function progressDeadline(deployment: Deployment, condition: DeploymentCondition): number {
  return (timeOf(condition.lastUpdateTime) ?? 0) + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000
}

/** The status during a rollout, where progress counts; writes it, or plans the look at the deadline. */
export function rolloutStatus(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  now: number,
): readonly Action[] {
  const counted = calculateStatus(deployment, newSet, oldSets, now)
  let conditions = hasProgressDeadline(deployment)
    ? withProgress(deployment, counted, newSet, now)
    : withoutCondition(counted.conditions, 'Progressing')
  const failure = replicaFailure(newSet, oldSets)
  conditions =
    failure === undefined ? withoutCondition(conditions, 'ReplicaFailure') : setCondition(conditions, failure)
  const status = withConditions(counted, conditions)
  if (!deepEqual(deployment.status ?? {}, status)) return [updateStatus('deployments.apps', { ...deployment, status })]
  return progressCheck(deployment, status, now)
}

function withProgress(
  deployment: Deployment,
  status: DeploymentStatus,
  newSet: ReplicaSet | undefined,
  now: number,
): readonly DeploymentCondition[] {
  const { conditions = [] } = status
  const current = findCondition(deployment.status?.conditions, 'Progressing')
  const done = status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable'
  if (done) return conditions
  const { name } = deployment.metadata
  const what = newSet === undefined ? `Deployment "${name}"` : `ReplicaSet "${newSet.metadata.name}"`
  if (isComplete(deployment, status)) {
    const message = `${what} has successfully progressed.`
    return setCondition(conditions, newCondition('Progressing', 'True', 'NewReplicaSetAvailable', message, now))
  }
  if (isProgressing(deployment, status)) {
    // Each step renews the time of update, even with the same reason; the time of transition only with the status.
    const condition = newCondition('Progressing', 'True', 'ReplicaSetUpdated', `${what} is progressing.`, now)
    const { lastTransitionTime } = current?.status === 'True' ? current : condition
    const kept = { ...condition, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) }
    return [...withoutCondition(conditions, 'Progressing'), kept]
  }
  if (isTimedOut(deployment, findCondition(conditions, 'Progressing'), now)) {
    const message = `${what} has timed out progressing.`
    return setCondition(conditions, newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', message, now))
  }
  return conditions
}

/** That of the new set, or else of any other. */
function replicaFailure(
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): DeploymentCondition | undefined {
  for (const set of newSet === undefined ? oldSets : [newSet, ...oldSets]) {
    const found = findCondition(set.status?.conditions, 'ReplicaFailure')
    if (found === undefined) continue
    const { type, status, reason, message, lastTransitionTime } = found
    return {
      type,
      status,
      ...(lastTransitionTime === undefined ? {} : { lastTransitionTime, lastUpdateTime: lastTransitionTime }),
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    }
  }
  return undefined
}

/** A rollout in which nothing moves is looked at again when its deadline has passed. */
function progressCheck(deployment: Deployment, status: DeploymentStatus, now: number): readonly Action[] {
  const current = findCondition(deployment.status?.conditions, 'Progressing')
  if (!hasProgressDeadline(deployment) || current === undefined) return []
  if (isComplete(deployment, status) || current.reason === 'ProgressDeadlineExceeded') return []
  // One second more, so that times cut to whole seconds do not bring it here too early.
  return [requeueAfter(Math.max(0, progressDeadline(deployment, current) - now) + 1000)]
}
