// Where a pod goes: filters, then scores, then the best node. Pure; what was found out is in the answer.
// Source: pkg/scheduler, schedulePod, findNodesThatPassFilters, prioritizeNodes and selectHost (v1.36)
import type {
  ClusterView,
  Decision,
  NodeInfo,
  NodeScorer,
  PluginScores,
  PodInfo,
  Profile,
  Verdict,
} from './framework.ts'
import { fitMessage } from './fit-message.ts'
import { LikePods, podLikeness } from './likeness.ts'
import { PodFilters } from './pod-filters.ts'

/** With more nodes than this, the search ends once enough of them fit. */
const MIN_FEASIBLE_NODES = 100
const MIN_FEASIBLE_PERCENT = 5

export interface DecideOptions {
  /** Where in `cluster.nodes` the search begins, so that large clusters are used evenly. Default 0. */
  readonly startAt?: number
  /** Looks at all nodes, however many fit. */
  readonly exhaustive?: boolean
  /** 0 ≤ number < 1: breaks ties between equally good nodes. */
  readonly random: () => number
}

/** What was found out about the nodes before they were compared. */
export interface NodeSearch {
  readonly profile: Profile
  readonly cluster: ClusterView
  readonly pod: PodInfo
  readonly options: DecideOptions
  readonly like: LikePods
  readonly filters: PodFilters
  readonly feasible: readonly NodeInfo[]
  readonly rejectedBy: Set<string>
}

/** @throws Error, naming the plugin, if the pod makes no sense */
export function decide(profile: Profile, cluster: ClusterView, pod: PodInfo, options: DecideOptions): Decision {
  if (cluster.nodes.length === 0) return noNodes
  const search = searchNodes(profile, cluster, pod, options)
  return search.feasible.length === 0 ? withoutNode(search) : bestNode(search, search.feasible)
}

export const noNodes: Decision = {
  ...nothingFound(new Map(), new Set()),
  message: 'no nodes available to schedule pods',
  clearsNomination: true,
}

export function searchNodes(profile: Profile, cluster: ClusterView, pod: PodInfo, options: DecideOptions): NodeSearch {
  const count = cluster.nodes.length
  const like = cluster.memory.recall(`alike ${profile.schedulerName} ${podLikeness(pod)}`, () => new LikePods(count))
  const filters = new PodFilters(profile, cluster, pod, like)
  const { feasible, rejectedBy } = filterNodes(filters, cluster, pod, {
    ...options,
    percentageOfNodesToScore: profile.percentageOfNodesToScore,
  })
  return { profile, cluster, pod, options, like, filters, feasible, rejectedBy }
}

/** @param points further ones, by name of the node */
export function bestNode(
  { profile, cluster, pod, options, like, filters, rejectedBy }: NodeSearch,
  feasible: readonly NodeInfo[],
  points?: ReadonlyMap<string, number>,
): Decision {
  const { verdicts, reserve } = filters
  const [only] = feasible
  if (only !== undefined && feasible.length === 1) {
    return { nodeName: only.node.metadata.name, feasible, verdicts, scores: [], totals: [], rejectedBy, reserve }
  }
  const { exhaustive = false, random } = options
  const { scores, totals } = scoreNodes(profile, cluster, { pod, like, feasible, exhaustive })
  if (points !== undefined) {
    for (const [at, { node }] of feasible.entries()) totals[at]! += points.get(node.metadata.name) ?? 0
  }
  const { node } = feasible[pickHighest(totals, random)]!
  return { nodeName: node.metadata.name, feasible, verdicts, scores, totals, rejectedBy, reserve }
}

function nothingFound(verdicts: ReadonlyMap<string, Verdict>, rejectedBy: ReadonlySet<string>): Decision {
  return { feasible: [], verdicts, scores: [], totals: [], rejectedBy }
}

/** Says why, and finds out whether something can be done about it. Source: schedulingAlgorithm, RunPostFilterPlugins */
export function withoutNode({ profile, cluster, pod, filters, rejectedBy, options: { random } }: NodeSearch): Decision {
  const { verdicts, rejection } = filters
  const message =
    rejection === undefined ? reasonsOf(filters, cluster) : unavailable(cluster, ` ${rejection.reasons.join(', ')}.`)
  const attempts: string[] = []
  const releases: NonNullable<Decision['releases']>[number][] = []
  let clearsNomination = false
  for (const plugin of profile.postFilters) {
    const remedy = plugin.attempt(pod, cluster, filters, random)
    if (remedy.preemption !== undefined) {
      const { preemption, candidates } = remedy
      return { ...nothingFound(verdicts, rejectedBy), message, preemption, ...(candidates && { candidates }) }
    }
    if (remedy.isFinal === true) {
      return { ...nothingFound(verdicts, rejectedBy), message: `${message} ${remedy.message ?? ''}` }
    }
    if (remedy.message !== undefined) attempts.push(remedy.message)
    if (remedy.release !== undefined) releases.push(remedy.release)
    clearsNomination ||= remedy.clearsNomination === true
  }
  const said = attempts.length === 0 ? message : `${message} ${attempts.join(', ')}`
  return { ...nothingFound(verdicts, rejectedBy), message: said, clearsNomination, releases }
}

