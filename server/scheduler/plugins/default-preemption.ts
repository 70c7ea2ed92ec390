// Makes room for a pod that fits nowhere: where do fewest and least important pods have to go?
// Source: pkg/scheduler/framework/preemption, Evaluator; plugins/defaultpreemption (v1.36)
import { labelSelectorAsSelector } from '../../apimachinery/selectors.ts'
import type { DefaultPreemptionArgs } from '../config/types.ts'
import type { Candidate, ClusterView, NodeInfo, PodInfo, PostFilterPlugin, Remedy, Search } from '../framework.ts'
import { fitMessage } from '../fit-message.ts'

const NOT_HELPFUL = 'Preemption is not helpful for scheduling'
const NO_VICTIMS = 'No preemption victims found for incoming pod'
type DisruptionBudget = ReturnType<ClusterView['disruptionBudgets']>[number]

export function defaultPreemption(args: DefaultPreemptionArgs): PostFilterPlugin {
  return {
    name: 'DefaultPreemption',
    attempt(pod, cluster, search, random) {
      const obstacle = ineligible(pod, cluster, search)
      if (obstacle !== undefined) return { message: `preemption: not eligible due to ${obstacle}.` }
      const { candidates, reasons } = findCandidates(pod, cluster, { search, random, args })
      const preemption = bestOf(candidates)
      return preemption === undefined ? unhelpful(cluster, reasons) : { preemption, candidates }
    },
  }
}

/** @param reasons of nodes that were tried */
function unhelpful({ nodes }: ClusterView, reasons: readonly (readonly string[])[]): Remedy {
  const all = reasons.flat()
  for (let node = reasons.length; node < nodes.length; node++) all.push(NOT_HELPFUL)
  return { message: `preemption: ${fitMessage(nodes.length, all)}`, clearsNomination: true }
}

/** Source: PodEligibleToPreemptOthers */
function ineligible({ pod, priority }: PodInfo, cluster: ClusterView, { verdicts }: Search): string | undefined {
  if (pod.spec?.preemptionPolicy === 'Never') return 'preemptionPolicy=Never'
  const nodeName = cluster.nominations.nodeOf(pod.metadata.uid)
  const node = nodeName === undefined ? undefined : cluster.node(nodeName)
  if (nodeName === undefined || node === undefined || verdicts.get(nodeName)?.resolvable === false) return undefined
  for (const other of node.pods()) {
    if (other.priority < priority && isBeingPreempted(other)) return 'a terminating pod on the nominated node'
  }
  return undefined
}

function isBeingPreempted({ pod }: PodInfo): boolean {
  if (pod.metadata.deletionTimestamp === undefined) return false
  const condition = pod.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  return condition?.status === 'True' && condition.reason === 'PreemptionByScheduler'
}

/** Source: Evaluator.findCandidates, DryRunPreemption */
function findCandidates(
  pod: PodInfo,
  cluster: ClusterView,
  { search, random, args }: { search: Search; random: () => number; args: DefaultPreemptionArgs },
) {
  const potential = cluster.nodes.filter(({ node }) => search.verdicts.get(node.metadata.name)?.resolvable === true)
  const share = Math.trunc((potential.length * args.minCandidateNodesPercentage) / 100)
  // With so many candidates to choose from, the search ends.
  const enough = Math.max(args.minCandidateNodesAbsolute, share)
  const offset = Math.trunc(random() * potential.length)
  const budgets = potential.length === 0 ? [] : cluster.disruptionBudgets()
  const candidates: Candidate[] = []
  const reasons: (readonly string[])[] = []
  for (let step = 0; step < potential.length; step++) {
    const found = selectVictims(pod, potential[(offset + step) % potential.length]!, search, budgets)
    if ('reasons' in found) {
      reasons.push(found.reasons)
      continue
    }
    candidates.push(found)
    if (candidates.length >= enough && candidates.some(({ violations }) => violations === 0)) break
  }
  // Those that violate no budget come first.
  candidates.sort((a, b) => Math.min(a.violations, 1) - Math.min(b.violations, 1))
  return { candidates, reasons }
}

