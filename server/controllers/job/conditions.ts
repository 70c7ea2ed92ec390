// The conditions of a Job.
// Source: kubernetes pkg/controller/job, newCondition, ensureJobConditionStatus (v1.36)
import type * as batch from '../../api/batch.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { findCondition } from '../conditions.ts'

export type JobCondition = Frozen<batch.JobCondition>
type Conditions = readonly JobCondition[] | undefined

export function newCondition(
  type: string,
  reason: string,
  message: string,
  now: number,
  status = 'True',
): JobCondition {
  const time = formatTime(now)
  return { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message }
}

/** The condition of this type, if it is True. */
export function trueCondition(conditions: Conditions, type: string): JobCondition | undefined {
  const condition = findCondition(conditions, type)
  return condition?.status === 'True' ? condition : undefined
}

/** How the Job ended, `Complete` or `Failed`; undefined while it has not. */
export function finishedCondition(conditions: Conditions): JobCondition | undefined {
  return conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')
}

/** With the condition in its place, or at the end; undefined if nothing changes. What was never True does not become False. */
export function changedConditions(conditions: Conditions, wanted: JobCondition): readonly JobCondition[] | undefined {
  const known = findCondition(conditions, wanted.type)
  if (known === undefined) return wanted.status === 'False' ? undefined : [...(conditions ?? []), wanted]
  const { status, reason, message } = wanted
  if (known.status === status && known.reason === reason && known.message === message) return undefined
  return conditions?.map((each) => (each === known ? wanted : each))
}
