// Pods that require other pods near, or away: what they require themselves, and what pods that are there already require.
// Source: pkg/scheduler/framework/plugins/interpodaffinity, filtering (v1.36)
import type { Labels } from '../../apimachinery/selectors.ts'
import type {
  AffinityTerm,
  ClusterEvent,
  ClusterView,
  FilterPlugin,
  NodeObject,
  PodInfo,
  PodObject,
} from '../framework.ts'
import { NodeTally, type Dimension, type Share } from '../node-tally.ts'
import { allTermsMatch, keyOfTerm, podsMeantBy, resolveNamespaces, termMatches } from '../pod-affinity.ts'
import { podInfoOf } from '../pod-info.ts'

const NO_AFFINITY = { resolvable: false, reasons: ["node(s) didn't match pod affinity rules"] }
const ANTI_AFFINITY = { resolvable: true, reasons: ["node(s) didn't match pod anti-affinity rules"] }
const FOREIGN_ANTI_AFFINITY = {
  resolvable: true,
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
}

/** Numbers of pods by topology key and value: sums over nodes, and what is different on hypothetical ones. */
class TopologyCounts {
  readonly #sums: ReadonlyMap<string, Dimension>
  readonly #kind: string
  readonly #changes = new Map<string, Map<string, number>>()

  /** @param kind prefix of the names of dimensions */
  constructor(sums: ReadonlyMap<string, Dimension>, kind: string) {
    this.#sums = sums
    this.#kind = kind
  }

