// A decision in which extenders have a say: they leave out nodes, add points, and object to evictions.
// Source: pkg/scheduler, findNodesThatPassExtenders and prioritizeNodes; framework/preemption, callExtenders (v1.36)
import { bestNode, noNodes, searchNodes, withoutNode, type DecideOptions } from './decide.ts'
import type { Extender, Victims } from './extender.ts'
import type { Candidate, ClusterView, Decision, NodeInfo, PodInfo, Profile } from './framework.ts'
import { bestOf } from './plugins/default-preemption.ts'
import type { PodFilters } from './pod-filters.ts'

/** As plugins are named among those that rejected a pod. */
const EXTENDER = 'Extender'

/**
 * @param extenders those interested in the pod
 * @throws Error if a plugin cannot make sense of the pod, or an extender that must be asked does not answer
 */
export async function decideWithExtenders(
  profile: Profile,
  cluster: ClusterView,
  pod: PodInfo,
  extenders: readonly Extender[],
  options: DecideOptions,
): Promise<Decision> {
  if (cluster.nodes.length === 0) return noNodes
  const search = searchNodes(profile, cluster, pod, options)
  const { filters, rejectedBy } = search
  const feasible = await agreedNodes(pod, search.feasible, extenders, filters)
  if (feasible.length < search.feasible.length) rejectedBy.add(EXTENDER)
  if (feasible.length === 0) return withAgreedVictims(withoutNode(search), cluster, pod, extenders)
  if (feasible.length === 1) return bestNode(search, feasible)
  const all = await Promise.all(extenders.map((extender) => extender.prioritize(pod.pod, feasible)))
  const points = new Map<string, number>()
  for (const one of all) for (const [name, more] of one) points.set(name, (points.get(name) ?? 0) + more)
  return bestNode(search, feasible, points)
}

/** Each extender only sees the nodes that those before it agreed to. */
async function agreedNodes(
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  extenders: readonly Extender[],
  { verdicts }: PodFilters,
): Promise<readonly NodeInfo[]> {
  let feasible = nodes
  for (const extender of extenders) {
    if (feasible.length === 0) break
    try {
      const answer = await extender.filter(pod.pod, feasible)
      for (const [name, reason] of answer.failed) {
        verdicts.set(name, { plugin: EXTENDER, resolvable: true, reasons: [reason] })
      }
      for (const [name, reason] of answer.unresolvable) {
        verdicts.set(name, { plugin: EXTENDER, resolvable: false, reasons: [reason] })
      }
      feasible = answer.feasible
    } catch (error) {
      if (!extender.isIgnorable) throw error
    }
  }
  return feasible
}

async function withAgreedVictims(
  decision: Decision,
  cluster: ClusterView,
  pod: PodInfo,
  extenders: readonly Extender[],
): Promise<Decision> {
  const { candidates = [], preemption, ...rest } = decision
  const asked = extenders.filter(({ supportsPreemption }) => supportsPreemption)
  if (preemption === undefined || asked.length === 0) return decision
  let victims = new Map<string, Victims>(candidates.map((candidate) => [candidate.nodeName, candidate]))
  for (const extender of asked) {
    try {
      victims = await extender.preempt(pod.pod, victims, (name) => cluster.node(name))
    } catch (error) {
      if (!extender.isIgnorable) throw error
    }
    if (victims.size === 0) break
  }
  const left = [...victims].map(([nodeName, one]): Candidate => ({ ...one, nodeName }))
  const best = bestOf(left)
  if (best !== undefined) return { ...rest, preemption: best, candidates: left }
  return { ...rest, message: `${rest.message ?? ''} preemption: no candidate node for preemption` }
}
