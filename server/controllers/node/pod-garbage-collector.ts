// Pods that nobody else would ever end: of nodes that are gone or out of service, and those that never got a node.
// Left out: the limit on finished pods (12,500).
// Source: kubernetes pkg/controller/podgc (v1.36)
import type * as core from '../../api/core.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import { isNotFound } from '../../apimachinery/errors.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { patch, remove, requeueAfter, retry, type Action } from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'
import { keyOf, splitKey } from '../../client/indexer.ts'
import { findCondition } from '../conditions.ts'
import { disruptionTarget, isPodTerminal, timeOf, type Pod } from '../pod-status.ts'

/** A node that is missed for so long will not come back. */
const QUARANTINE_MS = 40_000
/** About how long a pod waits until it is looked at. */
const PERIOD_MS = 10_000
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'
/** Keys of pods start with it, those of nodes do not. */
const POD_KEY = 'pod:'

export function podGarbageCollector(): Controller {
  const missing: MissingNodes = new Map()
  return defineController({
    name: 'pod-garbage-collector-controller',
    serviceAccount: 'pod-garbage-collector',
    watches: [
      { resource: 'nodes', enqueue: keysOfNode },
      { resource: 'pods', enqueue: keysOfPod },
    ],
    reconcile: (key, listers, now) =>
      key.startsWith(POD_KEY)
        ? reconcileTerminating(key.slice(POD_KEY.length), listers, now)
        : reconcileMissingNode(key, listers, now, missing),
  })
}

function keysOfNode({ type, object }: WatchEvent, listers: Listers): readonly string[] {
  const { name } = object.metadata
  if (type !== 'MODIFIED') return [name]
  if (!isOutOfService(object as Frozen<core.Node>)) return []
  const pods = listers.of<core.Pod>('pods').byIndex('node', name)
  return pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).map((pod) => POD_KEY + keyOf(pod))
}

function keysOfPod({ type, object }: WatchEvent, listers: Listers): readonly string[] {
  const { nodeName = '' } = (object as Pod).spec ?? {}
  const isLeaving = type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined
  if (nodeName === '') return isLeaving ? [POD_KEY + keyOf(object)] : []
  const node = listers.of<core.Node>('nodes').get(undefined, nodeName)
  // A pod may outlive its node, or be bound to one that never was.
  if (node === undefined) return [nodeName]
  return isLeaving && isOutOfService(node) ? [POD_KEY + keyOf(object)] : []
}

/** Somebody said so, and it is not ready. */
function isOutOfService(node: Frozen<core.Node>): boolean {
  const isSaid = node.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true
  return isSaid && findCondition(node.status?.conditions, 'Ready')?.status !== 'True'
}

/** Pods on their way out whom no kubelet will help to it. */
export function reconcileTerminating(key: string, listers: Listers, now: number): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const pod = listers.of<core.Pod>('pods').get(namespace, name)
  const since = timeOf(pod?.metadata.deletionTimestamp)
  if (pod === undefined || since === undefined) return []
  const { nodeName = '' } = pod.spec ?? {}
  if (nodeName !== '') {
    const node = listers.of<core.Node>('nodes').get(undefined, nodeName)
    return node !== undefined && isOutOfService(node) ? forceOut(pod) : []
  }
  const waitMs = since + PERIOD_MS - now
  return waitMs > 0 ? [requeueAfter(waitMs)] : forceOut(pod)
}

/** Since when nodes that pods name are not there, in milliseconds. */
export type MissingNodes = Map<string, number>

export function reconcileMissingNode(
  nodeName: string,
  listers: Listers,
  now: number,
  missing: MissingNodes,
): readonly Action[] {
  const pods = listers.of<core.Pod>('pods').byIndex('node', nodeName)
  if (listers.of<core.Node>('nodes').get(undefined, nodeName) !== undefined || pods.length === 0) {
    missing.delete(nodeName)
    return []
  }
  const since = missing.get(nodeName) ?? now
  missing.set(nodeName, since)
  if (now < since + QUARANTINE_MS) return [requeueAfter(since + QUARANTINE_MS - now)]
  return pods.flatMap((pod) => collect(pod, now))
}

function collect(pod: Pod, now: number): readonly Action[] {
  return forceOut(pod, disruptionTarget(pod, 'DeletionByPodGC', 'PodGC: node no longer exists', formatTime(now)))
}

/** Failed first, so that whoever counts on its end sees it. */
function forceOut(pod: Pod, condition?: Frozen<core.PodCondition>): readonly Action[] {
  const deletion = remove('pods', pod, { options: { gracePeriodSeconds: 0 } })
  if (isPodTerminal(pod)) return [deletion]
  const conditions = condition === undefined ? {} : { conditions: [condition] }
  const body = { metadata: { uid: pod.metadata.uid }, status: { phase: 'Failed', ...conditions } }
  return [
    patch('pods', pod, 'application/strategic-merge-patch+json', body, {
      subresource: 'status',
      then: ({ error }) => (error === undefined || isNotFound(error) ? [deletion] : [retry(error)]),
    }),
  ]
}
