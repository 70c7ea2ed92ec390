// When a CronJob was due last, and when it is due next.
// Source: kubernetes pkg/controller/cronjob, mostRecentScheduleTime, nextScheduleTimeDuration (v1.36)
import type { CronSchedule } from '../../apimachinery/cron-schedule.ts'
import { timeOf } from '../pod-status.ts'
import type { CronJob } from './jobs.ts'

/** More missed times than this are worth a warning. */
const MANY = 100
/** Clocks of different machines differ a little: better late than before the time. */
const DELTA_MS = 100

export interface Due {
  /** From when on times count: milliseconds since the epoch, as all times here. */
  readonly since: number
  /** The last time there should have been a job; undefined if there was none since. */
  readonly last: number | undefined
  readonly missed: 'none' | 'few' | 'many'
}

/**
 * @param withDeadline times before the starting deadline do not count
 * @throws Error for a schedule whose time never comes
 */
export function lastDue(
  { metadata, spec, status }: CronJob,
  schedule: CronSchedule,
  now: number,
  withDeadline: boolean,
): Due {
  const { startingDeadlineSeconds } = spec
  const deadline = withDeadline && startingDeadlineSeconds !== undefined ? now - startingDeadlineSeconds * 1000 : 0
  const since = Math.max(timeOf(status?.lastScheduleTime ?? metadata.creationTimestamp) ?? 0, deadline)
  const first = schedule.next(since)
  const second = first === undefined ? undefined : schedule.next(first)
  if (first !== undefined && now < first) return { since, last: undefined, missed: 'none' }
  if (first !== undefined && second !== undefined && now < second) return { since, last: first, missed: 'none' }
  if (first === undefined || second === undefined) {
    throw new Error('time difference between two schedules is less than 1 second')
  }
  // Not all times in between are looked at, which may be very many.
  const interval = second - first
  const count = Math.floor((now - first) / interval) + 1
  let last: number | undefined
  let next = schedule.next(first + (count - 2) * interval)
  while (next !== undefined && next <= now) {
    last = next
    next = schedule.next(next)
  }
  return { since, last, missed: count > MANY ? 'many' : 'few' }
}

/** Milliseconds until the CronJob is to be looked at again. */
export function untilNext(cronJob: CronJob, schedule: CronSchedule, now: number): number {
  let from = now
  try {
    const { since, last, missed } = lastDue(cronJob, schedule, now, false)
    from = last ?? (missed === 'none' ? since : now)
  } catch {
    // The schedule has no next time; nothing is due then, either.
  }
  return (schedule.next(from) ?? now) + DELTA_MS - now
}
