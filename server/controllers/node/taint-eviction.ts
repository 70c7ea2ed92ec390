// Pods on nodes with NoExecute taints go: at once, or when the time for which they tolerate it is over.
// Source: kubernetes pkg/controller/tainteviction (v1.36)
import type * as core from '../../api/core.ts'
import { tolerates, toleratesTaint } from '../../api/taints.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { event, patch, remove, requeueAfter, type Action } from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'
import { keyOf, splitKey } from '../../client/indexer.ts'
import { disruptionTarget, type Pod } from '../pod-status.ts'
import type { Taint } from './taints.ts'

export function taintEviction(): Controller {
  const evictions = new Evictions()
  return defineController({
    name: 'taint-eviction-controller',
    serviceAccount: 'node-controller',
    watches: [
      { resource: 'nodes', enqueue: podsOfTaintedNode },
      { resource: 'pods', enqueue: (change, listers) => keysOfPod(change, listers, evictions) },
    ],
    reconcile: (key, listers, now) => reconcileEviction(key, listers, now, evictions),
  })
}

/** Since when the pods that will be evicted have been waiting for it. */
export class Evictions extends Map<string, number> {}

function noExecute(node: Frozen<core.Node> | undefined): readonly Taint[] {
  return node?.spec?.taints?.filter(({ effect }) => effect === 'NoExecute') ?? []
}

function podsOfTaintedNode({ object, old }: WatchEvent, listers: Listers): Iterable<string> {
  const before = noExecute(old as Frozen<core.Node> | undefined)
  const after = noExecute(object as Frozen<core.Node>)
  return deepEqual(before, after) ? [] : listers.of<core.Pod>('pods').byIndex('node', object.metadata.name).map(keyOf)
}

function keysOfPod({ object }: WatchEvent, listers: Listers, evictions: Evictions): Iterable<string> {
  const { nodeName = '' } = (object as Pod).spec ?? {}
  const key = keyOf(object)
  const node = listers.of<core.Node>('nodes').get(undefined, nodeName)
  return evictions.has(key) || noExecute(node).length > 0 ? [key] : []
}

export function reconcileEviction(key: string, listers: Listers, now: number, evictions: Evictions): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const pod = listers.of<core.Pod>('pods').get(namespace, name)
  const node = listers.of<core.Node>('nodes').get(undefined, pod?.spec?.nodeName ?? '')
  const tolerated = pod === undefined ? undefined : toleratedSeconds(pod, noExecute(node))
  if (pod === undefined || tolerated === undefined || pod.metadata.deletionTimestamp !== undefined) {
    const waited = evictions.delete(key) && pod?.metadata.deletionTimestamp === undefined
    return waited ? [evictionEvent(namespace, name, 'Cancelling deletion of Pod')] : []
  }
  const since = evictions.get(key) ?? now
  const waitMs = since + tolerated * 1000 - now
  if (waitMs > 0) {
    evictions.set(key, since)
    return [requeueAfter(waitMs)]
  }
  evictions.delete(key)
  return [evictionEvent(namespace, name, 'Marking for deletion Pod'), ...evict(pod, now)]
}

/** How long the pod may stay, in seconds; undefined for ever. */
function toleratedSeconds({ spec }: Pod, taints: readonly Taint[]): number | undefined {
  const tolerations = spec?.tolerations ?? []
  if (!taints.every((taint) => tolerates(tolerations, taint))) return 0
  const used = tolerations.filter((toleration) => taints.some((taint) => toleratesTaint(toleration, taint)))
  const limits = used.flatMap(({ tolerationSeconds }) =>
    tolerationSeconds === undefined ? [] : Math.max(0, tolerationSeconds),
  )
  return limits.length === 0 ? undefined : Math.min(...limits)
}

function evict(pod: Pod, now: number): readonly Action[] {
  const message = 'Taint manager: deleting due to NoExecute taint'
  const condition = disruptionTarget(pod, 'DeletionByTaintManager', message, formatTime(now))
  const body = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } }
  return [
    patch('pods', pod, 'application/strategic-merge-patch+json', body, { subresource: 'status' }),
    remove('pods', pod),
  ]
}

function evictionEvent(namespace: string, name: string, what: string): Action {
  const subject = { kind: 'Pod', apiVersion: 'v1', namespace, name }
  return event(subject, 'Normal', 'TaintManagerEviction', `${what} ${namespace}/${name}`)
}