function unavailable({ nodes }: ClusterView, rest: string): string {
  return `0/${nodes.length} nodes are available:${rest}`
}

function reasonsOf({ verdicts, restrictedBy }: PodFilters, { nodes }: ClusterView): string {
  const reasons = [...verdicts.values()].flatMap((verdict) => verdict.reasons)
  if (restrictedBy.size > 0) {
    const absent = `node(s) didn't satisfy plugin(s) [${[...restrictedBy].sort().join(' ')}]`
    for (let node = verdicts.size; node < nodes.length; node++) reasons.push(absent)
  }
  return fitMessage(nodes.length, reasons)
}

interface SearchOptions extends DecideOptions {
  readonly percentageOfNodesToScore: number
}

function filterNodes(
  filters: PodFilters,
  cluster: ClusterView,
  pod: PodInfo,
  { startAt = 0, exhaustive = false, percentageOfNodesToScore }: SearchOptions,
) {
  const { verdicts } = filters
  const rejectedBy = new Set(filters.restrictedBy)
  const feasible: NodeInfo[] = []
  if (filters.rejection !== undefined) {
    rejectedBy.add(filters.rejection.plugin)
    return { feasible, rejectedBy }
  }
  const { nodes } = cluster
  const judge = (index: number): void => {
    const verdict = filters.judgeAt(index)
    const node = nodes[index]!
    if (verdict === undefined) {
      feasible.push(node)
      return
    }
    verdicts.set(node.node.metadata.name, verdict)
    rejectedBy.add(verdict.plugin)
  }
  // Room was made there: it is most likely the only node that takes the pod.
  const nominated = cluster.node(cluster.nominations.nodeOf(pod.pod.metadata.uid) ?? '')
  if (nominated !== undefined && filters.only?.has(nominated.node.metadata.name) !== false) {
    judge(nominated.index)
    if (feasible.length > 0) return { feasible, rejectedBy }
  }
  const places = filters.only === undefined ? undefined : placesOf(filters.only, cluster)
  const count = places?.length ?? nodes.length
  const enough = exhaustive ? count : feasibleNodesToFind(count, percentageOfNodesToScore)
  for (let step = 0; step < count && feasible.length < enough; step++) {
    const at = (startAt + step) % count
    judge(places?.[at] ?? at)
  }
  return { feasible, rejectedBy }
}

function placesOf(names: ReadonlySet<string>, cluster: ClusterView): readonly number[] {
  return [...names].flatMap((name) => cluster.node(name)?.index ?? [])
}

/**
 * All of up to 100 nodes; of more, a share that shrinks from 50 % to 5 %, unless one is given.
 * Source: numFeasibleNodesToFind
 */
export function feasibleNodesToFind(nodes: number, percentage = 0): number {
  if (nodes < MIN_FEASIBLE_NODES) return nodes
  const share = percentage === 0 ? Math.max(MIN_FEASIBLE_PERCENT, 50 - Math.trunc(nodes / 125)) : percentage
  return Math.max(MIN_FEASIBLE_NODES, Math.trunc((nodes * share) / 100))
}

interface Ranking {
  readonly pod: PodInfo
  readonly like: LikePods
  readonly feasible: readonly NodeInfo[]
  readonly exhaustive: boolean
}

function scoreNodes(profile: Profile, cluster: ClusterView, { pod, like, feasible, exhaustive }: Ranking) {
  const scores: PluginScores[] = []
  const totals = new Float64Array(feasible.length)
  const places = new Int32Array(feasible.length)
  for (let at = 0; at < places.length; at++) places[at] = feasible[at]!.index
  for (const plugin of profile.scores) {
    const scorer = plugin.prepare(pod, cluster, feasible)
    if (scorer === undefined) continue
    const score = (node: NodeInfo): number => scorer.score(node)
    const found =
      plugin.isLocal === true ? like.scores(plugin.name, places, cluster, score) : scoresOf(feasible, scorer)
    const raw = exhaustive ? [...found] : []
    scorer.normalize?.(found)
    const { weight } = plugin
    for (let at = 0; at < totals.length; at++) totals[at]! += found[at]! * weight
    if (exhaustive) scores.push({ plugin: plugin.name, weight, raw, normalized: [...found] })
  }
  return { scores, totals }
}

function scoresOf(nodes: readonly NodeInfo[], scorer: NodeScorer): Float64Array {
  const scores = new Float64Array(nodes.length)
  for (let at = 0; at < scores.length; at++) scores[at] = scorer.score(nodes[at]!)
  return scores
}

/** Index of the highest number; among equals, each is as likely. */
function pickHighest(totals: Float64Array, random: () => number): number {
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
