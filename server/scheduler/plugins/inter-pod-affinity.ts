// Pods that require other pods near, or away: what they require themselves, and what pods that are there already require.
// Source: pkg/scheduler/framework/plugins/interpodaffinity, filtering (v1.36)
import type {
  AffinityTerm,
  ClusterEvent,
  ClusterView,
  FilterPlugin,
  NodeInfo,
  NodeObject,
  PodInfo,
  PodObject,
} from '../framework.ts'
import { allTermsMatch, podsMeantBy, resolveNamespaces, termMatches } from '../pod-affinity.ts'
import { podInfoOf } from '../pod-info.ts'

const NO_AFFINITY = { resolvable: false, reasons: ["node(s) didn't match pod affinity rules"] }
const ANTI_AFFINITY = { resolvable: true, reasons: ["node(s) didn't match pod anti-affinity rules"] }
const FOREIGN_ANTI_AFFINITY = {
  resolvable: true,
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
}

/** Numbers of pods by topology key and the value that nodes have for it. */
class TopologyCounts {
  readonly #counts = new Map<string, Map<string, number>>()

  get empty(): boolean {
    return this.#counts.size === 0
  }

  add(node: NodeObject, topologyKey: string, pods: number): void {
    const value = node.metadata.labels?.[topologyKey]
    if (value === undefined || pods === 0) return
    let values = this.#counts.get(topologyKey)
    if (values === undefined) this.#counts.set(topologyKey, (values = new Map()))
    const sum = (values.get(value) ?? 0) + pods
    if (sum === 0) values.delete(value)
    else values.set(value, sum)
    if (values.size === 0) this.#counts.delete(topologyKey)
  }

  has(topologyKey: string, value: string): boolean {
    return (this.#counts.get(topologyKey)?.get(value) ?? 0) > 0
  }

  hasAny({ metadata }: NodeObject): boolean {
    for (const [key, values] of this.#counts) {
      const value = metadata.labels?.[key]
      if (value !== undefined && (values.get(value) ?? 0) > 0) return true
    }
    return false
  }
}

export const interPodAffinity: FilterPlugin = {
  name: 'InterPodAffinity',
  prepare(info, cluster) {
    const { pod } = info
    const required = resolveNamespaces(info.affinity.required, cluster)
    const requiredAnti = resolveNamespaces(info.affinity.requiredAnti, cluster)
    const namespaceLabels = cluster.namespaceLabels(pod.metadata.namespace ?? '')
    const near = new TopologyCounts()
    const away = new TopologyCounts()
    const foreign = new TopologyCounts()
    countOwn(cluster, required, requiredAnti, near, away)
    const addForeign = ({ affinity }: PodInfo, { node }: NodeInfo, factor: number): void => {
      for (const term of affinity.requiredAnti) {
        if (termMatches(term, pod, namespaceLabels)) foreign.add(node, term.topologyKey, factor)
      }
    }
    for (const { opinion, nodes } of cluster.opinions) {
      if (opinion.points !== 'veto' || !termMatches(opinion.term, pod, namespaceLabels)) continue
      for (const [{ node }, pods] of nodes) foreign.add(node, opinion.term.topologyKey, pods)
    }
    if (foreign.empty && required.length === 0 && requiredAnti.length === 0) return undefined
    return {
      filter({ node }) {
        if (!isNearEnough(node, required, near, info)) return NO_AFFINITY
        const { labels } = node.metadata
        for (const { topologyKey } of requiredAnti) {
          const value = labels?.[topologyKey]
          if (value !== undefined && away.has(topologyKey, value)) return ANTI_AFFINITY
        }
        return foreign.hasAny(node) ? FOREIGN_ANTI_AFFINITY : undefined
      },
      update(other, node, factor) {
        addForeign(other, node, factor)
        if (allTermsMatch(required, other.pod)) {
          for (const { topologyKey } of required) near.add(node.node, topologyKey, factor)
        }
        for (const term of requiredAnti) {
          if (termMatches(term, other.pod)) away.add(node.node, term.topologyKey, factor)
        }
      },
    }
  },
  mayHelp,
}

/** Counts the pods that the pod's own terms mean. */
function countOwn(
  cluster: ClusterView,
  required: readonly AffinityTerm[],
  requiredAnti: readonly AffinityTerm[],
  near: TopologyCounts,
  away: TopologyCounts,
): void {
  if (required.length === 0 && requiredAnti.length === 0) return
  // What counts for affinity is a pod that all terms mean.
  const wanted = required.length === 0 ? undefined : podsMeantBy(required)
  const unwanted = requiredAnti.map((term) => ({ topologyKey: term.topologyKey, question: podsMeantBy([term]) }))
  for (const node of cluster.nodes) {
    if (node.podCount === 0) continue
    if (wanted !== undefined) {
      const pods = node.count(wanted)
      for (const { topologyKey } of required) near.add(node.node, topologyKey, pods)
    }
    for (const { topologyKey, question } of unwanted) away.add(node.node, topologyKey, node.count(question))
  }
}

/** The first of pods that want to be near each other may go to any node that has the topology. */
function isNearEnough(
  { metadata }: NodeObject,
  required: readonly AffinityTerm[],
  near: TopologyCounts,
  { pod }: PodInfo,
): boolean {
  let found = true
  for (const { topologyKey } of required) {
    const value = metadata.labels?.[topologyKey]
    if (value === undefined) return false
    if (!near.has(topologyKey, value)) found = false
  }
  return found || (near.empty && allTermsMatch(required, pod))
}

/** Source: isSchedulableAfterPodChange, isSchedulableAfterNodeChange */
function mayHelp(event: ClusterEvent, { pod, affinity }: PodInfo): boolean {
  const { required, requiredAnti } = affinity
  switch (event.kind) {
    case 'AssignedPodAdded':
      return allMayMean(required, event.pod)
    case 'AssignedPodUpdated':
      return (
        (!allMayMean(required, event.old) && allMayMean(required, event.pod)) ||
        (allMayMean(requiredAnti, event.old) && !allMayMean(requiredAnti, event.pod))
      )
    case 'AssignedPodDeleted': {
      const theirs = podInfoOf(event.pod).affinity.requiredAnti
      return requiredAnti.some((term) => mayMean(term, event.pod)) || theirs.some((term) => mayMean(term, pod))
    }
    case 'NodeAdded':
      return (
        required.length === 0 ||
        requiredAnti.length > 0 ||
        required.some(({ topologyKey }) => event.node.metadata.labels?.[topologyKey] !== undefined)
      )
    case 'NodeUpdated': {
      const moved = ({ topologyKey }: AffinityTerm): boolean =>
        event.node.metadata.labels?.[topologyKey] !== event.old.metadata.labels?.[topologyKey]
      const terms = [...required, ...requiredAnti]
      return terms.length === 0 || terms.some(moved)
    }
    case 'StorageChanged':
      return false
  }
}

/** Labels of namespaces are not looked up here: one that may be meant is taken as meant. */
function mayMean({ selector, namespaces, namespaceSelector }: AffinityTerm, { metadata }: PodObject): boolean {
  const anyNamespace = namespaceSelector.empty || namespaceSelector.requirements.length > 0
  return (anyNamespace || namespaces.has(metadata.namespace ?? '')) && selector.matches(metadata.labels)
}

function allMayMean(terms: readonly AffinityTerm[], pod: PodObject): boolean {
  return terms.length > 0 && terms.every((term) => mayMean(term, pod))
}
