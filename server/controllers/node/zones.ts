// How fast nodes may be emptied of their pods: by zone, slower when many of its nodes fail, not at all when all fail.
// Source: kubernetes pkg/controller/nodelifecycle, handleDisruption, ComputeZoneState, HealthyQPSFunc, ReducedQPSFunc (v1.36)
import type * as core from '../../api/core.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { findCondition } from '../conditions.ts'
import type { MayEvict } from './taints.ts'

type Node = Frozen<Stored<core.Node>>
type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption'

/** Source: --node-eviction-rate, --secondary-node-eviction-rate, --large-cluster-size-threshold, --unhealthy-zone-threshold */
const EVICTIONS_PER_SECOND = 0.1
const SLOW_EVICTIONS_PER_SECOND = 0.01
const LARGE_ZONE = 50
const UNHEALTHY_PART = 0.55
const ZONE = 'topology.kubernetes.io/zone'
const REGION = 'topology.kubernetes.io/region'
/** Nodes that do not count. */
const EXCLUDED = 'node.kubernetes.io/exclude-disruption'

function zoneOf({ metadata: { labels = {} } }: Node): string {
  return `${labels[REGION] ?? ''}/${labels[ZONE] ?? ''}`
}

export function isReady(node: Frozen<core.Node>): boolean {
  return findCondition(node.status?.conditions, 'Ready')?.status === 'True'
}

/** No node is ready, of those that count. */
export function isAllDisrupted(nodes: readonly Node[]): boolean {
  let isAny = false
  for (const node of nodes) {
    if (node.metadata.labels?.[EXCLUDED] !== undefined) continue
    if (isReady(node)) return false
    isAny = true
  }
  return isAny
}

function stateOf(nodes: readonly Node[]): ZoneState {
  const ready = nodes.filter(isReady).length
  const notReady = nodes.length - ready
  if (ready === 0 && notReady > 0) return 'FullDisruption'
  return notReady > 2 && notReady / nodes.length >= UNHEALTHY_PART ? 'PartialDisruption' : 'Normal'
}

function rateOf(nodes: readonly Node[]): number {
  if (stateOf(nodes) !== 'PartialDisruption') return EVICTIONS_PER_SECOND
  return nodes.length > LARGE_ZONE ? SLOW_EVICTIONS_PER_SECOND : 0
}

export interface Permission {
  readonly mayEvict: MayEvict
  /** When to ask again. */
  readonly waitMs?: number
}

/** One eviction at once, and then as many per second as the state of the zone allows. */
export class EvictionLimits {
  /** When the next one may go, by zone, in milliseconds. */
  readonly #next = new Map<string, number>()

  /** Asked for a node that is to be emptied; `yes` counts. */
  ask(node: Node, nodes: readonly Node[], now: number): Permission {
    if (isAllDisrupted(nodes)) return { mayEvict: 'never' }
    const zone = zoneOf(node)
    const members = nodes.filter((each) => zoneOf(each) === zone && each.metadata.labels?.[EXCLUDED] === undefined)
    const rate = rateOf(members)
    if (rate === 0) return { mayEvict: 'wait' }
    const next = this.#next.get(zone) ?? now
    if (next > now) return { mayEvict: 'wait', waitMs: next - now }
    this.#next.set(zone, now + 1000 / rate)
    return { mayEvict: 'yes' }
  }
}