/** The fewest pods that must go from the node, the least important ones. Source: SelectVictimsOnNode */
function selectVictims(
  pod: PodInfo,
  node: NodeInfo,
  search: Search,
  budgets: readonly DisruptionBudget[],
): Candidate | { readonly reasons: readonly string[] } {
  const then = node.copy()
  const leave = (one: PodInfo): void => {
    then.removePod(one.pod.metadata.uid)
    search.update(one, then, -1)
  }
  const stay = (one: PodInfo): void => {
    then.addPod(one)
    search.update(one, then, 1)
  }
  const lesser = [...node.pods()].filter(({ priority }) => priority < pod.priority).sort(byImportance)
  if (lesser.length === 0) return { reasons: [NO_VICTIMS] }
  const gone = new Set(lesser)
  for (const one of lesser) leave(one)
  try {
    const rejection = search.fits(then)
    if (rejection !== undefined) return { reasons: rejection.reasons }
    let violations = 0
    const { violating, others } = byBudget(lesser, budgets)
    for (const one of [...violating, ...others]) {
      stay(one)
      gone.delete(one)
      if (search.fits(then) === undefined) continue
      leave(one)
      gone.add(one)
      if (violating.includes(one)) violations++
    }
    return { nodeName: node.node.metadata.name, victims: [...gone].sort(byImportance), violations }
  } finally {
    // The filters go on with the cluster as it is.
    for (const one of gone) search.update(one, then, 1)
  }
}

/** Higher priority first, then the older pod. Source: util.MoreImportantPod */
function byImportance(a: PodInfo, b: PodInfo): number {
  if (a.priority !== b.priority) return b.priority - a.priority
  const [startOfA, startOfB] = [startOf(a), startOf(b)]
  if (startOfA === startOfB) return 0
  return startOfA < startOfB ? -1 : 1
}

/** A pod that has not started counts as if it did now. */
function startOf({ pod }: PodInfo): string {
  return pod.status?.startTime ?? '9999'
}

/** Source: filterPodsWithPDBViolation */
function byBudget(pods: readonly PodInfo[], budgets: readonly DisruptionBudget[]) {
  const allowances = budgets.map((budget) => ({
    budget,
    selector: selectorOf(budget),
    left: budget.status?.disruptionsAllowed ?? 0,
  }))
  const violating: PodInfo[] = []
  const others: PodInfo[] = []
  for (const one of pods) {
    const { namespace, name, labels = {} } = one.pod.metadata
    let isViolated = false
    for (const allowance of Object.keys(labels).length === 0 ? [] : allowances) {
      const { budget, selector } = allowance
      if (budget.metadata.namespace !== namespace || selector === undefined || selector.empty) continue
      // Those named as disrupted are paid for already.
      if (!selector.matches(labels) || budget.status?.disruptedPods?.[name] !== undefined) continue
      allowance.left--
      if (allowance.left < 0) isViolated = true
    }
    if (isViolated) violating.push(one)
    else others.push(one)
  }
  return { violating, others }
}

function selectorOf({ spec }: DisruptionBudget) {
  try {
    return labelSelectorAsSelector(spec?.selector)
  } catch {
    return undefined
  }
}

/** In this order; of equals, the first. Source: pickOneNodeForPreemption */
const merits: readonly ((candidate: Candidate) => number)[] = [
  ({ violations }) => -violations,
  ({ victims }) => -(victims[0]?.priority ?? 0),
  // As many of them may be negative, all are moved up.
  ({ victims }) => -victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
  ({ victims }) => -victims.length,
]

export function bestOf(candidates: readonly Candidate[]): Candidate | undefined {
  let left = candidates
  for (const merit of merits) {
    if (left.length < 2) break
    const most = left.reduce((best, candidate) => Math.max(best, merit(candidate)), -Infinity)
    left = left.filter((candidate) => merit(candidate) === most)
  }
  // Where the most important victims have run for the shortest time, least is lost.
  return left.reduce<Candidate | undefined>(
    (best, candidate) => (best === undefined || earliestStart(candidate) > earliestStart(best) ? candidate : best),
    undefined,
  )
}

/** Of the victims of highest priority. */
function earliestStart({ victims }: Candidate): string {
  const [first] = victims
  return victims
    .filter(({ priority }) => priority === first?.priority)
    .map(startOf)
    .reduce((earliest, start) => (start < earliest ? start : earliest), '9999')
}
