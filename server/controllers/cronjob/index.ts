// CronJobs: a Job whenever it is time, and no more finished ones kept than asked for.
// Source: kubernetes pkg/controller/cronjob, ControllerV2 (v1.36)
import type * as batchApi from '../../api/batch.ts'
import { parseSchedule } from '../../apimachinery/cron-schedule.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { requeueAfter, updateStatus, type Action } from '../../client/action.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'
import { splitKey } from '../../client/indexer.ts'
import { controllerOf } from '../owner.ts'
import { CRON_JOBS, JOBS, KIND, type CronJob, type Job } from './jobs.ts'
import { untilNext } from './missed.ts'
import { removeOldJobs, type CronStatus } from './history.ts'
import { lookAfterJobs } from './active.ts'
import { start } from './start.ts'

/** The schedule a CronJob had when it was looked at last. */
interface KnownSchedule {
  readonly uid: string
  readonly schedule: string
  readonly timeZone: string | undefined
}

export function cronjob(): Controller {
  const known = new Map<string, KnownSchedule>()
  return defineController({
    name: 'cronjob-controller',
    watches: [
      { resource: CRON_JOBS, enqueue: 'self' },
      { resource: JOBS, enqueue: { owner: KIND.kind } },
    ],
    reconcile(key, listers, now): readonly Action[] {
      const { namespace, name } = splitKey(key)
      const found = listers.of<batchApi.CronJob>(CRON_JOBS).get(namespace, name)
      const { uid = '' } = found?.metadata ?? {}
      const { schedule = '', timeZone } = found?.spec ?? {}
      const before = known.get(key)
      if (found?.spec === undefined) known.delete(key)
      else known.set(key, { uid, schedule, timeZone })
      if (found?.spec === undefined) return []
      const cronJob = found as CronJob
      const isNewSchedule = before?.uid === uid && (before.schedule !== schedule || before.timeZone !== timeZone)
      // A new schedule tells of the time to come: what it would have asked for before is not made up for.
      return isNewSchedule ? waitForNext(cronJob, now) : sync(cronJob, jobsOf(cronJob, listers), now)
    },
  })
}

function waitForNext(cronJob: CronJob, now: number): readonly Action[] {
  const { schedule, timeZone } = cronJob.spec
  try {
    return [requeueAfter(untilNext(cronJob, parseSchedule(schedule, timeZone), now))]
  } catch {
    return sync(cronJob, [], now)
  }
}

function jobsOf({ metadata }: CronJob, listers: Listers): readonly Job[] {
  const jobs = listers.of<batchApi.Job>(JOBS).list(metadata.namespace)
  return jobs.filter((job) => controllerOf(job)?.name === metadata.name)
}

function sync(cronJob: CronJob, jobs: readonly Job[], now: number): readonly Action[] {
  const finish = (status: CronStatus): readonly Action[] =>
    deepEqual(status, cronJob.status ?? {}) ? [] : [updateStatus(CRON_JOBS, { ...cronJob, status })]
  return removeOldJobs(cronJob, jobs, (kept) => {
    const { status, events } = lookAfterJobs(cronJob, kept, jobs)
    return [...events, ...start(cronJob, status, jobs, now, finish)]
  })
}
