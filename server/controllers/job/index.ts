// Jobs: pods that run until enough of them have succeeded, or too many have failed.
// Source: kubernetes pkg/controller/job (v1.36)
import type * as batchApi from '../../api/batch.ts'
import type * as core from '../../api/core.ts'
import { isNotFound } from '../../apimachinery/errors.ts'
import { retry, type Action } from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'
import { keyOf, splitKey } from '../../client/indexer.ts'
import { claim, controllerOf, indexOrphans, ownerKeys, selectorOf } from '../owner.ts'
import type { Pod } from '../pod-status.ts'
import { noFailures } from './back-off.ts'
import { finishedCondition } from './conditions.ts'
import { isManagedElsewhere, isTracked, JOBS, KIND, removeFinalizer, TRACKING_FINALIZER, type Job } from './pods.ts'
import { syncJob, type Memory } from './sync.ts'

/** Keys of pods that no Job looks after, though they have its finalizer, start with it. */
const POD_KEY = 'pod:'

export function job(): Controller {
  const memories = new Map<string, Memory & { readonly uid: string }>()
  return defineController({
    name: 'job-controller',
    watches: [
      { resource: JOBS, enqueue: (event, listers) => keysOfJob(event as WatchEvent<batchApi.Job>, listers) },
      {
        resource: 'pods',
        enqueue: (event, listers) => keysOfPod(event as WatchEvent<core.Pod>, listers),
        indexes: { orphans: indexOrphans },
      },
    ],
    backOff: { firstMs: 1000, longestMs: 60_000 },
    reconcile(key, listers, now): readonly Action[] {
      if (key.startsWith(POD_KEY)) return releaseOrphan(key.slice(POD_KEY.length), listers)
      const { namespace, name } = splitKey(key)
      const found = listers.of<batchApi.Job>(JOBS).get(namespace, name)
      if (found === undefined || finishedCondition(found.status?.conditions) !== undefined) memories.delete(key)
      else if (!isManagedElsewhere(found)) return reconcile(found, listers, memoryOf(key, found), now)
      return []
    },
  })

  function memoryOf(key: string, { metadata }: Job): Memory {
    let memory = memories.get(key)
    if (memory?.uid !== metadata.uid) {
      memory = { uid: metadata.uid, failures: noFailures, released: new Set() }
      memories.set(key, memory)
    }
    return memory
  }
}

function reconcile(found: Job, listers: Listers, memory: Memory, now: number): readonly Action[] {
  const lister = listers.of<core.Pod>('pods')
  const { namespace, uid } = found.metadata
  const candidates = [...lister.byIndex('owner', uid), ...lister.byIndex('orphans', namespace ?? '')]
  const selector = selectorOf(found.spec?.selector)
  const { claimed, actions } = claim('pods', found, KIND, selector, candidates, undefined, TRACKING_FINALIZER)
  const shown = new Set(candidates.filter(isTracked).map(({ metadata }) => metadata.uid))
  for (const released of memory.released) if (!shown.has(released)) memory.released.delete(released)
  return [
    ...actions,
    ...syncJob(
      found,
      claimed.map((pod) => withFinalizer(pod, found)),
      memory,
      now,
    ),
  ]
}

/** A pod that is being adopted, as it is about to be. */
function withFinalizer(pod: Pod, { metadata }: Job): Pod {
  if (isTracked(pod) || controllerOf(pod)?.uid === metadata.uid) return pod
  return { ...pod, metadata: { ...pod.metadata, finalizers: [...(pod.metadata.finalizers ?? []), TRACKING_FINALIZER] } }
}

/** A Job that is at its end, or gone, leaves pods to be released. */
function keysOfJob({ type, object }: WatchEvent<batchApi.Job>, listers: Listers): Iterable<string> {
  const key = keyOf(object)
  if (type !== 'DELETED' && finishedCondition(object.status?.conditions) === undefined) return [key]
  const selector = selectorOf(object.spec?.selector)
  const pods = listers.of<core.Pod>('pods').list(object.metadata.namespace)
  const left = pods.filter((pod) => isTracked(pod) && selector.matches(pod.metadata.labels))
  return [key, ...left.map((pod) => POD_KEY + keyOf(pod))]
}

function keysOfPod(event: WatchEvent<core.Pod>, listers: Listers): Iterable<string> {
  const jobs = listers.of<batchApi.Job>(JOBS)
  const keys = ownerKeys(event, KIND.kind, jobs, ({ spec }) => selectorOf(spec?.selector))
  const pod = event.object
  return event.type !== 'DELETED' && isTracked(pod) && isOrphan(pod, listers) ? [...keys, POD_KEY + keyOf(pod)] : keys
}

/** No Job will count the pod. */
function isOrphan(pod: Pod, listers: Listers): boolean {
  const owner = controllerOf(pod)
  if (owner === undefined) return true
  if (owner.kind !== KIND.kind || owner.apiVersion !== KIND.apiVersion) return false
  const found = listers.of<batchApi.Job>(JOBS).get(pod.metadata.namespace, owner.name)
  if (found === undefined || found.metadata.uid !== owner.uid) return true
  return !isManagedElsewhere(found) && finishedCondition(found.status?.conditions) !== undefined
}

function releaseOrphan(podKey: string, listers: Listers): readonly Action[] {
  const { namespace, name } = splitKey(podKey)
  const pod = listers.of<core.Pod>('pods').get(namespace, name)
  if (pod === undefined || !isTracked(pod) || !isOrphan(pod, listers)) return []
  return [removeFinalizer(pod, ({ error }) => (error === undefined || isNotFound(error) ? [] : [retry(error)]))]
}