  /** Whether no pod is counted anywhere. */
  isEmpty(topologyKeys: readonly string[]): boolean {
    return topologyKeys.every((key) => {
      const values = [...(this.#sums.get(this.#kind + key)?.values() ?? []), ...(this.#changes.get(key)?.keys() ?? [])]
      return !values.some((value) => this.has(key, value))
    })
  }

  change(node: NodeObject, topologyKey: string, pods: number): void {
    const value = node.metadata.labels?.[topologyKey]
    if (value === undefined || pods === 0) return
    let values = this.#changes.get(topologyKey)
    if (values === undefined) this.#changes.set(topologyKey, (values = new Map()))
    const sum = (values.get(value) ?? 0) + pods
    if (sum === 0) values.delete(value)
    else values.set(value, sum)
    if (values.size === 0) this.#changes.delete(topologyKey)
  }

  has(topologyKey: string, value: string): boolean {
    const sum = this.#sums.get(this.#kind + topologyKey)?.sum(value) ?? 0
    return sum + (this.#changes.get(topologyKey)?.get(value) ?? 0) > 0
  }

  hasAny({ metadata }: NodeObject, topologyKeys: Iterable<string>): boolean {
    for (const key of topologyKeys) {
      const value = metadata.labels?.[key]
      if (value !== undefined && this.has(key, value)) return true
    }
    return false
  }
}

const NEAR = 'near '
const AWAY = 'away '
const FOREIGN = 'foreign '

export const interPodAffinity: FilterPlugin = {
  name: 'InterPodAffinity',
  prepare(info, cluster) {
    const { pod } = info
    const namespaceLabels = cluster.namespaceLabels(pod.metadata.namespace ?? '')
    /** Topology keys of vetoes of pods that are there, and of such as may come to be there. */
    const vetoKeys = new Set<string>()
    for (const { opinion } of cluster.opinions) {
      if (opinion.points !== 'veto' || !termMatches(opinion.term, pod, namespaceLabels)) continue
      vetoKeys.add(opinion.term.topologyKey)
    }
    const { affinity } = info
    if (vetoKeys.size === 0 && affinity.required.length === 0 && affinity.requiredAnti.length === 0) return undefined
    const required = resolveNamespaces(affinity.required, cluster)
    const requiredAnti = resolveNamespaces(affinity.requiredAnti, cluster)
    const sums = tallyFor(pod, cluster, { required, requiredAnti, namespaceLabels }).refresh(cluster)
    const near = new TopologyCounts(sums, NEAR)
    const away = new TopologyCounts(sums, AWAY)
    const foreign = new TopologyCounts(sums, FOREIGN)
    const nearKeys = required.map(({ topologyKey }) => topologyKey)
    return {
      filter({ node }) {
        if (!isNearEnough(node, required, nearKeys, near, info)) return NO_AFFINITY
        const { labels } = node.metadata
        for (const { topologyKey } of requiredAnti) {
          const value = labels?.[topologyKey]
          if (value !== undefined && away.has(topologyKey, value)) return ANTI_AFFINITY
        }
        return foreign.hasAny(node, vetoKeys) ? FOREIGN_ANTI_AFFINITY : undefined
      },
      update(other, { node }, factor) {
        for (const term of other.affinity.requiredAnti) {
          if (!termMatches(term, pod, namespaceLabels)) continue
          vetoKeys.add(term.topologyKey)
          foreign.change(node, term.topologyKey, factor)
        }
        if (allTermsMatch(required, other.pod)) for (const key of nearKeys) near.change(node, key, factor)
        for (const term of requiredAnti) {
          if (termMatches(term, other.pod)) away.change(node, term.topologyKey, factor)
        }
      },
    }
  },
  mayHelp,
}

/** Counts the pods that the pod's own terms mean, and the vetoes against it. */
function tallyFor(
  pod: PodObject,
  { memory, nodes }: ClusterView,
  { required, requiredAnti, namespaceLabels }: OwnTerms,
): NodeTally {
  const { namespace, labels } = pod.metadata
  const keyOf = (term: AffinityTerm): string => `${term.topologyKey} ${keyOfTerm(term)}`
  const who = JSON.stringify([namespace, labels, namespaceLabels, required.map(keyOf), requiredAnti.map(keyOf)])
  return memory.recall(`affinity ${who}`, () => {
    // What counts for affinity is a pod that all terms mean.
    const wanted = required.length === 0 ? undefined : podsMeantBy(required)
    const unwanted = requiredAnti.map(({ topologyKey, ...term }) => ({
      topologyKey,
      question: podsMeantBy([{ topologyKey, ...term }]),
    }))
    return new NodeTally(nodes.length, (node) => {
      const shares: Share[] = []
      const add = (kind: string, topologyKey: string, amount: number): void => {
        const value = node.node.metadata.labels?.[topologyKey]
        if (value !== undefined && amount !== 0) shares.push({ dimension: kind + topologyKey, value, amount })
      }
      if (node.podCount === 0) return shares
      if (wanted !== undefined) {
        const pods = node.count(wanted)
        for (const { topologyKey } of required) add(NEAR, topologyKey, pods)
      }
      for (const { topologyKey, question } of unwanted) add(AWAY, topologyKey, node.count(question))
      for (const { opinion, pods } of node.opinions) {
        if (opinion.points === 'veto' && termMatches(opinion.term, pod, namespaceLabels)) {
          add(FOREIGN, opinion.term.topologyKey, pods)
        }
      }
      return shares
    })
  })
}

interface OwnTerms {
  readonly required: readonly AffinityTerm[]
  readonly requiredAnti: readonly AffinityTerm[]
  readonly namespaceLabels: Labels
}

/** The first of pods that want to be near each other may go to any node that has the topology. */
function isNearEnough(
  { metadata }: NodeObject,
  required: readonly AffinityTerm[],
  topologyKeys: readonly string[],
  near: TopologyCounts,
  { pod }: PodInfo,
): boolean {
  let found = true
  for (const { topologyKey } of required) {
    const value = metadata.labels?.[topologyKey]
    if (value === undefined) return false
    if (!near.has(topologyKey, value)) found = false
  }
  return found || (near.isEmpty(topologyKeys) && allTermsMatch(required, pod))
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
    case 'DevicesChanged':
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
