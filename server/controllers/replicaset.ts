// ReplicaSets: as many pods as asked for. ReplicationControllers are the same under another name.
// Source: kubernetes pkg/controller/replicaset, pkg/controller/replication (v1.36)
import type * as apps from '../api/apps.ts'
import type * as core from '../api/core.ts'
import { formatTime } from '../apimachinery/clock.ts'
import { isNotFound, type StatusError } from '../apimachinery/errors.ts'
import { selectorFromSet, type Selector } from '../apimachinery/selectors.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import {
  batch,
  requeueAfter,
  retry,
  updateStatus,
  type Action,
  type BatchAction,
  type Outcome,
} from '../client/action.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { subjectOf, type EventSubject } from '../client/events.ts'
import { splitKey } from '../client/indexer.ts'
import { findCondition, nonZero, withoutCondition } from './conditions.ts'
import { claim, indexOrphans, newControllerRef, ownerKeys, selectorOf, type GroupVersionKind } from './owner.ts'
import { createPod, deletePod, isNamespaceTerminating, podFromTemplate } from './pod-control.ts'
import { podsToDelete } from './pod-deletion-order.ts'
import {
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodTerminating,
  nextAvailabilityCheck,
  type Pod,
} from './pod-status.ts'

type ReplicaSet = Frozen<Stored<apps.ReplicaSet>>

/** Pods created or deleted in one go, at most. */
const BURST_REPLICAS = 500

/** What tells the two kinds apart. */
interface ReplicaOwner {
  readonly resource: string
  readonly kind: GroupVersionKind
  readonly selector: (owner: ReplicaSet) => Selector
  /** Whether `status.terminatingReplicas` is kept. */
  readonly countsTerminating: boolean
}

export const replicaset = controllerOf('replicaset-controller', 'replicaset-controller', {
  resource: 'replicasets.apps',
  kind: { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  selector: (owner) => selectorOf(owner.spec?.selector),
  countsTerminating: true,
})

export const replicationcontroller = controllerOf('replicationcontroller-controller', 'replication-controller', {
  resource: 'replicationcontrollers',
  kind: { apiVersion: 'v1', kind: 'ReplicationController' },
  // All that differs in the form of a ReplicationController: its selector is a plain map of labels.
  selector: (owner) => selectorFromSet(owner.spec?.selector as unknown as Record<string, string>),
  countsTerminating: false,
})

function controllerOf(name: string, serviceAccount: string, owner: ReplicaOwner) {
  return defineController({
    name,
    serviceAccount,
    eventSource: serviceAccount,
    watches: [
      { resource: owner.resource, enqueue: 'self' },
      {
        resource: 'pods',
        enqueue: (event, listers) =>
          ownerKeys(event, owner.kind.kind, listers.of<apps.ReplicaSet>(owner.resource), owner.selector),
        indexes: { orphans: indexOrphans },
      },
    ],
    reconcile: (key, listers, now) => reconcile(owner, key, listers, now),
  })
}

function reconcile(owner: ReplicaOwner, key: string, listers: Listers, now: number): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const set = listers.of<apps.ReplicaSet>(owner.resource).get(namespace, name)
  if (set === undefined) return []
  const selector = owner.selector(set)
  const pods = listers.of<core.Pod>('pods')
  const owned = pods.byIndex('owner', set.metadata.uid)
  const active = [...owned, ...pods.byIndex('orphans', namespace)].filter(isPodActive)
  const { claimed, actions } = claim('pods', set, owner.kind, selector, active)
  const terminating = owned.filter((pod) => isPodTerminating(pod) && selector.matches(pod.metadata.labels)).length

  const finish = (error: Error | undefined): readonly Action[] => {
    const status = calculateStatus(set, claimed, owner.countsTerminating ? terminating : undefined, error, now)
    return [
      updateStatus(owner.resource, { ...set, status }),
      ...(error === undefined ? availabilityCheck(set, status, claimed, now) : [retry(error)]),
    ]
  }
  if (set.metadata.deletionTimestamp !== undefined) return [...actions, ...finish(undefined)]
  const subject = subjectOf(set, owner.kind)
  const manage = manageReplicas(owner, set, claimed, listers, subject, now, finish)
  return [...actions, ...(manage === undefined ? finish(undefined) : [manage])]
}

