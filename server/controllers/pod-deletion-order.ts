// Which pods of a set go first when there are too many.
// Source: kubernetes pkg/controller/controller_utils, ActivePodsWithRanks; replicaset getPodsToDelete (v1.36)
import { isPodActive, isPodReady, podReadyTime, timeOf, type Pod } from './pod-status.ts'

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'

/**
 * The `count` pods to delete. `related`: pods of all sets with the same owner; nodes with many of them are relieved.
 * Ages are compared by their order of magnitude, so that the choice among pods of like age is arbitrary but stable.
 */
export function podsToDelete(
  pods: readonly Pod[],
  related: readonly Pod[],
  count: number,
  now: number,
): readonly Pod[] {
  if (count >= pods.length) return pods
  const perNode = new Map<string, number>()
  for (const pod of related) {
    const node = pod.spec?.nodeName ?? ''
    if (isPodActive(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1)
  }
  const rank = (pod: Pod): number => perNode.get(pod.spec?.nodeName ?? '') ?? 0
  return pods.toSorted((a, b) => compare(a, b, rank, now)).slice(0, count)
}

/** Negative when `a` goes first. */
function compare(a: Pod, b: Pod, rank: (pod: Pod) => number, now: number): number {
  return (
    Number(isAssigned(a)) - Number(isAssigned(b)) ||
    phaseOrder(a) - phaseOrder(b) ||
    Number(isPodReady(a)) - Number(isPodReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    rank(b) - rank(a) ||
    compareAges(a, b, podReadyTime(a), podReadyTime(b), now) ||
    restarts(b).regular - restarts(a).regular ||
    restarts(b).sidecar - restarts(a).sidecar ||
    compareAges(a, b, timeOf(a.metadata.creationTimestamp), timeOf(b.metadata.creationTimestamp), now)
  )
}

function isAssigned(pod: Pod): boolean {
  return (pod.spec?.nodeName ?? '') !== ''
}

function phaseOrder(pod: Pod): number {
  return { Pending: 0, Unknown: 1, Running: 2 }[pod.status?.phase ?? 'Pending'] ?? 0
}

/** 0 for what is no 32-bit integer in its plain form. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST] ?? '0'
  if (!/^-?(0|[1-9][0-9]*)$/.test(text)) return 0
  const cost = Number(text)
  return cost > 2 ** 31 - 1 || cost < -(2 ** 31) ? 0 : cost
}

function restarts(pod: Pod): { regular: number; sidecar: number } {
  const most = (statuses: readonly { readonly restartCount: number }[]): number =>
    Math.max(0, ...statuses.map((status) => status.restartCount))
  const sidecars = new Set(
    pod.spec?.initContainers?.filter((each) => each.restartPolicy === 'Always').map((each) => each.name),
  )
  return {
    regular: most(pod.status?.containerStatuses ?? []),
    sidecar: most(pod.status?.initContainerStatuses?.filter((status) => sidecars.has(status.name)) ?? []),
  }
}

/** Younger goes first; ages within the same power of two go by uid. Unknown times go first, 0 when both are the same. */
function compareAges(a: Pod, b: Pod, timeA: number | undefined, timeB: number | undefined, now: number): number {
  if (timeA === timeB) return 0
  if (timeA === undefined) return -1
  if (timeB === undefined) return 1
  const difference = magnitude(now - timeA) - magnitude(now - timeB)
  return difference !== 0 ? difference : a.metadata.uid < b.metadata.uid ? -1 : 1
}

/** Of a duration in milliseconds, counted in nanoseconds as upstream does. */
function magnitude(durationMs: number): number {
  return durationMs > 0 ? Math.trunc(Math.log2(durationMs * 1e6)) : -1
}
