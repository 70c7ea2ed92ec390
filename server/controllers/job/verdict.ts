// Whether a Job is about to end, and why: failures first, then what its success policy asks for.
// Source: kubernetes pkg/controller/job, syncJob (v1.36)
import { timeOf, type Pod } from '../pod-status.ts'
import { newCondition, trueCondition, type JobCondition } from './conditions.ts'
import { matchFailurePolicy } from './failure-policy.ts'
import { total } from './indexes.ts'
import type { Observation } from './observation.ts'
import { isIndexed, isPodFailed, isSuspended, type Job } from './pods.ts'
import { matchSuccessPolicy } from './success-policy.ts'

/**
 * `SuccessCriteriaMet` or `FailureTarget`, new or as the status has it. Reaching the completions is not decided here: that
 * depends on the pods that are left when the Job has got as many as it wants.
 * @param startTime of the Job, RFC 3339
 */
export function verdictOf(seen: Observation, startTime: string | undefined, now: number): JobCondition | undefined {
  const { conditions } = seen.job.status ?? {}
  const known = trueCondition(conditions, 'SuccessCriteriaMet') ?? trueCondition(conditions, 'FailureTarget')
  if (known !== undefined) return known
  const failure = failureOf(seen, startTime, now)
  if (failure !== undefined) return newCondition('FailureTarget', failure.reason, failure.message, now)
  const { successPolicy, completions = 0 } = seen.job.spec ?? {}
  const success = isIndexed(seen.job)
    ? matchSuccessPolicy(successPolicy, completions, seen.indexes.completed)
    : undefined
  return success === undefined ? undefined : newCondition('SuccessCriteriaMet', 'SuccessPolicy', success, now)
}

interface Failure {
  readonly reason: string
  readonly message: string
}

function failureOf(seen: Observation, startTime: string | undefined, now: number): Failure | undefined {
  const { job, pods, failed } = seen
  for (const pod of job.spec?.podFailurePolicy === undefined ? [] : pods) {
    const message = isPodFailed(pod, job) ? matchFailurePolicy(job.spec?.podFailurePolicy, pod).jobFailure : undefined
    if (message !== undefined) return { reason: 'PodFailurePolicy', message }
  }
  if (failed > (job.spec?.backoffLimit ?? 0) || isPastRestartLimit(job, pods)) {
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  }
  const left = millisecondsLeft(job, startTime, now)
  if (left !== undefined && left <= 0) {
    return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  }
  return failureOfIndexes(seen)
}

function failureOfIndexes({ job, indexes }: Observation): Failure | undefined {
  if (indexes.failed === undefined) return undefined
  const { maxFailedIndexes = Infinity, completions = 0 } = job.spec ?? {}
  const failed = total(indexes.failed)
  if (failed > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes'
    return { reason: 'MaxFailedIndexesExceeded', message }
  }
  const isOver = failed > 0 && failed + total(indexes.completed) >= completions
  return isOver ? { reason: 'FailedIndexes', message: 'Job has failed indexes' } : undefined
}

/** Milliseconds until the active deadline; undefined if there is none, or it does not run. */
export function millisecondsLeft(job: Job, startTime: string | undefined, now: number): number | undefined {
  const { activeDeadlineSeconds } = job.spec ?? {}
  const start = timeOf(startTime)
  if (activeDeadlineSeconds === undefined || start === undefined || isSuspended(job)) return undefined
  return start + activeDeadlineSeconds * 1000 - now
}

/** Containers that are restarted in place use up the limit, too. */
function isPastRestartLimit({ spec }: Job, pods: readonly Pod[]): boolean {
  if (spec?.template.spec?.restartPolicy !== 'OnFailure') return false
  let restarts = 0
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue
    for (const { restartCount } of status.initContainerStatuses ?? []) restarts += restartCount
    for (const { restartCount } of status.containerStatuses ?? []) restarts += restartCount
  }
  const { backoffLimit = 0 } = spec
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit
}
