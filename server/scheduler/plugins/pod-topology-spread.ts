// Spreads pods that belong together over topology domains: constraints that must hold.
// Source: pkg/scheduler/framework/plugins/podtopologyspread, filtering (v1.36)
import { deepEqual } from '../../apimachinery/equality.ts'
import type { ClusterEvent, FilterPlugin, NodeObject, PodInfo, PodObject } from '../framework.ts'
import { Dimension } from '../node-tally.ts'
import {
  hasAllKeys,
  nodeCounts,
  ownConstraints,
  spreadRulesOf,
  spreadTally,
  type Constraint,
  type SpreadDefaults,
} from '../spread-constraints.ts'

const REASON = "node(s) didn't match pod topology spread constraints"
const SKEWED = { resolvable: true, reasons: [REASON] }
const MISSING_LABEL = { resolvable: false, reasons: [`${REASON} (missing required label)`] }

const noDomains = new Dimension(0)

export function podTopologySpread(defaults: SpreadDefaults): FilterPlugin {
  return {
    name: 'PodTopologySpread',
    prepare({ pod }, cluster) {
      const rules = spreadRulesOf(pod, 'DoNotSchedule', defaults, cluster)
      const { constraints } = rules
      if (constraints.length === 0) return undefined
      // Every key is needed here, whoever asks.
      const tally = spreadTally(pod, { constraints, needsAllKeys: true }, 'of nodes that count', cluster)
      const sums = tally.refresh(cluster)
      const domains = constraints.map((_, at) => sums.get(String(at)) ?? noDomains)
      const counts = nodeCounts(pod)
      const own = constraints.map(({ selector }) => (selector.matches(pod.metadata.labels) ? 1 : 0))
      /** Pods that come and go on hypothetical nodes, by value. */
      const changes = constraints.map(() => new Map<string, number>())
      const podsIn = (at: number, value: string): number =>
        (domains[at]!.sum(value) ?? 0) + (changes[at]!.get(value) ?? 0)
      let fewest: readonly number[] | undefined
      const fewestOf = ({ minDomains }: Constraint, at: number): number => {
        if (domains[at]!.size < minDomains) return 0
        let least = Infinity
        for (const value of domains[at]!.values()) least = Math.min(least, podsIn(at, value))
        return least
      }
      return {
        filter({ node }) {
          fewest ??= constraints.map(fewestOf)
          for (let at = 0; at < constraints.length; at++) {
            const { topologyKey, maxSkew } = constraints[at]!
            const value = node.metadata.labels?.[topologyKey]
            if (value === undefined) return MISSING_LABEL
            if (podsIn(at, value) + own[at]! - fewest[at]! > maxSkew) return SKEWED
          }
          return undefined
        },
        update({ pod: other }, { node }, factor) {
          const { metadata } = other
          if (metadata.namespace !== pod.metadata.namespace || metadata.deletionTimestamp !== undefined) return
          if (!hasAllKeys(node, constraints)) return
          for (const [at, constraint] of constraints.entries()) {
            if (!constraint.selector.matches(metadata.labels) || !counts(constraint, node)) continue
            const value = node.metadata.labels?.[constraint.topologyKey] ?? ''
            const change = (changes[at]!.get(value) ?? 0) + factor
            if (change === 0) changes[at]!.delete(value)
            else changes[at]!.set(value, change)
          }
          fewest = undefined
        },
      }
    },
    mayHelp,
  }
}

/** Source: isSchedulableAfterPodChange, isSchedulableAfterNodeChange */
function mayHelp(event: ClusterEvent, { pod }: PodInfo): boolean {
  const constraints = ownConstraints(pod, 'DoNotSchedule')
  // What rejected it were the defaults.
  if (constraints.length === 0) return event.kind !== 'StorageChanged' && event.kind !== 'DevicesChanged'
  const belongs = ({ metadata }: PodObject): boolean =>
    metadata.namespace === pod.metadata.namespace &&
    constraints.some(({ selector }) => selector.matches(metadata.labels))
  switch (event.kind) {
    case 'AssignedPodAdded':
    case 'AssignedPodDeleted':
      return belongs(event.pod)
    case 'AssignedPodUpdated':
      return (
        belongs(event.pod) !== belongs(event.old) ||
        event.pod.metadata.deletionTimestamp !== event.old.metadata.deletionTimestamp
      )
    case 'NodeAdded':
      return hasAllKeys(event.node, constraints)
    case 'NodeUpdated': {
      const now = hasAllKeys(event.node, constraints)
      if (now !== hasAllKeys(event.old, constraints)) return true
      return now && nodeMatters(event.node, event.old, constraints)
    }
    case 'StorageChanged':
    case 'DevicesChanged':
      return false
  }
}

function nodeMatters(node: NodeObject, old: NodeObject, constraints: readonly Constraint[]): boolean {
  if (!deepEqual(node.spec?.taints, old.spec?.taints)) return true
  return constraints.some(
    ({ topologyKey }) => node.metadata.labels?.[topologyKey] !== old.metadata.labels?.[topologyKey],
  )
}
