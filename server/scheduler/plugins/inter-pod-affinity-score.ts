// Prefers nodes near the pods that a pod likes, and that like it; away from those it does not, and that do not like it.
// Source: pkg/scheduler/framework/plugins/interpodaffinity, scoring (v1.36)
import type { Labels } from '../../apimachinery/selectors.ts'
import { MAX_NODE_SCORE, type ClusterView, type NodeObject, type PodInfo, type ScorePlugin } from '../framework.ts'
import { podsMeantBy, resolveNamespaces, termMatches } from '../pod-affinity.ts'

/** Points by topology key and value. */
type TopologyPoints = Map<string, Map<string, number>>

export const interPodAffinityScore: ScorePlugin = {
  name: 'InterPodAffinity',
  weight: 2,
  prepare(info, cluster) {
    const points: TopologyPoints = new Map()
    addOwn(points, info, cluster)
    addForeign(points, info, cluster)
    if (points.size === 0) return undefined
    return {
      score({ node }) {
        let score = 0
        for (const [key, values] of points) {
          const value = node.metadata.labels?.[key]
          if (value !== undefined) score += values.get(value) ?? 0
        }
        return score
      },
      normalize(scores) {
        let least = Infinity
        let most = -Infinity
        for (const score of scores) {
          if (score < least) least = score
          if (score > most) most = score
        }
        const range = most - least
        for (const [at, score] of scores.entries()) {
          scores[at] = range === 0 ? 0 : Math.trunc(MAX_NODE_SCORE * ((score - least) / range))
        }
      },
    }
  },
}

function add(points: TopologyPoints, { metadata }: NodeObject, topologyKey: string, amount: number): void {
  const value = metadata.labels?.[topologyKey]
  if (value === undefined) return
  let values = points.get(topologyKey)
  if (values === undefined) points.set(topologyKey, (values = new Map()))
  values.set(value, (values.get(value) ?? 0) + amount)
}

/** What the pod thinks of the pods that are there. */
function addOwn(points: TopologyPoints, { affinity }: PodInfo, cluster: ClusterView): void {
  if (affinity.preferred.length === 0 && affinity.preferredAnti.length === 0) return
  const opinions = [
    ...resolveNamespaces(affinity.preferred, cluster),
    ...resolveNamespaces(affinity.preferredAnti, cluster).map((term) => ({ ...term, weight: -term.weight })),
  ].map((term) => ({ ...term, question: podsMeantBy([term]) }))
  for (const node of cluster.nodes) {
    if (node.podCount === 0) continue
    for (const { topologyKey, weight, question } of opinions) {
      const pods = node.count(question)
      if (pods > 0) add(points, node.node, topologyKey, weight * pods)
    }
  }
}

/** What the pods that are there think of the pod. */
function addForeign(points: TopologyPoints, { pod }: PodInfo, cluster: ClusterView): void {
  const namespaceLabels: Labels = cluster.namespaceLabels(pod.metadata.namespace ?? '')
  for (const { opinion, nodes } of cluster.opinions) {
    const { term, points: each } = opinion
    if (each === 'veto' || !termMatches(term, pod, namespaceLabels)) continue
    for (const [{ node }, pods] of nodes) add(points, node, term.topologyKey, each * pods)
  }
}
