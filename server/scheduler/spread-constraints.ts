// Topology spread constraints: those of a pod, or the defaults for pods that have none, and how many pods count where.
// Source: pkg/scheduler/framework/plugins/podtopologyspread, common.go and buildDefaultConstraints (v1.36)
import type { TopologySpreadConstraint } from '../api/core.ts'
import { requiredNodeAffinity } from '../api/node-selector.ts'
import { keepsPodsOff, tolerates } from '../api/taints.ts'
import { labelSelectorAsSelector, Selector, selectorFromSet } from '../apimachinery/selectors.ts'
import type { Frozen } from '../apimachinery/types.ts'
import type { ClusterView, NodeInfo, NodeObject, PodObject } from './framework.ts'
import { NodeTally, type Share } from './node-tally.ts'

export const HOSTNAME = 'kubernetes.io/hostname'

export interface Constraint {
  readonly maxSkew: number
  readonly topologyKey: string
  readonly selector: Selector
  readonly minDomains: number
  readonly honorAffinity: boolean
  readonly honorTaints: boolean
}

type Action = 'DoNotSchedule' | 'ScheduleAnyway'

/** As in PodTopologySpreadArgs: constraints without selectors. */
export interface SpreadDefaults {
  readonly constraints: readonly Frozen<TopologySpreadConstraint>[]
  /** The system's own: they also spread over hosts that name no zone. */
  readonly isSystem: boolean
}

export const systemDefaults: SpreadDefaults = {
  constraints: [
    { maxSkew: 3, topologyKey: HOSTNAME, whenUnsatisfiable: 'ScheduleAnyway' },
    { maxSkew: 5, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
  ],
  isSystem: true,
}

export interface SpreadRules {
  readonly constraints: readonly Constraint[]
  /** Nodes that lack one of the keys do not count at all. */
  readonly needsAllKeys: boolean
}

/** @throws Error if a selector makes no sense */
export function spreadRulesOf(
  pod: PodObject,
  action: Action,
  defaults: SpreadDefaults,
  cluster: Pick<ClusterView, 'defaultSelector'>,
): SpreadRules {
  const own = pod.spec?.topologySpreadConstraints ?? []
  if (own.length > 0) return { constraints: constraintsOf(pod, own, action), needsAllKeys: true }
  const needsAllKeys = !defaults.isSystem
  if (!defaults.constraints.some(({ whenUnsatisfiable }) => whenUnsatisfiable === action)) {
    return { constraints: [], needsAllKeys }
  }
  const selector = cluster.defaultSelector(pod)
  if (selector.empty) return { constraints: [], needsAllKeys }
  const constraints = constraintsOf(pod, defaults.constraints, action)
  return { constraints: constraints.map((constraint) => ({ ...constraint, selector })), needsAllKeys }
}

/** Of the pod itself, for events. */
export function ownConstraints(pod: PodObject, action: Action): readonly Constraint[] {
  return constraintsOf(pod, pod.spec?.topologySpreadConstraints ?? [], action)
}

function constraintsOf(
  pod: PodObject,
  all: readonly Frozen<TopologySpreadConstraint>[],
  action: Action,
): readonly Constraint[] {
  const constraints: Constraint[] = []
  for (const constraint of all) {
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

/** Whether the pods on a node count for a constraint. Source: matchNodeInclusionPolicies */
export function nodeCounts(pod: PodObject): (constraint: Constraint, node: NodeObject) => boolean {
  const affinity = requiredNodeAffinity(pod.spec ?? {})
  const tolerations = pod.spec?.tolerations ?? []
  return ({ honorAffinity, honorTaints }, node) => {
    if (honorAffinity && affinity !== undefined && !affinity(node)) return false
    return !honorTaints || !node.spec?.taints?.some((taint) => keepsPodsOff(taint) && !tolerates(tolerations, taint))
  }
}

export function hasAllKeys(node: NodeObject, constraints: readonly Constraint[]): boolean {
  return constraints.every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined)
}

/**
 * Matching pods by value of each constraint's key; the dimensions are named by the constraints' places. A node that has no
 * value is in the domain of the empty one, unless all keys are needed.
 * @param presence whether a node whose pods do not count still makes its domain known
 */
export function spreadTally(
  pod: PodObject,
  { constraints, needsAllKeys }: SpreadRules,
  presence: 'of nodes that count' | 'of all nodes',
  { memory, nodes }: Pick<ClusterView, 'memory' | 'nodes'>,
): NodeTally {
  const { spec, metadata } = pod
  const namespace = metadata.namespace ?? ''
  const wishes = [spec?.nodeSelector, spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution]
  const honors = constraints.some(({ honorTaints }) => honorTaints)
  const which = constraints.map(
    ({ topologyKey, selector, honorAffinity, honorTaints }) =>
      `${topologyKey} ${selector.empty ? '*' : selector.toString()} ${honorAffinity} ${honorTaints}`,
  )
  const who = JSON.stringify([namespace, needsAllKeys, which, wishes, honors ? spec?.tolerations : 0])
  return memory.recall(`spread ${presence} ${who}`, () => {
    const counts = nodeCounts(pod)
    return new NodeTally(nodes.length, (info) => sharesOf(info))
    function sharesOf(info: NodeInfo): readonly Share[] {
      const shares: Share[] = []
      if (needsAllKeys && !hasAllKeys(info.node, constraints)) return shares
      for (const [at, constraint] of constraints.entries()) {
        const isCounted = counts(constraint, info.node)
        if (!isCounted && presence === 'of nodes that count') continue
        const value = info.node.metadata.labels?.[constraint.topologyKey] ?? ''
        const amount = isCounted ? info.countMatching(namespace, constraint.selector) : 0
        shares.push({ dimension: String(at), value, amount })
      }
      return shares
    }
  })
}
