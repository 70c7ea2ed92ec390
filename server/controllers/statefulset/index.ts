// StatefulSets: pods with names that stay, which come and go in order, each with claims of its own.
// Source: kubernetes pkg/controller/statefulset (v1.36)
import type * as apps from '../../api/apps.ts'
import type * as core from '../../api/core.ts'
import { requeueAfter, retry, updateStatus, type Action } from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Listers } from '../../client/controller.ts'
import { splitKey } from '../../client/indexer.ts'
import { claimRevisions, REVISIONS, type Revision } from '../history.ts'
import { claim, controllerOf, indexOrphans, ownerKeys, selectorOf } from '../owner.ts'
import { nextAvailabilityCheck, type Pod } from '../pod-status.ts'
import { isMemberOf, KIND, type StatefulSet } from './identity.ts'
import { CLAIMS } from './pod-control.ts'
import { syncReplicas } from './replicas.ts'
import { truncateHistory, withRevisions, type Revisions } from './revisions.ts'
import { changedStatus, type Counts } from './status.ts'

const RESOURCE = 'statefulsets.apps'

export const statefulset = defineController({
  name: 'statefulset-controller',
  watches: [
    { resource: RESOURCE, enqueue: 'self' },
    {
      resource: 'pods',
      enqueue: (event, listers) =>
        ownerKeys(event, KIND.kind, listers.of<apps.StatefulSet>(RESOURCE), ({ spec }) => selectorOf(spec?.selector)),
      indexes: { orphans: indexOrphans },
    },
    { resource: CLAIMS, enqueue: keysOfClaim },
    { resource: REVISIONS, enqueue: 'none', indexes: { orphans: indexOrphans } },
  ],
  reconcile,
})

/** A pod may have to wait until the claim of its predecessor is gone, and nothing else would tell. */
function keysOfClaim({ type, object }: WatchEvent): Iterable<string> {
  const owner = controllerOf(object)
  if (type !== 'DELETED' || owner?.kind !== 'Pod') return []
  const [, set] = /^(.*)-[0-9]+$/.exec(owner.name) ?? []
  return set === undefined ? [] : [`${object.metadata.namespace ?? ''}/${set}`]
}

function reconcile(key: string, listers: Listers, now: number): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const set = listers.of<apps.StatefulSet>(RESOURCE).get(namespace, name)
  if (set === undefined) return []
  const selector = selectorOf(set.spec?.selector)
  const revisions = claimRevisions(set, KIND, selector, listers)
  const lister = listers.of<core.Pod>('pods')
  const candidates = [...lister.byIndex('owner', set.metadata.uid), ...lister.byIndex('orphans', namespace)]
  const pods = claim('pods', set, KIND, selector, candidates, (pod) => isMemberOf(set, pod))
  return [...revisions.actions, ...pods.actions, ...sync(set, pods.claimed, revisions.claimed, listers, now)]
}

function sync(
  set: StatefulSet,
  pods: readonly Pod[],
  known: readonly Revision[],
  listers: Listers,
  now: number,
): readonly Action[] {
  return withRevisions(set, known, listers, (revisions, error) => {
    if (revisions === undefined) return [...truncateHistory(set, known, pods, revisions), ...retried(error)]
    return syncReplicas({ set, listers }, pods, revisions, now, (counts, failure) => [
      ...writeStatus(set, counts, revisions),
      ...truncateHistory(set, known, pods, revisions),
      ...(failure === undefined ? availabilityCheck(set, counts, pods, now) : retried(failure)),
    ])
  })
}

function retried(error: Error | undefined): readonly Action[] {
  return error === undefined ? [] : [retry(error)]
}

function writeStatus(set: StatefulSet, counts: Counts, revisions: Revisions): readonly Action[] {
  const status = changedStatus(set, counts, revisions)
  return status === undefined ? [] : [updateStatus(RESOURCE, { ...set, status })]
}

/** Comes back when the next ready pod has been ready for long enough to be available. */
function availabilityCheck(set: StatefulSet, counts: Counts, pods: readonly Pod[], now: number): readonly Action[] {
  const { minReadySeconds = 0 } = set.spec ?? {}
  if (minReadySeconds === 0 || counts.readyReplicas === counts.availableReplicas) return []
  return [requeueAfter(nextAvailabilityCheck(pods, minReadySeconds, now) ?? minReadySeconds * 1000)]
}
