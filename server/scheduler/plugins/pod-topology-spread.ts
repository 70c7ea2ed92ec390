// Spreads pods that belong together over topology domains: the pod's own constraints (required ones filter, others
// score), or the system's defaults, which spread the pods of one owner over hosts and zones.
// Source: pkg/scheduler/framework/plugins/podtopologyspread (v1.36)
import { deepEqual } from '../../apimachinery/equality.ts'
import { labelSelectorAsSelector, Selector, selectorFromSet } from '../../apimachinery/selectors.ts'
import {
  MAX_NODE_SCORE,
  type ClusterEvent,
  type ClusterView,
  type FilterPlugin,
  type NodeInfo,
  type NodeObject,
  type PodInfo,
  type PodObject,
  type ScorePlugin,
} from '../framework.ts'
import { requiredNodeAffinity } from '../../api/node-selector.ts'
import { keepsPodsOff, tolerates } from '../../api/taints.ts'

const HOSTNAME = 'kubernetes.io/hostname'
const REASON = "node(s) didn't match pod topology spread constraints"
const SKEWED = { resolvable: true, reasons: [REASON] }
const MISSING_LABEL = { resolvable: false, reasons: [`${REASON} (missing required label)`] }

interface Constraint {
  readonly maxSkew: number
  readonly topologyKey: string
  readonly selector: Selector
  readonly minDomains: number
  readonly honorAffinity: boolean
  readonly honorTaints: boolean
}

const systemDefaults = [
  { maxSkew: 3, topologyKey: HOSTNAME },
  { maxSkew: 5, topologyKey: 'topology.kubernetes.io/zone' },
] as const

function constraintsOf(pod: PodObject, action: 'DoNotSchedule' | 'ScheduleAnyway'): Constraint[] {
  const constraints: Constraint[] = []
  for (const constraint of pod.spec?.topologySpreadConstraints ?? []) {
    if (constraint.whenUnsatisfiable !== action) continue
    constraints.push({
      maxSkew: constraint.maxSkew,
      topologyKey: constraint.topologyKey,
      selector: withLabelsOf(pod, constraint.matchLabelKeys ?? [], labelSelectorAsSelector(constraint.labelSelector)),
      minDomains: constraint.minDomains ?? 1,
      honorAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
      honorTaints: constraint.nodeTaintsPolicy === 'Honor',
    })
  }
  return constraints
}

function withLabelsOf({ metadata }: PodObject, keys: readonly string[], selector: Selector): Selector {
  const labels: Record<string, string> = {}
  for (const key of keys) {
    const value = metadata.labels?.[key]
    if (value !== undefined) labels[key] = value
  }
  if (Object.keys(labels).length === 0) return selector
  return new Selector([...selectorFromSet(labels).requirements, ...selector.requirements])
}

function leastOf(numbers: Iterable<number>): number {
  let least = Infinity
  for (const number of numbers) if (number < least) least = number
  return least
}

/** Whether the pods on a node count for a constraint. */
function nodeCounts(pod: PodObject): (constraint: Constraint, node: NodeObject) => boolean {
  const affinity = requiredNodeAffinity(pod.spec ?? {})
  const tolerations = pod.spec?.tolerations ?? []
  return ({ honorAffinity, honorTaints }, node) => {
    if (honorAffinity && affinity !== undefined && !affinity(node)) return false
    return !honorTaints || !node.spec?.taints?.some((taint) => keepsPodsOff(taint) && !tolerates(tolerations, taint))
  }
}

function hasAllKeys(node: NodeObject, constraints: readonly Constraint[]): boolean {
  return constraints.every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined)
}

export const podTopologySpread: FilterPlugin = {
  name: 'PodTopologySpread',
  prepare({ pod }, cluster) {
    const constraints = constraintsOf(pod, 'DoNotSchedule')
    if (constraints.length === 0) return undefined
    const counts = nodeCounts(pod)
    const domains = constraints.map(() => new Map<string, number>())
    for (const info of cluster.nodes) {
      if (!hasAllKeys(info.node, constraints)) continue
      for (const [at, constraint] of constraints.entries()) {
        if (!counts(constraint, info.node)) continue
        const value = info.node.metadata.labels?.[constraint.topologyKey] ?? ''
        const matching = info.countMatching(pod.metadata.namespace ?? '', constraint.selector)
        domains[at]!.set(value, (domains[at]!.get(value) ?? 0) + matching)
      }
    }
    let fewest: readonly number[] | undefined
    const own = constraints.map(({ selector }) => (selector.matches(pod.metadata.labels) ? 1 : 0))
    return {
      filter({ node }) {
        fewest ??= constraints.map(({ minDomains }, at) =>
          domains[at]!.size < minDomains ? 0 : leastOf(domains[at]!.values()),
        )
        for (const [at, { topologyKey, maxSkew }] of constraints.entries()) {
          const value = node.metadata.labels?.[topologyKey]
          if (value === undefined) return MISSING_LABEL
          if ((domains[at]!.get(value) ?? 0) + own[at]! - fewest[at]! > maxSkew) return SKEWED
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
          domains[at]!.set(value, (domains[at]!.get(value) ?? 0) + factor)
        }
        fewest = undefined
      },
    }
  },
  mayHelp,
}

