// As many pods as a Job wants: creates what is missing or takes away what is too many, never both at once.
// Source: kubernetes pkg/controller/job, manageJob, deleteActivePods, deleteJobPods, activePodsForRemoval (v1.36)
import { isNotFound } from '../../apimachinery/errors.ts'
import { batch, requeueAfter, type Action, type Outcome } from '../../client/action.ts'
import { subjectOf } from '../../client/events.ts'
import { createPod, deletePod, isNamespaceTerminating } from '../pod-control.ts'
import { podsToDelete } from '../pod-deletion-order.ts'
import { isPodReady, isPodTerminating, type Pod } from '../pod-status.ts'
import { finishTime, remainingBackOff, type Failures } from './back-off.ts'
import { firstFree, merge, withIndexes } from './indexes.ts'
import { failuresOf, type Observation } from './observation.ts'
import {
  completionIndex,
  isIndexed,
  isSuspended,
  isTracked,
  KIND,
  newIndexedPod,
  newPod,
  removeFinalizer,
  replacesOnlyFailed,
  validIndex,
} from './pods.ts'

/** Pods created or deleted in one go, at most. */
const MAX_PODS_PER_SYNC = 500
/** A back-off is looked at again no sooner than this. */
const SHORTEST_WAIT_MS = 1000

/** The pods that are left, and what went wrong on the way. */
export interface Progress {
  readonly active: number
  readonly ready: number
  readonly terminating: number
  readonly error?: Error
}

type Next = (progress: Progress) => readonly Action[]

/** Brings the number of pods nearer to what the Job wants, then goes on with `next`. */
export function managePods(seen: Observation, failures: Failures, now: number, next: Next): readonly Action[] {
  const { job, active, terminating } = seen
  const wanted = isSuspended(job) ? 0 : wantedPods(seen)
  const surplus = isSuspended(job) ? active : surplusPods(seen, active.length - wanted, now)
  if (surplus.length > 0) return releasePods(seen, surplus, next)
  const missing = wanted - active.length - (replacesOnlyFailed(job) ? terminating : 0)
  return missing > 0
    ? createPods(seen, Math.min(missing, MAX_PODS_PER_SYNC), failures, now, next)
    : next(progressOf(seen))
}

function wantedPods({ job, active, succeeded }: Observation): number {
  const { parallelism = 1, completions } = job.spec ?? {}
  // Without a number of completions nothing starts any more after the first success.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.max(0, Math.min(parallelism, completions - succeeded))
}

/** At least `count`; of an indexed Job also pods without an index, and all but one for each index. */
function surplusPods(seen: Observation, count: number, now: number): readonly Pod[] {
  const misplaced = isIndexed(seen.job) ? misplacedPods(seen, now) : new Set<Pod>()
  const others = seen.active.filter((pod) => !misplaced.has(pod))
  const more = podsToDelete(others, [], Math.max(0, count - misplaced.size), now)
  return [...misplaced, ...more].slice(0, MAX_PODS_PER_SYNC)
}

function misplacedPods({ job, active }: Observation, now: number): ReadonlySet<Pod> {
  const byIndex = Map.groupBy(active, (pod) => validIndex(pod, job))
  const misplaced = new Set<Pod>()
  for (const [index, pods] of byIndex) {
    const gone = index === undefined ? pods : podsToDelete(pods, [], pods.length - 1, now)
    for (const pod of gone) misplaced.add(pod)
  }
  return misplaced
}

/** Deletes pods of a Job that ends; their finalizers stay until they are counted. */
export function deletePods(
  seen: Observation,
  next: (progress: Progress, all: boolean) => readonly Action[],
): readonly Action[] {
  return deletions(seen, seen.active, (progress) => next(progress, progress.active === 0))
}

/** Deletes pods that shall not count: without their finalizers. */
function releasePods(seen: Observation, pods: readonly Pod[], next: Next): readonly Action[] {
  const tracked = pods.filter(isTracked)
  if (tracked.length === 0) return deletions(seen, pods, next)
  const releases = tracked.map((pod) => removeFinalizer(pod, () => []))
  return [
    batch(releases, {
      then(outcomes) {
        const failed = new Map(tracked.map((pod, at) => [pod, outcomes[at]?.error]))
        const error = failureOf(outcomes, 'removing completion finalizer')
        const released = pods.filter((pod) => failed.get(pod) === undefined || isNotFound(failed.get(pod)))
        return deletions(seen, released, (progress) => next(error === undefined ? progress : { ...progress, error }))
      },
    }),
  ]
}

