// What one look at a Job and its pods finds, before anything is decided.
// Source: kubernetes pkg/controller/job, syncJob, calculateSucceededIndexes, calculateFailedIndexes,
// getPodsWithDelayedDeletionPerIndex (v1.36)
import { isPodActive, isPodReady, isPodTerminating, type Pod } from '../pod-status.ts'
import { finishTime } from './back-off.ts'
import { matchFailurePolicy } from './failure-policy.ts'
import { has, parseIndexes, total, withIndexes, type Indexes } from './indexes.ts'
import { completionIndex, indexFailures, isIndexed, isPodFailed, isTracked, validIndex, type Job } from './pods.ts'

export interface Observation {
  readonly job: Job
  /** All that the Job controls. */
  readonly pods: readonly Pod[]
  /** Those that are not counted yet: they have the finalizer, and nobody took it off. */
  readonly tracked: readonly Pod[]
  readonly active: readonly Pod[]
  readonly ready: number
  readonly terminating: number
  /** Ended since they were counted last. */
  readonly newSucceeded: readonly Pod[]
  readonly newFailed: readonly Pod[]
  /** With those that are about to be counted. */
  readonly succeeded: number
  readonly failed: number
  /** Of an indexed Job; empty for others. */
  readonly indexes: IndexState
}

export interface IndexState {
  /** As the status has them. */
  readonly completedBefore: Indexes
  readonly completed: Indexes
  /** Only where there is a back-off limit per index. */
  readonly failed?: Indexes
  /** By index, the failed pod that stays until its successor has taken over the count of failures. */
  readonly held: ReadonlyMap<number, Pod>
}

/** @param uncountable uids of pods whose finalizer is off, though the pods here may still show it */
export function observe(job: Job, pods: readonly Pod[], uncountable: ReadonlySet<string>): Observation {
  const tracked = pods.filter((pod) => isTracked(pod) && !uncountable.has(pod.metadata.uid))
  const active = pods.filter(isPodActive)
  const { succeeded: known = 0, failed: knownFailed = 0, uncountedTerminatedPods } = job.status ?? {}
  const { succeeded: uncountedSucceeded = [], failed: uncountedFailed = [] } = uncountedTerminatedPods ?? {}
  const countable = isIndexed(job) ? tracked.filter((pod) => validIndex(pod, job) !== undefined) : tracked
  const newSucceeded = countable.filter(
    ({ metadata, status }) => status?.phase === 'Succeeded' && !uncountedSucceeded.includes(metadata.uid),
  )
  const newFailed = countable.filter((pod) => isPodFailed(pod, job) && !uncountedFailed.includes(pod.metadata.uid))
  const indexes = isIndexed(job) ? observeIndexes(job, countable, active) : noIndexes
  const policy = job.spec?.podFailurePolicy
  return {
    job,
    pods,
    tracked,
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter(isPodTerminating).length,
    newSucceeded,
    newFailed,
    succeeded: isIndexed(job) ? total(indexes.completed) : known + newSucceeded.length + uncountedSucceeded.length,
    failed:
      knownFailed + newFailed.filter((pod) => matchFailurePolicy(policy, pod).counts).length + uncountedFailed.length,
    indexes,
  }
}

const noIndexes: IndexState = { completedBefore: [], completed: [], held: new Map() }

function observeIndexes(job: Job, countable: readonly Pod[], active: readonly Pod[]): IndexState {
  const { completions = 0, backoffLimitPerIndex } = job.spec ?? {}
  const indexesOf = (pods: readonly Pod[]): number[] => pods.map((pod) => completionIndex(pod)!)
  const completedBefore = parseIndexes(job.status?.completedIndexes, completions)
  const completed = withIndexes(
    completedBefore,
    indexesOf(countable.filter(({ status }) => status?.phase === 'Succeeded')),
  )
  if (backoffLimitPerIndex === undefined) return { completedBefore, completed, held: new Map() }
  const failing = countable.filter((pod) => isPodFailed(pod, job) && failsIndex(pod, job, backoffLimitPerIndex))
  const failed = withIndexes(parseIndexes(job.status?.failedIndexes, completions), indexesOf(failing))
  const activeIndexes = new Set(active.map(completionIndex))
  const held = new Map<number, Pod>()
  for (const pod of countable) {
    const index = completionIndex(pod)!
    if (!isPodFailed(pod, job) || has(completed, index) || has(failed, index) || activeIndexes.has(index)) continue
    const other = held.get(index)
    const isLater =
      other === undefined || (failuresOf(other) <= failuresOf(pod) && finishTime(other) <= finishTime(pod))
    if (isLater) held.set(index, pod)
  }
  return { completedBefore, completed, failed, held }
}

function failsIndex(pod: Pod, job: Job, limit: number): boolean {
  const verdict = matchFailurePolicy(job.spec?.podFailurePolicy, pod)
  return verdict.failsIndex || (verdict.counts && indexFailures(pod).counted >= limit)
}

/** Of the index, before this pod. */
export function failuresOf(pod: Pod): number {
  const { counted, ignored } = indexFailures(pod)
  return counted + ignored
}
