// Finished Jobs of a CronJob beyond its history limits go, the oldest first.
// Source: kubernetes pkg/controller/cronjob, cleanupFinishedJobs, deleteJob (v1.36)
import type * as batchApi from '../../api/batch.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { batch, event, remove, type Action, type Continuation, type DeleteAction } from '../../client/action.ts'
import { subjectOf } from '../../client/events.ts'
import { finishedCondition } from '../job/conditions.ts'
import { byStart, JOBS, KIND, type CronJob, type Job } from './jobs.ts'

export type CronStatus = Frozen<batchApi.CronJobStatus>

/** Goes on with `next`, which gets the status without the jobs that went. */
export function removeOldJobs(
  cronJob: CronJob,
  jobs: readonly Job[],
  next: (status: CronStatus) => readonly Action[],
): readonly Action[] {
  const { successfulJobsHistoryLimit = Infinity, failedJobsHistoryLimit = Infinity } = cronJob.spec
  const old = [
    ...beyond(jobs, 'Complete', successfulJobsHistoryLimit),
    ...beyond(jobs, 'Failed', failedJobsHistoryLimit),
  ]
  const status = cronJob.status ?? {}
  if (old.length === 0) return next(status)
  return [
    batch(
      old.map((job) => removeJob(cronJob, job)),
      {
        then(outcomes) {
          const gone = old.filter((_, at) => outcomes[at]?.object !== undefined)
          return next(withoutActive(status, new Set(gone.map(({ metadata }) => metadata.uid))))
        },
      },
    ),
  ]
}

function beyond(jobs: readonly Job[], end: 'Complete' | 'Failed', limit: number): readonly Job[] {
  const ended = jobs.filter(({ status }) => finishedCondition(status?.conditions)?.type === end)
  return ended.toSorted(byStart).slice(0, Math.max(0, ended.length - limit))
}

export function removeJob(cronJob: CronJob, job: Job): DeleteAction {
  const subject = subjectOf(cronJob, KIND)
  const then: Continuation = ({ error }) => [
    error === undefined
      ? event(subject, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`)
      : event(subject, 'Warning', 'FailedDelete', `Deleted job: ${error.message}`),
  ]
  return remove(JOBS, job, { options: { propagationPolicy: 'Background' }, then })
}

export function withoutActive(status: CronStatus, uids: ReadonlySet<string>): CronStatus {
  const { active = [], ...rest } = status
  return withActive(
    rest,
    active.filter(({ uid = '' }) => !uids.has(uid)),
  )
}

export function withActive(status: CronStatus, active: NonNullable<CronStatus['active']>): CronStatus {
  const { active: _, ...rest } = status
  return { ...rest, ...(active.length === 0 ? {} : { active }) }
}
