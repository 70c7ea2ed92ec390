// One round of a Job that has not ended: look, decide whether it is about to end, see to its pods, count, write the status.
// Source: kubernetes pkg/controller/job, syncJob (v1.36)
import type * as batchApi from '../../api/batch.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { event, requeueAfter, type Action } from '../../client/action.ts'
import { subjectOf } from '../../client/events.ts'
import type { Pod } from '../pod-status.ts'
import { withEnded, type Failures } from './back-off.ts'
import { changedConditions, newCondition, type JobCondition } from './conditions.ts'
import { deletePods, managePods, type Progress } from './manage.ts'
import { observe, type Observation } from './observation.ts'
import { isSuspended, KIND, type Job } from './pods.ts'
import { track } from './tracking.ts'
import { millisecondsLeft, verdictOf } from './verdict.ts'

type Status = Frozen<batchApi.JobStatus>

/** What is known of a Job besides what is stored. */
export interface Memory {
  /** Failures in a row. */
  failures: Failures
  /** Uids of pods that have lost their finalizer, until the pods seen show it. */
  readonly released: Set<string>
}

export function syncJob(job: Job, pods: readonly Pod[], memory: Memory, now: number): readonly Action[] {
  const seen = observe(job, pods, memory.released)
  const failures = withEnded(memory.failures, seen.newSucceeded, seen.newFailed)
  const status = started(job, now)
  const verdict = verdictOf(seen, status.startTime, now)
  const goOn = (progress: Progress, end: JobCondition | undefined, next: Status): readonly Action[] =>
    track({
      seen,
      progress,
      verdict: end,
      status: next,
      now,
      onStored: () => (memory.failures = failures),
      onReleased: (uids) => uids.forEach((uid) => memory.released.add(uid)),
    })
  if (verdict !== undefined) {
    // It cannot end while pods are left that nobody has counted.
    return deletePods(seen, (progress, all) => goOn(progress, all ? verdict : undefined, status))
  }
  const settle = (progress: Progress): readonly Action[] => {
    if (isComplete(seen, progress)) {
      const message = 'Reached expected number of succeeded pods'
      return goOn(progress, newCondition('SuccessCriteriaMet', 'CompletionsReached', message, now), status)
    }
    const suspension = job.metadata.deletionTimestamp === undefined ? suspended(job, status, now) : undefined
    return [...(suspension?.events ?? []), ...goOn(progress, undefined, suspension?.status ?? status)]
  }
  const left = millisecondsLeft(job, status.startTime, now)
  return [
    ...(left === undefined ? [] : [requeueAfter(left)]),
    ...(job.metadata.deletionTimestamp === undefined
      ? managePods(seen, failures, now, settle)
      : settle({ active: seen.active.length, ready: seen.ready, terminating: seen.terminating })),
  ]
}

/** A Job starts when it is looked at for the first time and is not suspended. */
function started(job: Job, now: number): Status {
  const { status = {} } = job
  return status.startTime !== undefined || isSuspended(job) ? status : { ...status, startTime: formatTime(now) }
}

function isComplete({ job, succeeded }: Observation, { active }: Progress): boolean {
  const { completions } = job.spec ?? {}
  return active === 0 && (completions === undefined ? succeeded > 0 : succeeded >= completions)
}

/** The status of a Job that has just been suspended or resumed; its time runs anew from then. */
function suspended(job: Job, status: Status, now: number): { status: Status; events: readonly Action[] } | undefined {
  const subject = subjectOf(job, KIND)
  const { startTime: _, ...rest } = status
  if (isSuspended(job)) {
    const wanted = newCondition('Suspended', 'JobSuspended', 'Job suspended', now)
    const conditions = changedConditions(status.conditions, wanted)
    if (conditions === undefined) return undefined
    return { status: { ...rest, conditions }, events: [event(subject, 'Normal', 'Suspended', 'Job suspended')] }
  }
  const wanted = newCondition('Suspended', 'JobResumed', 'Job resumed', now, 'False')
  const conditions = changedConditions(status.conditions, wanted)
  if (conditions === undefined) return undefined
  const events = [event(subject, 'Normal', 'Resumed', 'Job resumed')]
  return { status: { ...rest, startTime: formatTime(now), conditions }, events }
}
