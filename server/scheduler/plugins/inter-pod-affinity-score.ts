// Prefers nodes near the pods that a pod likes, and that like it; away from those it does not, and that do not like it.
// Source: pkg/scheduler/framework/plugins/interpodaffinity, scoring (v1.36)
import {
  MAX_NODE_SCORE,
  type ClusterView,
  type Opinion,
  type PodInfo,
  type ScoreList,
  type ScorePlugin,
} from '../framework.ts'
import { NodeTally, type Share } from '../node-tally.ts'
import { keyOfTerm, podsMeantBy, resolveNamespaces, termMatches } from '../pod-affinity.ts'

export interface InterPodAffinityArgs {
  /** What it counts for a node that a pod there requires this one near. */
  readonly hardPodAffinityWeight: number
  /** Pods without wishes are not asked what others think of them. */
  readonly ignorePreferredTermsOfExistingPods: boolean
}

export function interPodAffinityScore(weight: number, args: InterPodAffinityArgs): ScorePlugin {
  return {
    name: 'InterPodAffinity',
    weight,
    prepare(info, cluster) {
      const { preferred, preferredAnti } = info.affinity
      const hasWishes = preferred.length > 0 || preferredAnti.length > 0
      if (!hasWishes && (args.ignorePreferredTermsOfExistingPods || !isMeant(info, cluster, args))) return undefined
      const points = tallyFor(info, cluster, args).refresh(cluster)
      if (points.size === 0) return undefined
      const dimensions = [...points]
      return {
        score({ node }) {
          let score = 0
          for (const [key, sums] of dimensions) {
            const value = node.metadata.labels?.[key]
            if (value !== undefined) score += sums.sum(value) ?? 0
          }
          return score
        },
        normalize,
      }
    },
  }
}

function normalize(scores: ScoreList): void {
  let least = Infinity
  let most = -Infinity
  for (const score of scores) {
    if (score < least) least = score
    if (score > most) most = score
  }
  const range = most - least
  for (let at = 0; at < scores.length; at++) {
    scores[at] = range === 0 ? 0 : Math.trunc(MAX_NODE_SCORE * ((scores[at]! - least) / range))
  }
}

function pointsOf({ points }: Opinion, { hardPodAffinityWeight }: InterPodAffinityArgs): number {
  if (points === 'veto') return 0
  return points === 'required' ? hardPodAffinityWeight : points
}

/** Whether some pod that is there has an opinion of this one. */
function isMeant({ pod }: PodInfo, cluster: ClusterView, args: InterPodAffinityArgs): boolean {
  for (const { opinion } of cluster.opinions) {
    if (pointsOf(opinion, args) === 0) continue
    if (termMatches(opinion.term, pod, cluster.namespaceLabels(pod.metadata.namespace ?? ''))) return true
  }
  return false
}

/** Points by topology key and value: what the pod thinks of the pods that are there, and what they think of it. */
function tallyFor({ pod, affinity }: PodInfo, cluster: ClusterView, args: InterPodAffinityArgs): NodeTally {
  const { namespace = '', labels } = pod.metadata
  const namespaceLabels = cluster.namespaceLabels(namespace)
  const own = [
    ...resolveNamespaces(affinity.preferred, cluster),
    ...resolveNamespaces(affinity.preferredAnti, cluster).map((term) => ({ ...term, weight: -term.weight })),
  ]
  const wishes = own.map((term) => `${term.weight} ${term.topologyKey} ${keyOfTerm(term)}`)
  const who = JSON.stringify([namespace, labels, namespaceLabels, wishes, args.hardPodAffinityWeight])
  return cluster.memory.recall(`preferred affinity ${who}`, () => {
    const opinions = own.map(({ topologyKey, weight, ...term }) => ({
      topologyKey,
      weight,
      question: podsMeantBy([{ topologyKey, ...term }]),
    }))
    return new NodeTally(cluster.nodes.length, (node) => {
      const shares: Share[] = []
      const add = (topologyKey: string, amount: number): void => {
        const value = node.node.metadata.labels?.[topologyKey]
        if (value !== undefined && amount !== 0) shares.push({ dimension: topologyKey, value, amount })
      }
      if (node.podCount === 0) return shares
      for (const { topologyKey, weight, question } of opinions) add(topologyKey, weight * node.count(question))
      for (const { opinion, pods } of node.opinions) {
        const each = pointsOf(opinion, args)
        if (each !== 0 && termMatches(opinion.term, pod, namespaceLabels)) add(opinion.term.topologyKey, each * pods)
      }
      return shares
    })
  })
}
