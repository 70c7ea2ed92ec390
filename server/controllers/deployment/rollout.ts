// The two ways of a rollout: step by step within bounds, or all old pods away before the first new one.
// Source: kubernetes pkg/controller/deployment, rolloutRolling, rolloutRecreate (v1.36)
import type { Action } from '../../client/action.ts'
import { isPodTerminal, type Pod } from '../pod-status.ts'
import { maxSurge, maxUnavailable } from './bounds.ts'
import {
  activeSets,
  byCreation,
  replicasOf,
  totalAvailable,
  totalReplicas,
  type Deployment,
  type ReplicaSet,
} from './replica-sets.ts'
import { cleanUp, scaleSet } from './scaling.ts'
import { isComplete } from './status.ts'

/** The next step of a rolling update; nothing if there is none to take now. */
export function rollingStep(
  deployment: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): readonly Action[] {
  const up = scaleNewSet(deployment, newSet, oldSets)
  if (up.length > 0) return up
  const down = scaleOldSets(deployment, newSet, activeSets(oldSets))
  if (down.length > 0) return down
  return isComplete(deployment, deployment.status ?? {}) ? cleanUp(deployment, oldSets) : []
}

function scaleNewSet(deployment: Deployment, newSet: ReplicaSet, oldSets: readonly ReplicaSet[]): readonly Action[] {
  if (replicasOf(newSet) > replicasOf(deployment)) return scaleSet(deployment, newSet, replicasOf(deployment))
  return scaleSet(deployment, newSet, newSetSize(deployment, replicasOf(newSet), totalReplicas([...oldSets, newSet])))
}

/**
 * How large the new set may be now, given its own size and that of all sets together.
 * Source: NewRSNewReplicas
 */
export function newSetSize(deployment: Deployment, own: number, total: number): number {
  const replicas = replicasOf(deployment)
  if (deployment.spec?.strategy?.type === 'Recreate') return replicas
  const room = replicas + maxSurge(deployment) - total
  return room <= 0 ? own : own + Math.min(room, replicas - own)
}

/** First the unhealthy pods of old sets, which help nobody; then as many as availability allows. */
function scaleOldSets(deployment: Deployment, newSet: ReplicaSet, oldSets: readonly ReplicaSet[]): readonly Action[] {
  if (totalReplicas(oldSets) === 0) return []
  const minAvailable = replicasOf(deployment) - maxUnavailable(deployment)
  const newUnavailable = replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0)
  const room = totalReplicas([...oldSets, newSet]) - minAvailable - newUnavailable
  if (room <= 0) return []
  const ordered = oldSets.toSorted(byCreation)
  const unhealthy = shrink(deployment, ordered, room, (set) => replicasOf(set) - (set.status?.availableReplicas ?? 0))
  if (unhealthy.length > 0) return unhealthy
  return shrink(deployment, ordered, totalAvailable([...oldSets, newSet]) - minAvailable, replicasOf)
}

/** Takes up to `count` replicas from the sets in order, from each at most what `removable` says. */
function shrink(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  count: number,
  removable: (set: ReplicaSet) => number,
): readonly Action[] {
  const actions: Action[] = []
  let left = count
  for (const set of sets) {
    if (left <= 0) break
    const taken = Math.max(0, Math.min(left, removable(set)))
    left -= taken
    actions.push(...scaleSet(deployment, set, replicasOf(set) - taken))
  }
  return actions
}

/** What has to go before a Recreate may bring up its new set: `wait` while old pods are still there. */
export function recreateStep(
  deployment: Deployment,
  oldSets: readonly ReplicaSet[],
  oldPods: readonly Pod[],
): { actions: readonly Action[]; wait: boolean } {
  const actions = activeSets(oldSets).flatMap((set) => scaleSet(deployment, set, 0))
  const running = oldSets.some((set) => (set.status?.replicas ?? 0) > 0) || oldPods.some((pod) => !isPodTerminal(pod))
  return { actions, wait: actions.length > 0 || running }
}