export const podTopologySpreadScore: ScorePlugin = {
  name: 'PodTopologySpread',
  weight: 2,
  prepare(info, cluster, feasible) {
    const { pod } = info
    const asked = (pod.spec?.topologySpreadConstraints?.length ?? 0) > 0
    const constraints = asked ? constraintsOf(pod, 'ScheduleAnyway') : defaultConstraints(info, cluster)
    if (constraints.length === 0) return undefined
    const namespace = pod.metadata.namespace ?? ''
    // The defaults also spread over hosts that say no zone; a pod's own constraints skip nodes that lack a key.
    const ignored = new Set<NodeInfo>(asked ? feasible.filter(({ node }) => !hasAllKeys(node, constraints)) : [])
    const domains = countDomains(pod, constraints, cluster, feasible, ignored, asked)
    const weights = constraints.map(({ topologyKey }, at) =>
      Math.log((topologyKey === HOSTNAME ? feasible.length - ignored.size : domains[at]!.size) + 2),
    )
    return {
      score(node) {
        if (ignored.has(node)) return 0
        let score = 0
        for (const [at, { topologyKey, selector, maxSkew }] of constraints.entries()) {
          const value = node.node.metadata.labels?.[topologyKey]
          if (value === undefined) continue
          const count =
            topologyKey === HOSTNAME ? node.countMatching(namespace, selector) : (domains[at]!.get(value) ?? 0)
          score += count * weights[at]! + (maxSkew - 1)
        }
        return Math.round(score)
      },
      normalize(scores) {
        const considered = scores.filter((_, at) => !ignored.has(feasible[at]!))
        const highest = Math.max(0, ...considered)
        const lowest = Math.min(...considered)
        for (const [at, score] of scores.entries()) {
          if (ignored.has(feasible[at]!)) scores[at] = 0
          else
            scores[at] =
              highest === 0 ? MAX_NODE_SCORE : Math.trunc((MAX_NODE_SCORE * (highest + lowest - score)) / highest)
        }
      },
    }
  },
}

function defaultConstraints({ pod }: PodInfo, cluster: ClusterView): Constraint[] {
  const selector = cluster.defaultSelector(pod)
  if (selector.empty) return []
  return systemDefaults.map((constraint) => ({
    ...constraint,
    selector,
    minDomains: 1,
    honorAffinity: true,
    honorTaints: false,
  }))
}

/** Matching pods per value of each topology key, for the values of feasible nodes; hosts are counted when they are scored. */
function countDomains(
  pod: PodObject,
  constraints: readonly Constraint[],
  cluster: ClusterView,
  feasible: readonly NodeInfo[],
  ignored: ReadonlySet<NodeInfo>,
  requireAllKeys: boolean,
): Map<string, number>[] {
  const domains = constraints.map(({ topologyKey }) => {
    const values = new Map<string, number>()
    if (topologyKey === HOSTNAME) return values
    for (const info of feasible) if (!ignored.has(info)) values.set(info.node.metadata.labels?.[topologyKey] ?? '', 0)
    return values
  })
  // Nodes that name no zone at all need no count.
  if (domains.every((values) => values.size === 0 || (values.size === 1 && values.has('')))) return domains
  const counts = nodeCounts(pod)
  for (const info of cluster.nodes) {
    if (requireAllKeys && !hasAllKeys(info.node, constraints)) continue
    for (const [at, constraint] of constraints.entries()) {
      const value = info.node.metadata.labels?.[constraint.topologyKey] ?? ''
      const before = domains[at]!.get(value)
      if (before === undefined || !counts(constraint, info.node)) continue
      domains[at]!.set(value, before + info.countMatching(pod.metadata.namespace ?? '', constraint.selector))
    }
  }
  return domains
}

/** Source: isSchedulableAfterPodChange, isSchedulableAfterNodeChange */
function mayHelp(event: ClusterEvent, { pod }: PodInfo): boolean {
  const constraints = constraintsOf(pod, 'DoNotSchedule')
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
      return false
  }
}

function nodeMatters(node: NodeObject, old: NodeObject, constraints: readonly Constraint[]): boolean {
  if (!deepEqual(node.spec?.taints, old.spec?.taints)) return true
  return constraints.some(
    ({ topologyKey }) => node.metadata.labels?.[topologyKey] !== old.metadata.labels?.[topologyKey],
  )
}
