// The list of running Jobs of a CronJob: what has ended or gone is taken off it.
// Source: kubernetes pkg/controller/cronjob, syncCronJob (v1.36)
import { event, type EventAction } from '../../client/action.ts'
import { subjectOf } from '../../client/events.ts'
import { finishedCondition } from '../job/conditions.ts'
import { timeOf } from '../pod-status.ts'
import { withoutActive, type CronStatus } from './history.ts'
import { KIND, type CronJob, type Job } from './jobs.ts'

export interface ActiveJobs {
  readonly status: CronStatus
  readonly events: readonly EventAction[]
}

export function lookAfterJobs(cronJob: CronJob, status: CronStatus, jobs: readonly Job[]): ActiveJobs {
  const subject = subjectOf(cronJob, KIND)
  const events: EventAction[] = []
  const { active = [] } = status
  const gone = new Set<string>()
  let { lastSuccessfulTime } = status
  for (const { metadata, status: { conditions, completionTime } = {} } of jobs) {
    const isListed = active.some(({ uid }) => uid === metadata.uid)
    const end = finishedCondition(conditions)
    if (end === undefined) {
      if (isListed) continue
      const message = `Saw a job that the controller did not create or forgot: ${metadata.name}`
      events.push(event(subject, 'Warning', 'UnexpectedJob', message))
      continue
    }
    if (isListed) {
      gone.add(metadata.uid)
      const message = `Saw completed job: ${metadata.name}, condition: ${end.type}`
      events.push(event(subject, 'Normal', 'SawCompletedJob', message))
    }
    const isLater = (timeOf(completionTime) ?? 0) > (timeOf(lastSuccessfulTime) ?? 0)
    if (end.type === 'Complete' && isLater) lastSuccessfulTime = completionTime
  }
  const present = new Set(jobs.map(({ metadata }) => metadata.uid))
  for (const { uid = '', name } of active) {
    if (present.has(uid)) continue
    gone.add(uid)
    events.push(event(subject, 'Normal', 'MissingJob', `Active job went missing: ${name}`))
  }
  const next = gone.size === 0 ? status : withoutActive(status, gone)
  return { status: { ...next, ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }) }, events }
}
