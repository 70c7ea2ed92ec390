// Finished Jobs that say for how long they want to be kept are deleted after that time, with all that is theirs.
// Source: kubernetes pkg/controller/ttlafterfinished (v1.36)
import type * as batch from '../api/batch.ts'
import { remove, requeueAfter, type Action } from '../client/action.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { splitKey } from '../client/indexer.ts'
import { finishedCondition } from './job/conditions.ts'
import { timeOf } from './pod-status.ts'

const JOBS = 'jobs.batch'

export const ttlAfterFinished = defineController({
  name: 'ttl-after-finished-controller',
  watches: [{ resource: JOBS, enqueue: 'self' }],
  reconcile,
})

function reconcile(key: string, listers: Listers, now: number): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const job = listers.of<batch.Job>(JOBS).get(namespace, name)
  const { ttlSecondsAfterFinished } = job?.spec ?? {}
  if (job === undefined || ttlSecondsAfterFinished === undefined || job.metadata.deletionTimestamp !== undefined)
    return []
  const finished = timeOf(finishedCondition(job.status?.conditions)?.lastTransitionTime)
  if (finished === undefined) return []
  const left = finished + ttlSecondsAfterFinished * 1000 - now
  if (left > 0) return [requeueAfter(left)]
  // A change of the ttl that is not seen yet counts.
  const preconditions = { resourceVersion: job.metadata.resourceVersion }
  return [remove(JOBS, job, { options: { propagationPolicy: 'Foreground', preconditions } })]
}
