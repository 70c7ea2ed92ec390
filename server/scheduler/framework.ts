// The words of the scheduler: pods and nodes as plugins see them, what a plugin is, and what a decision holds.
// Source: k8s.io/kube-scheduler/framework (v1.36). What differs: a plugin is a function of the pod that answers a function
// of the node, so that what upstream keeps in a CycleState is a local variable here.
import type { Node, Pod } from '../api/core.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import type { Selector } from '../apimachinery/selectors.ts'
import type { ResourceTotals } from './resources.ts'

export type PodObject = Frozen<Stored<Pod>>
export type NodeObject = Frozen<Stored<Node>>

/** Highest score of a node, after normalising and before the plugin's weight. */
export const MAX_NODE_SCORE = 100

export interface HostPort {
  /** `0.0.0.0` stands for every address. */
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

/** A pod with what plugins would otherwise compute again for every node. */
export interface PodInfo {
  readonly pod: PodObject
  readonly requests: ResourceTotals
  /** As `requests`, with the amounts assumed for containers that ask for no CPU or memory. Only for scoring. */
  readonly nonZeroRequests: ResourceTotals
  readonly hostPorts: readonly HostPort[]
  readonly priority: number
}

/** A node and the pods on it, with sums kept up to date as pods come and go. */
export interface NodeInfo {
  readonly node: NodeObject
  readonly allocatable: ResourceTotals
  readonly allowedPods: number
  readonly requested: ResourceTotals
  readonly nonZeroRequested: ResourceTotals
  readonly podCount: number
  pods(): Iterable<PodInfo>
  usesHostPort(port: HostPort): boolean
  /** Pods of the namespace that are not being deleted and match; remembered, so that asking again is cheap. */
  countMatching(namespace: string, selector: Selector): number
}

/** What plugins may look at besides the pod and one node. */
export interface ClusterView {
  readonly nodes: readonly NodeInfo[]
  node(name: string): NodeInfo | undefined
  /** Selector of the pods that belong together with this one: of its services and of its controller. */
  defaultSelector(pod: PodObject): Selector
}

/** `Unresolvable`: evicting other pods from the node cannot help. */
export interface Rejection {
  readonly resolvable: boolean
  readonly reasons: readonly string[]
}

export type NodeFilter = (node: NodeInfo) => Rejection | undefined

/**
 * What happened in the cluster, for the question whether a rejected pod is worth another try. Updates are told only when
 * something changed that bears on placement: of nodes labels, taints, cordons, capacity; of pods spec, labels, deletion.
 */
export type ClusterEvent =
  | { readonly kind: 'NodeAdded'; readonly node: NodeObject }
  | { readonly kind: 'NodeUpdated'; readonly node: NodeObject; readonly old: NodeObject }
  | { readonly kind: 'AssignedPodAdded'; readonly pod: PodObject }
  | { readonly kind: 'AssignedPodUpdated'; readonly pod: PodObject; readonly old: PodObject }
  | { readonly kind: 'AssignedPodDeleted'; readonly pod: PodObject }

export interface FilterPlugin {
  readonly name: string
  /** The filter for this pod; nothing if every node passes. */
  prepare(pod: PodInfo, cluster: ClusterView): NodeFilter | undefined
  /** Whether the event may make a pod schedulable that this plugin rejected: a cheap guess on the safe side. */
  mayHelp(event: ClusterEvent, pod: PodInfo): boolean
}

/** Keeps a pod out of the queue altogether. */
export interface PreEnqueuePlugin {
  readonly name: string
  /** Why the pod must wait, or nothing. */
  gate(pod: PodObject): string | undefined
}

export interface NodeScorer {
  score(node: NodeInfo): number
  /** Brings the scores of all feasible nodes into 0…100, in place. */
  normalize?(scores: number[]): void
}

export interface ScorePlugin {
  readonly name: string
  readonly weight: number
  /** The scorer for this pod; nothing if the plugin has no opinion. */
  prepare(pod: PodInfo, cluster: ClusterView, feasible: readonly NodeInfo[]): NodeScorer | undefined
}

/** Asked when no node passes: can the situation be changed? */
export interface PostFilterPlugin {
  readonly name: string
  /** What to tell the user about the attempt; '' for nothing. */
  attempt(pod: PodInfo, cluster: ClusterView, verdicts: ReadonlyMap<string, Verdict>): string
}

/** Which plugin rejected a node, and why. */
export interface Verdict extends Rejection {
  readonly plugin: string
}

/** One plugin's scores of the feasible nodes, in the order of `Decision.feasible`. */
export interface PluginScores {
  readonly plugin: string
  readonly weight: number
  readonly raw: readonly number[]
  readonly normalized: readonly number[]
}

/** Everything that was found out about one pod in one attempt. */
export interface Decision {
  /** The chosen node; absent if none passes. */
  readonly nodeName?: string
  /** Nodes that pass all filters, as far as they were looked for. */
  readonly feasible: readonly string[]
  readonly verdicts: ReadonlyMap<string, Verdict>
  /** Empty if there was at most one feasible node. */
  readonly scores: readonly PluginScores[]
  /** Sum of weighted scores, in the order of `feasible`. */
  readonly totals: readonly number[]
  /** Why there is no node, as the event and the pod's condition say it. */
  readonly message?: string
  /** The plugins whose `mayHelp` decides when to try again. */
  readonly rejectedBy: ReadonlySet<string>
}

/** The plugins in the order in which they are asked. */
export interface Profile {
  readonly schedulerName: string
  readonly preEnqueue: readonly PreEnqueuePlugin[]
  readonly filters: readonly FilterPlugin[]
  readonly postFilters: readonly PostFilterPlugin[]
  readonly scores: readonly ScorePlugin[]
}
