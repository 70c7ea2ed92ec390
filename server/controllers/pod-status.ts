// What the state of a pod means to the controllers that own pods.
// Source: kubernetes pkg/api/v1/pod, pkg/controller/controller_utils (v1.36)
import type * as core from '../api/core.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'

/** A pod as listers hand it out. */
export type Pod = Frozen<Stored<core.Pod>>

/** A time of the API in milliseconds; undefined where there is none. */
export function timeOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time)
}

export function podCondition(pod: Pod, type: string): Frozen<core.PodCondition> | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type)
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True'
}

/** Since when the pod is ready, in milliseconds; undefined while it is not. */
export function podReadyTime(pod: Pod): number | undefined {
  const ready = podCondition(pod, 'Ready')
  return ready?.status === 'True' ? timeOf(ready.lastTransitionTime) : undefined
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  if (!isPodReady(pod)) return false
  if (minReadySeconds === 0) return true
  const since = podReadyTime(pod)
  return since !== undefined && since + minReadySeconds * 1000 <= now
}

/** Milliseconds until the next of the pods becomes available by the passing of time; undefined if none will. */
export function nextAvailabilityCheck(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  let next: number | undefined
  for (const pod of pods) {
    const since = podReadyTime(pod)
    if (since === undefined || minReadySeconds === 0) continue
    const delayMs = since + minReadySeconds * 1000 - now
    if (delayMs > 0 && (next === undefined || delayMs < next)) next = delayMs
  }
  return next
}

export function isPodTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** Counts as a replica: neither at its end nor being deleted. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined
}

/** Being deleted, and not at its end yet. */
export function isPodTerminating(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined
}

/** The condition that says why a pod was taken away. @param time RFC 3339 */
export function disruptionTarget(pod: Pod, reason: string, message: string, time: string): Frozen<core.PodCondition> {
  const { generation = 0 } = pod.metadata
  return {
    type: 'DisruptionTarget',
    ...(generation === 0 ? {} : { observedGeneration: generation }),
    status: 'True',
    lastTransitionTime: time,
    reason,
    message,
  }
}