/** Creates what is missing or deletes what is too many, then goes on with `finish`; undefined if all is well. */
function manageReplicas(
  owner: ReplicaOwner,
  set: ReplicaSet,
  active: readonly Pod[],
  listers: Listers,
  subject: EventSubject,
  now: number,
  finish: (error: Error | undefined) => readonly Action[],
): BatchAction | undefined {
  const missing = (set.spec?.replicas ?? 0) - active.length
  const count = Math.min(Math.abs(missing), BURST_REPLICAS)
  const template = set.spec?.template
  if (missing > 0 && template !== undefined) {
    const pod = podFromTemplate(set, template, newControllerRef(set, owner.kind))
    const creations = Array.from({ length: count }, () => createPod(subject, pod))
    return batch(creations, { slowStart: true, then: (outcomes) => finish(firstError(outcomes)) })
  }
  if (missing < 0) {
    const chosen = podsToDelete(active, relatedPods(owner, set, listers), count, now)
    const deletions = chosen.map((pod) => deletePod(subject, pod))
    return batch(deletions, {
      then: (outcomes) => {
        const error = firstError(outcomes)
        return finish(error === undefined ? undefined : new Error(`unable to delete pods: ${error.message}`))
      },
    })
  }
  return undefined
}

/** The pods of all sets that have the same controller as `set`: the old and the new ones of a Deployment. */
function relatedPods(owner: ReplicaOwner, set: ReplicaSet, listers: Listers): readonly Pod[] {
  const pods = listers.of<core.Pod>('pods')
  const controller = set.metadata.ownerReferences?.find((reference) => reference.controller === true)
  if (controller === undefined) return pods.byIndex('owner', set.metadata.uid)
  const sets = listers.of<apps.ReplicaSet>(owner.resource).byIndex('owner', controller.uid)
  return sets.flatMap((each) => pods.byIndex('owner', each.metadata.uid))
}

/** Of a write that failed, and not because the thing or its namespace is going away. */
function firstError(outcomes: readonly Outcome[]): StatusError | undefined {
  return outcomes.find(({ error }) => error !== undefined && !isNotFound(error) && !isNamespaceTerminating(error))
    ?.error
}

/** @param error of creating or deleting pods: becomes the condition ReplicaFailure */
export function calculateStatus(
  set: ReplicaSet,
  pods: readonly Pod[],
  terminatingReplicas: number | undefined,
  error: Error | undefined,
  now: number,
): Frozen<apps.ReplicaSetStatus> {
  const { replicas = 0, minReadySeconds = 0, template } = set.spec ?? {}
  const templateLabels = selectorFromSet(template?.metadata?.labels)
  const conditions = withFailure(set, pods.length - replicas, error, now)
  return {
    replicas: pods.length,
    ...nonZero({
      fullyLabeledReplicas: pods.filter((pod) => templateLabels.matches(pod.metadata.labels)).length,
      readyReplicas: pods.filter(isPodReady).length,
      availableReplicas: pods.filter((pod) => isPodAvailable(pod, minReadySeconds, now)).length,
    }),
    ...(terminatingReplicas === undefined ? {} : { terminatingReplicas }),
    ...nonZero({ observedGeneration: set.metadata.generation ?? 0 }),
    ...(conditions.length === 0 ? {} : { conditions }),
  }
}

function withFailure(
  set: ReplicaSet,
  surplus: number,
  error: Error | undefined,
  now: number,
): readonly Frozen<apps.ReplicaSetCondition>[] {
  const { conditions = [] } = set.status ?? {}
  if (error === undefined) return withoutCondition(conditions, 'ReplicaFailure')
  if (findCondition(conditions, 'ReplicaFailure') !== undefined) return conditions
  const reason = surplus < 0 ? 'FailedCreate' : 'FailedDelete'
  const { message } = error
  return [
    ...conditions,
    { type: 'ReplicaFailure', status: 'True', lastTransitionTime: formatTime(now), reason, message },
  ]
}

/** Comes back when the next ready pod has been ready for long enough to be available. */
function availabilityCheck(
  set: ReplicaSet,
  status: Frozen<apps.ReplicaSetStatus>,
  pods: readonly Pod[],
  now: number,
): readonly Action[] {
  const { minReadySeconds = 0 } = set.spec ?? {}
  if (minReadySeconds === 0 || status.readyReplicas === status.availableReplicas) return []
  return [requeueAfter(nextAvailabilityCheck(pods, minReadySeconds, now) ?? minReadySeconds * 1000)]
}
