// The Jobs of a CronJob: how they are named and made, and the list of those that run.
// Source: kubernetes pkg/controller/cronjob, getJobFromTemplate2, getJobName (v1.36)
import type * as batch from '../../api/batch.ts'
import type { ObjectReference } from '../../api/core.ts'
import { formatTimeIn } from '../../apimachinery/time-zone.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import type { CronJobSpec } from '../../api/batch.ts'
import { newControllerRef } from '../owner.ts'
import { timeOf } from '../pod-status.ts'

/** The spec is there: validation asks for its schedule. */
export type CronJob = Frozen<Stored<batch.CronJob> & { spec: CronJobSpec }>
export type Job = Frozen<Stored<batch.Job>>
export type Reference = Frozen<ObjectReference>

export const CRON_JOBS = 'cronjobs.batch'
export const JOBS = 'jobs.batch'
export const KIND = { apiVersion: 'batch/v1', kind: 'CronJob' }

const SCHEDULED_TIME = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

/** The same time makes the same name: nothing starts twice. */
export function jobName({ metadata }: CronJob, scheduled: number): string {
  return `${metadata.name}-${Math.floor(scheduled / 60_000)}`
}

export function newJob(cronJob: CronJob, scheduled: number): Frozen<batch.Job> {
  const { jobTemplate, timeZone } = cronJob.spec
  const { labels, annotations } = jobTemplate.metadata ?? {}
  const { namespace = '' } = cronJob.metadata
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, scheduled),
      namespace,
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [SCHEDULED_TIME]: formatTimeIn(scheduled, timeZone) },
      ownerReferences: [newControllerRef(cronJob, KIND)],
    },
    ...(jobTemplate.spec === undefined ? {} : { spec: jobTemplate.spec }),
  }
}

export function referenceTo({ metadata }: Job): Reference {
  const { namespace = '', name, uid, resourceVersion } = metadata
  return { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion }
}

/** Those that started first come first, those that have not started last. */
export function byStart(a: Job, b: Job): number {
  const [left = Infinity, right = Infinity] = [timeOf(a.status?.startTime), timeOf(b.status?.startTime)]
  if (left !== right) return left < right ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}
