// How long a Job waits before it replaces a pod that failed: ten seconds, doubled with each failure in a row.
// Source: kubernetes pkg/controller/job, backoff_utils (v1.36)
import type * as core from '../../api/core.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { podCondition, timeOf, type Pod } from '../pod-status.ts'

const FIRST_MS = 10_000
const LONGEST_MS = 600_000

/** Failures since the last success, and when the last of them was, in milliseconds. */
export interface Failures {
  readonly count: number
  readonly lastMs: number
}

export const noFailures: Failures = { count: 0, lastMs: 0 }

/** With the pods that ended since: a success makes good for all failures before it. */
export function withEnded(known: Failures, succeeded: readonly Pod[], failed: readonly Pod[]): Failures {
  const lastSuccess = Math.max(...succeeded.map(finishTime))
  const failures = failed.map(finishTime).filter((time) => time > lastSuccess)
  const before = succeeded.length > 0 ? noFailures : known
  if (failures.length === 0) return before
  return { count: before.count + failures.length, lastMs: Math.max(...failures) }
}

/** Milliseconds until the next pod may be created. */
export function remainingBackOff({ count, lastMs }: Failures, now: number): number {
  if (count === 0) return 0
  return Math.max(0, lastMs + Math.min(LONGEST_MS, FIRST_MS * 2 ** (count - 1)) - now)
}

/** When a pod ended, in milliseconds: as exactly as it can be told. */
export function finishTime(pod: Pod): number {
  const ready = podCondition(pod, 'Ready')
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata
  const deletion = timeOf(deletionTimestamp)
  return (
    lastContainerEnd(pod) ??
    (ready?.status === 'False' ? timeOf(ready.lastTransitionTime) : undefined) ??
    (deletion === undefined ? undefined : deletion - deletionGracePeriodSeconds * 1000) ??
    timeOf(creationTimestamp) ??
    0
  )
}

/** Sidecars end last, other init containers long before; undefined while one runs. */
function lastContainerEnd(pod: Pod): number | undefined {
  const sidecars = new Set(
    pod.spec?.initContainers?.filter((one) => one.restartPolicy === 'Always').map(({ name }) => name),
  )
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  const endOf = ({ state }: Frozen<core.ContainerStatus>): number => timeOf(state?.terminated?.finishedAt) ?? Infinity
  const last = Math.max(
    ...[...containerStatuses, ...initContainerStatuses.filter(({ name }) => sidecars.has(name))].map(endOf),
  )
  return Number.isFinite(last) ? last : undefined
}
