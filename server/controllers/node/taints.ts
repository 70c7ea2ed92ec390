// Taints that stand for the condition of a node. Pure.
// Source: kubernetes pkg/controller/nodelifecycle, doNoScheduleTaintingPass, processTaintBaseEviction (v1.36)
import type * as core from '../../api/core.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'

export type Taint = Frozen<core.Taint>

const NOT_READY = 'node.kubernetes.io/not-ready'
const UNREACHABLE = 'node.kubernetes.io/unreachable'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/** Condition type and status → key of the taint. */
const BY_CONDITION: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
}
const MANAGED_NO_SCHEDULE = new Set([
  UNSCHEDULABLE,
  ...Object.values(BY_CONDITION).flatMap((keys) => Object.values(keys)),
])
const MANAGED_NO_EXECUTE = new Set([NOT_READY, UNREACHABLE])

const NONE: readonly Taint[] = []

export function taintsOf(node: Frozen<core.Node>): readonly Taint[] {
  return node.spec?.taints ?? NONE
}

/**
 * Whether a node may be emptied of its pods: `yes`, `wait` (its zone has had enough for now, what is there stays), `never`
 * (no node of the cluster is ready: it is more likely that the network is down than that all of them are).
 */
export type MayEvict = 'yes' | 'wait' | 'never'

/** A taint that drives pods away is missing; the other one of the two is replaced in any case. */
export function needsEviction(node: Frozen<Stored<core.Node>>): boolean {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  const key = BY_CONDITION['Ready']?.[ready?.status ?? '']
  const isThere = ({ key: present, effect }: Taint): boolean =>
    effect === 'NoExecute' && MANAGED_NO_EXECUTE.has(present)
  return key !== undefined && !taintsOf(node).some(isThere)
}

/** All taints the node shall have, those of others first; the very same as taintsOf if nothing changes. */
export function wantedTaints(
  node: Frozen<Stored<core.Node>>,
  now: number,
  mayEvict: MayEvict = 'yes',
): readonly Taint[] {
  const present = taintsOf(node)
  const conditions = node.status?.conditions ?? []
  const keys = conditions.flatMap(({ type, status }) => BY_CONDITION[type]?.[status] ?? [])
  const noSchedule = node.spec?.unschedulable === true ? [...keys, UNSCHEDULABLE] : keys
  const isReported = conditions.some(({ type }) => type === 'Ready')
  const isHeldBack = mayEvict === 'never' || (mayEvict === 'wait' && needsEviction(node))
  const noExecute = isHeldBack ? [] : keys.filter((key) => MANAGED_NO_EXECUTE.has(key))
  const stays = ({ key, effect }: Taint): boolean => {
    if (effect === 'NoSchedule' && MANAGED_NO_SCHEDULE.has(key)) return noSchedule.includes(key)
    // Before the node has reported, nothing can be said against a taint it came with.
    if (effect === 'NoExecute' && MANAGED_NO_EXECUTE.has(key)) return !isReported || noExecute.includes(key)
    return true
  }
  const missing =
    (effect: string) =>
    (key: string): boolean =>
      !present.some((taint) => taint.key === key && taint.effect === effect)
  const timeAdded = formatTime(now)
  const added = [
    ...noSchedule.filter(missing('NoSchedule')).map((key): Taint => ({ key, effect: 'NoSchedule', timeAdded })),
    ...noExecute.filter(missing('NoExecute')).map((key): Taint => ({ key, effect: 'NoExecute', timeAdded })),
  ]
  if (added.length === 0 && present.every(stays)) return present
  return [...present.filter(stays), ...added]
}
