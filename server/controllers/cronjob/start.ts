// Starting the Job of a CronJob when its time has come, as its concurrency policy allows.
// Source: kubernetes pkg/controller/cronjob, syncCronJob (v1.36)
import { formatTime } from '../../apimachinery/clock.ts'
import { parseSchedule, type CronSchedule } from '../../apimachinery/cron-schedule.ts'
import { isAlreadyExists } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-quote.ts'
import { isTimeZone } from '../../apimachinery/time-zone.ts'
import {
  batch,
  create,
  event,
  requeueAfter,
  retry,
  type Action,
  type Continuation,
  type EventAction,
} from '../../client/action.ts'
import { subjectOf } from '../../client/events.ts'
import { controllerOf } from '../owner.ts'
import { isNamespaceTerminating } from '../pod-control.ts'
import { timeOf } from '../pod-status.ts'
import { removeJob, withActive, withoutActive, type CronStatus } from './history.ts'
import { jobName, JOBS, KIND, newJob, referenceTo, type CronJob, type Job } from './jobs.ts'
import { lastDue, untilNext, type Due } from './missed.ts'

type Finish = (status: CronStatus) => readonly Action[]

/** Starts what is due, writes the status with `finish` and comes back when the next time has come. */
export function start(
  cronJob: CronJob,
  status: CronStatus,
  jobs: readonly Job[],
  now: number,
  finish: Finish,
): readonly Action[] {
  const { suspend, timeZone } = cronJob.spec
  if (cronJob.metadata.deletionTimestamp !== undefined) return finish(status)
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const message = `invalid timeZone: ${quote(timeZone)}: unknown time zone ${timeZone}`
    return [warning(cronJob, 'UnknownTimeZone', message), ...finish(status)]
  }
  if (suspend === true) return finish(status)
  return [...warningsOfSchedule(cronJob), ...startOnSchedule(cronJob, status, jobs, now, finish)]
}

function warning(cronJob: CronJob, reason: string, message: string): EventAction {
  return event(subjectOf(cronJob, KIND), 'Warning', reason, message)
}

function warningsOfSchedule(cronJob: CronJob): readonly Action[] {
  const { schedule } = cronJob.spec
  if (!schedule.includes('TZ')) return []
  const where = 'see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details'
  const message = `CRON_TZ or TZ used in schedule ${quote(schedule)} is not officially supported, ${where}`
  return [warning(cronJob, 'UnsupportedSchedule', message)]
}

function startOnSchedule(
  cronJob: CronJob,
  status: CronStatus,
  jobs: readonly Job[],
  now: number,
  finish: Finish,
): readonly Action[] {
  const { schedule: text, timeZone } = cronJob.spec
  let schedule: CronSchedule
  try {
    schedule = parseSchedule(text, timeZone)
  } catch (error) {
    const message = `unparseable schedule: ${quote(text)} : ${(error as Error).message}`
    return [warning(cronJob, 'UnparseableSchedule', message), ...finish(status)]
  }
  let due: Due
  try {
    due = lastDue(cronJob, schedule, now, true)
  } catch (error) {
    const message = `invalid schedule: ${text} : ${(error as Error).message}`
    return [warning(cronJob, 'InvalidSchedule', message), ...finish(status)]
  }
  const comeBack = (next: CronStatus): Action => requeueAfter(untilNext({ ...cronJob, status: next }, schedule, now))
  if (due.last === undefined) return [...finish(status), comeBack(status)]
  const many = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'
  const missed = due.missed === 'many' ? [warning(cronJob, 'TooManyMissedTimes', many)] : []
  const obstacle = obstacleTo(cronJob, status, due.last)
  if (obstacle !== undefined) return [...missed, ...obstacle, ...finish(status), comeBack(status)]
  const { last } = due
  return [
    ...missed,
    ...replaceRunning(cronJob, status, jobs, finish, (left) =>
      startJob(cronJob, left, jobs, last, (next) => [...finish(next), comeBack(next)], finish),
    ),
  ]
}

/** What is told when nothing is started, perhaps nothing; undefined if nothing is in the way. */
function obstacleTo(
  cronJob: CronJob,
  { active = [], lastScheduleTime }: CronStatus,
  scheduled: number,
): readonly EventAction[] | undefined {
  const { concurrencyPolicy } = cronJob.spec
  const isListed = active.some(({ name }) => name === jobName(cronJob, scheduled))
  if (isListed || timeOf(lastScheduleTime) === scheduled) return []
  if (concurrencyPolicy !== 'Forbid' || active.length === 0) return undefined
  const message = 'Not starting job because prior execution is running and concurrency policy is Forbid'
  return [event(subjectOf(cronJob, KIND), 'Normal', 'JobAlreadyActive', message)]
}

/** With the policy Replace, what runs makes room. */
function replaceRunning(
  cronJob: CronJob,
  status: CronStatus,
  jobs: readonly Job[],
  finish: Finish,
  next: (status: CronStatus) => readonly Action[],
): readonly Action[] {
  const { active = [] } = status
  const running = jobs.filter(({ metadata }) => active.some(({ uid }) => uid === metadata.uid))
  if (cronJob.spec.concurrencyPolicy !== 'Replace' || running.length === 0) return next(status)
  return [
    batch(
      running.map((job) => removeJob(cronJob, job)),
      {
        then(outcomes) {
          const gone = running.filter((_, at) => outcomes[at]?.object !== undefined)
          const left = withoutActive(status, new Set(gone.map(({ metadata }) => metadata.uid)))
          const kept = running.find((job) => !gone.includes(job))
          if (kept === undefined) return next(left)
          const { namespace, name } = kept.metadata
          return [...finish(left), retry(new Error(`could not replace job ${namespace}/${name}`))]
        },
      },
    ),
  ]
}

function startJob(
  cronJob: CronJob,
  status: CronStatus,
  jobs: readonly Job[],
  scheduled: number,
  started: Finish,
  finish: Finish,
): readonly Action[] {
  const list = (job: Job): readonly Action[] => {
    const active = [...(status.active ?? []), referenceTo(job)]
    return started({ ...withActive(status, active), lastScheduleTime: formatTime(scheduled) })
  }
  const then: Continuation = ({ object, error }) => {
    if (object !== undefined) {
      const message = `Created job ${object.metadata.name}`
      return [event(subjectOf(cronJob, KIND), 'Normal', 'SuccessfulCreate', message), ...list(object as Job)]
    }
    if (isAlreadyExists(error)) {
      // Made before, but not noted; or somebody else's, who will see to it.
      const job = jobs.find(({ metadata }) => metadata.name === jobName(cronJob, scheduled))
      const isOurs = job !== undefined && controllerOf(job)?.uid === cronJob.metadata.uid
      const isListed = status.active?.some(({ uid }) => uid === job?.metadata.uid) === true
      return isOurs && !isListed ? list(job) : finish(status)
    }
    const told = isNamespaceTerminating(error)
      ? []
      : [warning(cronJob, 'FailedCreate', `Error creating job: ${error.message}`)]
    return [...told, ...finish(status), retry(error)]
  }
  return [create(JOBS, newJob(cronJob, scheduled), then)]
}
