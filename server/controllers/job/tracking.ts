// Counting pods that ended, each exactly once: first the status names them, then their finalizers go, then they are numbers.
// Source: kubernetes pkg/controller/job, trackJobStatusAndRemoveFinalizers, flushUncountedAndRemoveFinalizers,
// enactJobFinished (v1.36)
import type * as batchApi from '../../api/batch.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { isNotFound } from '../../apimachinery/errors.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { batch, event, retry, updateStatus, type Action, type Continuation } from '../../client/action.ts'
import { subjectOf } from '../../client/events.ts'
import { nonZero } from '../conditions.ts'
import type { Pod } from '../pod-status.ts'
import { changedConditions, newCondition, trueCondition, type JobCondition } from './conditions.ts'
import { matchFailurePolicy } from './failure-policy.ts'
import { formatIndexes, has, total, withIndexes } from './indexes.ts'
import type { Progress } from './manage.ts'
import type { Observation } from './observation.ts'
import { completionIndex, isIndexed, isPodFailed, JOBS, KIND, removeFinalizer, validIndex, type Job } from './pods.ts'

type Status = Frozen<batchApi.JobStatus>

/** Uids that the status holds until their pods have lost the finalizer: roughly 20 kB of them. */
const MAX_UNCOUNTED_PODS = 500

export interface Tracking {
  readonly seen: Observation
  readonly progress: Progress
  /** `SuccessCriteriaMet` or `FailureTarget`, once nothing of the Job runs any more. */
  readonly verdict: JobCondition | undefined
  /** Start time and conditions as they shall be; the rest is counted here. */
  readonly status: Status
  readonly now: number
  /** Called once the status that names the ended pods is stored. */
  readonly onStored: () => void
  /** Called with the uids of pods that have lost their finalizer. */
  readonly onReleased: (uids: readonly string[]) => void
}

/** Answers what is to be done; failures come back as `retry`. */
export function track(tracking: Tracking): readonly Action[] {
  const { seen, status } = tracking
  const tracked = new Set(seen.tracked.map(({ metadata }) => metadata.uid))
  const counted = withoutUncounted(status, tracked)
  const count = countPods(tracking, counted)
  const interim = withInterimCondition(count.status, tracking.verdict)
  const named = withProgress(interim, tracking.progress)
  const release = (job: Job): readonly Action[] => releaseCounted(tracking, { ...job, status: named }, tracked, count)
  if (deepEqual(named, seen.job.status)) return release(seen.job)
  const stored: Continuation = ({ object, error }) => {
    if (error !== undefined) return [retry(error)]
    tracking.onStored()
    return release(object as Job)
  }
  return [updateStatus(JOBS, { ...seen.job, status: named }, stored)]
}

interface Count {
  readonly status: Status
  /** Pods whose finalizers can go. */
  readonly releasable: readonly Pod[]
  /** There are more pods than can be counted at a time. */
  readonly isPartial: boolean
}

function countPods({ seen, verdict }: Tracking, status: Status): Count {
  const { job, indexes } = seen
  const succeeded = [...(status.uncountedTerminatedPods?.succeeded ?? [])]
  const failed = [...(status.uncountedTerminatedPods?.failed ?? [])]
  const newIndexes: number[] = []
  const releasable: Pod[] = []
  let isPartial = false
  const inOrder = isIndexed(job)
    ? seen.tracked.toSorted((a, b) => (completionIndex(a) ?? -1) - (completionIndex(b) ?? -1))
    : seen.tracked
  for (const pod of inOrder) {
    const isFailed = isPodFailed(pod, job)
    if (!isReleasable(seen, verdict, pod, isFailed)) continue
    releasable.push(pod)
    const { uid } = pod.metadata
    const index = validIndex(pod, job)
    if (pod.status?.phase === 'Succeeded' && !failed.includes(uid)) {
      if (!isIndexed(job)) {
        if (!succeeded.includes(uid)) succeeded.push(uid)
      } else if (index !== undefined && !has(indexes.completedBefore, index)) newIndexes.push(index)
    } else if (isFailed || verdict?.type === 'FailureTarget') {
      // In a Job that has failed, whatever has not ended has failed.
      const isNew = !failed.includes(uid) && (!isIndexed(job) || index !== undefined)
      if (isNew && matchFailurePolicy(job.spec?.podFailurePolicy, pod).counts) failed.push(uid)
    }
    if (newIndexes.length + succeeded.length + failed.length >= MAX_UNCOUNTED_PODS) {
      isPartial = true
      break
    }
  }
  const next = withUncounted(status, succeeded, failed)
  return { status: isIndexed(job) ? withIndexState(next, seen, newIndexes) : next, releasable, isPartial }
}

function isReleasable(
  { job, indexes }: Observation,
  verdict: JobCondition | undefined,
  pod: Pod,
  isFailed: boolean,
): boolean {
  if (job.metadata.deletionTimestamp !== undefined || verdict !== undefined) return true
  if (pod.status?.phase === 'Succeeded') return true
  return isFailed && indexes.held.get(completionIndex(pod) ?? -1) !== pod
}

