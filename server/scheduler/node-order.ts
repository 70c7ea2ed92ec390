// The order in which nodes are looked at: one of each zone in turn, so that a search that ends early has seen all zones.
// Source: pkg/scheduler/backend/cache, nodeTree.list (v1.36)
import type { NodeObject } from './framework.ts'

const REGION = 'topology.kubernetes.io/region'
const ZONE = 'topology.kubernetes.io/zone'
const OLD_REGION = 'failure-domain.beta.kubernetes.io/region'
const OLD_ZONE = 'failure-domain.beta.kubernetes.io/zone'

/** Region and zone in one text; empty for a node that says neither. Source: component-helpers node/topology, GetZoneKey */
export function zoneOf({ metadata: { labels } }: NodeObject): string {
  if (labels === undefined) return ''
  const zone = labels[ZONE] ?? labels[OLD_ZONE] ?? ''
  const region = labels[REGION] ?? labels[OLD_REGION] ?? ''
  return zone === '' && region === '' ? '' : `${region}:\0:${zone}`
}

/** Zones in the order in which they were first seen. */
export function interleaved<T extends { readonly zone: string }>(nodes: readonly T[]): readonly T[] {
  const zones = new Map<string, T[]>()
  for (const node of nodes) {
    const others = zones.get(node.zone)
    if (others === undefined) zones.set(node.zone, [node])
    else others.push(node)
  }
  if (zones.size < 2) return nodes
  const lists = [...zones.values()]
  const ordered: T[] = []
  for (let turn = 0; ordered.length < nodes.length; turn++) {
    for (const list of lists) if (turn < list.length) ordered.push(list[turn]!)
  }
  return ordered
}
