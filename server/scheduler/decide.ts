// Where a pod goes: filters, then scores, then the best node. Pure; what was found out is in the answer.
// Source: pkg/scheduler, schedulePod, findNodesThatPassFilters, prioritizeNodes and selectHost (v1.36)
import type {
  ClusterView,
  Decision,
  NodeFilter,
  NodeInfo,
  PluginScores,
  PodInfo,
  Profile,
  Verdict,
} from './framework.ts'
import { fitMessage } from './fit-message.ts'

/** With more nodes than this, the search ends once enough of them fit. */
const MIN_FEASIBLE_NODES = 100
const MIN_FEASIBLE_PERCENT = 5

export interface DecideOptions {
  /** Where in `cluster.nodes` the search begins, so that large clusters are used evenly. Default 0. */
  readonly startAt?: number
  /** 0 ≤ number < 1: breaks ties between equally good nodes. */
  readonly random: () => number
}

export function decide(
  profile: Profile,
  cluster: ClusterView,
  pod: PodInfo,
  { startAt = 0, random }: DecideOptions,
): Decision {
  const { nodes } = cluster
  if (nodes.length === 0) return noFit(new Map(), new Set(), 'no nodes available to schedule pods')
  const { feasible, verdicts, rejectedBy } = filterNodes(profile, cluster, pod, startAt)
  if (feasible.length === 0) {
    const message = [
      fitMessage(
        nodes.length,
        [...verdicts.values()].flatMap(({ reasons }) => reasons),
      ),
    ]
    const attempts = profile.postFilters
      .map((plugin) => plugin.attempt(pod, cluster, verdicts))
      .filter((text) => text !== '')
    if (attempts.length > 0) message.push(attempts.join(', '))
    return noFit(verdicts, rejectedBy, message.join(' '))
  }
  const names = feasible.map(({ node }) => node.metadata.name)
  if (feasible.length === 1) {
    return { nodeName: names[0]!, feasible: names, verdicts, scores: [], totals: [], rejectedBy }
  }
  const { scores, totals } = scoreNodes(profile, cluster, pod, feasible)
  return { nodeName: names[pickHighest(totals, random)]!, feasible: names, verdicts, scores, totals, rejectedBy }
}

function noFit(verdicts: ReadonlyMap<string, Verdict>, rejectedBy: ReadonlySet<string>, message: string): Decision {
  return { feasible: [], verdicts, scores: [], totals: [], message, rejectedBy }
}

function filterNodes(profile: Profile, cluster: ClusterView, pod: PodInfo, startAt: number) {
  const { nodes } = cluster
  const filters: { name: string; filter: NodeFilter }[] = []
  for (const plugin of profile.filters) {
    const filter = plugin.prepare(pod, cluster)
    if (filter !== undefined) filters.push({ name: plugin.name, filter })
  }
  const enough = feasibleNodesToFind(nodes.length)
  const feasible: NodeInfo[] = []
  const verdicts = new Map<string, Verdict>()
  const rejectedBy = new Set<string>()
  for (let step = 0; step < nodes.length && feasible.length < enough; step++) {
    const node = nodes[(startAt + step) % nodes.length]!
    const verdict = firstRejection(filters, node)
    if (verdict === undefined) {
      feasible.push(node)
      continue
    }
    verdicts.set(node.node.metadata.name, verdict)
    rejectedBy.add(verdict.plugin)
  }
  return { feasible, verdicts, rejectedBy }
}

function firstRejection(filters: readonly { name: string; filter: NodeFilter }[], node: NodeInfo): Verdict | undefined {
  for (const { name, filter } of filters) {
    const rejection = filter(node)
    if (rejection !== undefined) return { plugin: name, ...rejection }
  }
  return undefined
}

/** All of up to 100 nodes; of more, a share that shrinks from 50 % to 5 %. */
export function feasibleNodesToFind(nodes: number): number {
  if (nodes < MIN_FEASIBLE_NODES) return nodes
  const percent = Math.max(MIN_FEASIBLE_PERCENT, 50 - Math.trunc(nodes / 125))
  return Math.max(MIN_FEASIBLE_NODES, Math.trunc((nodes * percent) / 100))
}

function scoreNodes(profile: Profile, cluster: ClusterView, pod: PodInfo, feasible: readonly NodeInfo[]) {
  const scores: PluginScores[] = []
  const totals = new Array<number>(feasible.length).fill(0)
  for (const plugin of profile.scores) {
    const scorer = plugin.prepare(pod, cluster, feasible)
    if (scorer === undefined) continue
    const raw = feasible.map((node) => scorer.score(node))
    let normalized = raw
    if (scorer.normalize !== undefined) {
      normalized = [...raw]
      scorer.normalize(normalized)
    }
    for (const [at, score] of normalized.entries()) totals[at]! += score * plugin.weight
    scores.push({ plugin: plugin.name, weight: plugin.weight, raw, normalized })
  }
  return { scores, totals }
}

/** Index of the highest number; among equals, each is as likely. */
function pickHighest(totals: readonly number[], random: () => number): number {
  let best = 0
  let equals = 1
  for (let at = 1; at < totals.length; at++) {
    if (totals[at]! > totals[best]!) {
      best = at
      equals = 1
    } else if (totals[at] === totals[best]) {
      equals++
      if (random() * equals < 1) best = at
    }
  }
  return best
}