function deletions(seen: Observation, pods: readonly Pod[], next: Next): readonly Action[] {
  if (pods.length === 0) return next(progressOf(seen))
  const subject = subjectOf(seen.job, KIND)
  return [
    batch(
      pods.map((pod) => deletePod(subject, pod)),
      {
        then(outcomes) {
          const deleted = pods.filter((_, at) => isDone(outcomes[at]))
          const error = failureOf(outcomes)
          return next({
            active: seen.active.length - deleted.length,
            ready: seen.ready - deleted.filter(isPodReady).length,
            terminating: seen.terminating + deleted.length,
            ...(error === undefined ? {} : { error }),
          })
        },
      },
    ),
  ]
}

function isDone(outcome: Outcome | undefined): boolean {
  return outcome?.object !== undefined || isNotFound(outcome?.error)
}

function failureOf(outcomes: readonly Outcome[], doing?: string): Error | undefined {
  const error = outcomes.find((outcome) => !isDone(outcome))?.error
  return error === undefined || doing === undefined ? error : new Error(`${doing}: ${error.message}`, { cause: error })
}

function createPods(seen: Observation, count: number, failures: Failures, now: number, next: Next): readonly Action[] {
  const { job } = seen
  const perIndex = seen.indexes.failed !== undefined
  const pause = perIndex ? 0 : remainingBackOff(failures, now)
  if (pause > 0) return [requeueAfter(Math.max(pause, SHORTEST_WAIT_MS)), ...next(progressOf(seen))]
  if (!isIndexed(job))
    return creations(
      seen,
      Array.from({ length: count }, () => newPod(job)),
      next,
    )
  const pending = pendingIndexes(seen, count)
  const pauses = new Map(pending.map((index) => [index, pauseOfIndex(seen, index, now)]))
  const due = pending.filter((index) => pauses.get(index) === 0)
  if (due.length === 0 && pending.length > 0) {
    return [requeueAfter(Math.max(Math.min(...pauses.values()), SHORTEST_WAIT_MS)), ...next(progressOf(seen))]
  }
  const pods = due.map((index) => newIndexedPod(job, index, seen.indexes.held.get(index)))
  return creations(seen, pods, next)
}

function pendingIndexes({ job, pods, active, indexes }: Observation, count: number): number[] {
  const indexesOf = (some: readonly Pod[]): number[] => some.flatMap((pod) => completionIndex(pod) ?? [])
  const ending = replacesOnlyFailed(job) ? pods.filter(isPodTerminating) : []
  const taken = withIndexes(indexes.completed, indexesOf([...active, ...ending]))
  return firstFree(merge(taken, indexes.failed ?? []), count, job.spec?.completions ?? 0)
}

function pauseOfIndex({ indexes }: Observation, index: number, now: number): number {
  const last = indexes.held.get(index)
  return last === undefined ? 0 : remainingBackOff({ count: failuresOf(last) + 1, lastMs: finishTime(last) }, now)
}

function creations(seen: Observation, pods: readonly ReturnType<typeof newPod>[], next: Next): readonly Action[] {
  if (pods.length === 0) return next(progressOf(seen))
  const subject = subjectOf(seen.job, KIND)
  return [
    batch(
      pods.map((pod) => createPod(subject, pod)),
      {
        slowStart: true,
        then(outcomes) {
          // What a namespace refuses because it goes away is not missed.
          const isFine = ({ error }: Outcome): boolean => error === undefined || isNamespaceTerminating(error)
          const error = outcomes.find((outcome) => !isFine(outcome))?.error
          const active = seen.active.length + outcomes.filter(isFine).length
          return next({ ...progressOf(seen), active, ...(error === undefined ? {} : { error }) })
        },
      },
    ),
  ]
}

function progressOf({ active, ready, terminating }: Observation): Progress {
  return { active: active.length, ready, terminating }
}