function withIndexState(status: Status, { indexes }: Observation, newIndexes: readonly number[]): Status {
  const completed = withIndexes(indexes.completed, newIndexes)
  const { succeeded: _, completedIndexes: _before, failedIndexes: _failed, ...rest } = status
  const completedIndexes = formatIndexes(completed)
  return {
    ...rest,
    ...nonZero({ succeeded: total(completed) }),
    ...(completedIndexes === '' ? {} : { completedIndexes }),
    ...(indexes.failed === undefined ? {} : { failedIndexes: formatIndexes(indexes.failed) }),
  }
}

/** Says what the Job is about to become, before the pods that prove it may go. */
function withInterimCondition(status: Status, verdict: JobCondition | undefined): Status {
  if (verdict === undefined || trueCondition(status.conditions, verdict.type) !== undefined) return status
  return { ...status, conditions: [...(status.conditions ?? []), verdict] }
}

function withProgress(status: Status, { active, ready, terminating }: Progress): Status {
  const { active: _, ...rest } = status
  return { ...rest, ...nonZero({ active }), ready, terminating }
}

function withUncounted(status: Status, succeeded: readonly string[], failed: readonly string[]): Status {
  const uncountedTerminatedPods = {
    ...(succeeded.length === 0 ? {} : { succeeded }),
    ...(failed.length === 0 ? {} : { failed }),
  }
  return { ...status, uncountedTerminatedPods }
}

/** Those that have lost their finalizer become numbers. */
function withoutUncounted(status: Status, tracked: ReadonlySet<string>): Status {
  const { succeeded: uncountedSucceeded = [], failed: uncountedFailed = [] } = status.uncountedTerminatedPods ?? {}
  const stillSucceeded = uncountedSucceeded.filter((uid) => tracked.has(uid))
  const stillFailed = uncountedFailed.filter((uid) => tracked.has(uid))
  const { succeeded = 0, failed = 0, ...rest } = status
  return {
    ...withUncounted(rest, stillSucceeded, stillFailed),
    ...nonZero({
      succeeded: succeeded + uncountedSucceeded.length - stillSucceeded.length,
      failed: failed + uncountedFailed.length - stillFailed.length,
    }),
  }
}

/** Takes the finalizers off, and counts what has lost its own. */
function releaseCounted(
  tracking: Tracking,
  job: Job,
  tracked: ReadonlySet<string>,
  { releasable, isPartial }: Count,
): readonly Action[] {
  const count = (released: readonly Pod[], error: Error | undefined): readonly Action[] => {
    const uids = released.map(({ metadata }) => metadata.uid)
    tracking.onReleased(uids)
    const status = withoutUncounted(job.status ?? {}, tracked.difference(new Set(uids)))
    const isOver = !isPartial && error === undefined
    return finish(tracking, job, status, isOver, error ?? tracking.progress.error)
  }
  if (releasable.length === 0) return count([], undefined)
  const patches = releasable.map((pod) => removeFinalizer(pod, () => []))
  return [
    batch(patches, {
      then(outcomes) {
        const released = releasable.filter((_, at) => {
          const outcome = outcomes[at]
          return outcome?.object !== undefined || isNotFound(outcome?.error)
        })
        return count(released, outcomes.find(({ error }) => error !== undefined && !isNotFound(error))?.error)
      },
    }),
  ]
}

/** The last status of this round: the Job is at its end when every pod is counted and gone. */
function finish(
  tracking: Tracking,
  job: Job,
  counted: Status,
  mayEnd: boolean,
  error: Error | undefined,
): readonly Action[] {
  const { verdict, progress, now } = tracking
  const { succeeded = [], failed = [] } = counted.uncountedTerminatedPods ?? {}
  const isOver = mayEnd && progress.terminating === 0 && succeeded.length + failed.length === 0
  const end = isOver && verdict !== undefined ? endCondition(verdict, now) : undefined
  const status = end === undefined ? counted : withEnd(counted, end, now)
  const rest = error === undefined ? [] : [retry(error)]
  if (deepEqual(status, job.status)) return rest
  const stored: Continuation = (outcome) => {
    if (outcome.error !== undefined) return [retry(outcome.error)]
    return [...(end === undefined ? [] : tellOfEnd({ ...job, status }, end)), ...rest]
  }
  return [updateStatus(JOBS, { ...job, status }, stored)]
}

function endCondition({ type, reason = '', message = '' }: JobCondition, now: number): JobCondition {
  return newCondition(type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed', reason, message, now)
}

function withEnd(status: Status, end: JobCondition, now: number): Status {
  const conditions = changedConditions(status.conditions, end) ?? status.conditions ?? []
  return { ...status, conditions, ...(end.type === 'Complete' ? { completionTime: formatTime(now) } : {}) }
}

function tellOfEnd(job: Job, { type, reason = '', message = '' }: JobCondition): readonly Action[] {
  const subject = subjectOf(job, KIND)
  if (type === 'Failed') return [event(subject, 'Warning', reason, message)]
  const tooMany = (job.status?.succeeded ?? 0) > (job.spec?.completions ?? Infinity)
  const surplus = 'Too many succeeded pods running after completion count reached'
  return [
    ...(tooMany ? [event(subject, 'Warning', 'TooManySucceededPods', surplus)] : []),
    event(subject, 'Normal', 'Completed', 'Job completed'),
  ]
}
