// The words of the scheduler: pods and nodes as plugins see them, what a plugin is, and what a decision holds.
// Source: k8s.io/kube-scheduler/framework (v1.36). What differs: a plugin is a function of the pod that answers a function
// of the node, so that what upstream keeps in a CycleState is a local variable here.
import type { Node, Pod } from '../api/core.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import type { Labels, Selector } from '../apimachinery/selectors.ts'
import type { PodDisruptionBudget } from '../api/policy.ts'
import type { ResourceTotals } from './resources.ts'
import type { ClaimsView } from './claims.ts'
import type { StorageView } from './volumes.ts'
import type { Client } from '../client/client.ts'
import type { Clock } from '../apimachinery/clock.ts'

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
  readonly affinity: PodAffinityTerms
  readonly opinions: readonly Opinion[]
}

/** Pods that are meant by a term of inter-pod affinity, and how near is near. */
export interface AffinityTerm {
  readonly topologyKey: string
  /** Of the pods. */
  readonly selector: Selector
  readonly namespaces: ReadonlySet<string>
  /** Further namespaces, by their labels. */
  readonly namespaceSelector: Selector
}

export interface WeightedAffinityTerm extends AffinityTerm {
  readonly weight: number
}

/** Inter-pod affinity of a pod: what it requires and prefers to be near to, and away from. */
export interface PodAffinityTerms {
  readonly required: readonly AffinityTerm[]
  readonly requiredAnti: readonly AffinityTerm[]
  readonly preferred: readonly WeightedAffinityTerm[]
  readonly preferredAnti: readonly WeightedAffinityTerm[]
}

/** What a pod that is placed thinks of those its term means: equal keys mean equal opinions. */
export interface Opinion {
  readonly key: string
  readonly term: AffinityTerm
  /** For a node near the pod; what it counts that the pod requires this one near is for the profile to say. */
  readonly points: number | 'veto' | 'required'
}

/** An opinion, and how many pods have it. */
export interface HeldOpinion {
  readonly opinion: Opinion
  readonly pods: number
}

/** A question about pods whose answers are remembered per node: equal keys must mean the same question. */
export interface PodQuestion {
  readonly key: string
  matches(pod: PodInfo): boolean
}

/** A node and the pods on it, with sums kept up to date as pods come and go. */
export interface NodeInfo {
  readonly node: NodeObject
  /** Place in `ClusterView.nodes`; -1 for a node that is not there. */
  readonly index: number
  readonly allocatable: ResourceTotals
  readonly allowedPods: number
  readonly requested: ResourceTotals
  readonly nonZeroRequested: ResourceTotals
  readonly podCount: number
  pods(): Iterable<PodInfo>
  usesHostPort(port: HostPort): boolean
  /** Pods of the namespace that are not being deleted and match; remembered, so that asking again is cheap. */
  countMatching(namespace: string, selector: Selector): number
  /** Pods for which the answer is yes; remembered too. */
  count(question: PodQuestion): number
  /** Of the pods on the node. */
  readonly opinions: Iterable<HeldOpinion>
  /** Sizes in bytes of the images that the node has, by name. */
  readonly images: ReadonlyMap<string, number>
  /** The same node with the same pods, to try out what would be if. */
  copy(): HypotheticalNode
}

export interface HypotheticalNode extends NodeInfo {
  addPod(pod: PodInfo): void
  removePod(uid: string): void
}

/** What plugins may look at besides the pod and one node. */
export interface ClusterView {
  readonly nodes: readonly NodeInfo[]
  /**
   * By place of the node: another number whenever the node or its pods have changed in a way that can matter to a
   * plugin; never 0, and never used twice.
   */
  readonly generations: Float64Array
  node(name: string): NodeInfo | undefined
  /** Of all pods that are placed. */
  readonly opinions: Iterable<HeldOpinion>
  /** What plugins found out about all nodes, for pods that come later. */
  readonly memory: Memory
  /** How many nodes have the image. */
  nodesWithImage(name: string): number
  /** Selector of the pods that belong together with this one: of its services and of its controller. */
  defaultSelector(pod: PodObject): Selector
  /** Labels of a namespace, if there is one. */
  namespaceLabels(name: string): Labels
  namespacesMatching(selector: Selector): readonly string[]
  readonly nominations: NominationsView
  readonly storage: StorageView
  readonly claims: ClaimsView
  readonly disruptionBudgets: () => readonly Frozen<Stored<PodDisruptionBudget>>[]
}

/** Things made once and found again by name, while the nodes of the cluster are the same; the oldest are forgotten. */
export interface Memory {
  recall<T extends object>(key: string, make: () => T): T
}

/** Pods for which room is being made, as if they were on their nodes already. */
export interface NominationsView {
  readonly size: number
  nodeOf(uid: string): string | undefined
  podsOn(nodeName: string): Iterable<PodInfo>
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
  | StorageEvent
  | DevicesEvent

/** What a plugin finds out about a pod before it looks at single nodes. Source: PreFilterPlugin */
export interface Preparation {
  /** No node will do, whichever it is. */
  readonly rejection?: Rejection
  /** Only these nodes can do; the others need not be looked at. */
  readonly only?: ReadonlySet<string>
  readonly filter?: NodeFilter
  /** What the pod is to have on the node that was chosen, if anything. */
  reserve?(nodeName: string, context: ReserveContext): Reservation | undefined
  /**
   * From now on the pod counts as being on the node (1) or as gone from it (-1), until it is called with the opposite:
   * for filters that know more than the node they are asked about. Source: PreFilterExtensions
   */
  update?(pod: PodInfo, node: NodeInfo, factor: 1 | -1): void
}

/** A claim, volume, class or the like came, or changed. */
export interface StorageEvent {
  readonly kind: 'StorageChanged'
  readonly resource: string
  readonly namespace: string
  readonly name: string
}

/** A claim, class or slice of devices came, went or changed. */
export interface DevicesEvent {
  readonly kind: 'DevicesChanged'
  readonly resource: string
  readonly namespace: string
  readonly name: string
}

/** Something that was set aside for a pod: taken as done from now on. Source: ReservePlugin, PreBindPlugin */
export interface Reservation {
  readonly plugin: string
  /** Writes it. @throws Error */
  bind(): Promise<void>
  revert(): void
}

export interface ReserveContext {
  readonly client: Client
  readonly clock: Clock
}

export interface FilterPlugin {
  readonly name: string
  /** Says the same about a node to all pods with the same `podLikeness`, as long as its generation is the same. */
  readonly isLocal?: true
  /**
   * The filter for this pod; nothing if every node passes.
   * @throws Error if the pod makes no sense
   */
  prepare(pod: PodInfo, cluster: ClusterView): Preparation | undefined
  /** Whether the event may make a pod schedulable that this plugin rejected: a cheap guess on the safe side. */
  mayHelp(event: ClusterEvent, pod: PodInfo): boolean
}

/** Keeps a pod out of the queue altogether. */
export interface PreEnqueuePlugin {
  readonly name: string
  /** Why the pod must wait, or nothing. */
  gate(pod: PodObject, cluster: Pick<ClusterView, 'claims'>): string | undefined
}

/** In the order of the feasible nodes. */
export type ScoreList = number[] | Float64Array

export interface NodeScorer {
  score(node: NodeInfo): number
  /** Brings the scores of all feasible nodes into 0…100, in place. */
  normalize?(scores: ScoreList): void
}

export interface ScorePlugin {
  readonly name: string
  readonly weight: number
  /** Scores a node the same, before normalising, for all pods with the same `podLikeness`, as long as its generation is the same. */
  readonly isLocal?: true
  /** The scorer for this pod; nothing if the plugin has no opinion. */
  prepare(pod: PodInfo, cluster: ClusterView, feasible: readonly NodeInfo[]): NodeScorer | undefined
}

/** Asked when no node passes: can the situation be changed? */
export interface PostFilterPlugin {
  readonly name: string
  attempt(pod: PodInfo, cluster: ClusterView, search: Search, random: () => number): Remedy
}

/** What came of the search for a node. */
export interface Search {
  /** Why no node will do, whichever it is; then none was looked at. */
  readonly rejection: Verdict | undefined
  /** Of nodes that were looked at and rejected. */
  readonly verdicts: ReadonlyMap<string, Verdict>
  /** Asks all filters about a node that may be hypothetical. */
  fits(node: NodeInfo): Rejection | undefined
  /** Tells the filters of a pod that comes to or leaves a hypothetical node. */
  update(pod: PodInfo, node: NodeInfo, factor: 1 | -1): void
}

/** What can be done for a pod that no node takes. */
export interface Remedy {
  /** Why nothing can be done, for the user. */
  readonly message?: string
  /** Nobody else is asked, and nothing but the message is told. */
  readonly isFinal?: boolean
  readonly preemption?: Preemption
  /** Among which `preemption` was the best. */
  readonly candidates?: readonly Candidate[]
  /** The node nominated so far has no prospects any more. */
  readonly clearsNomination?: boolean
  /** Gives something up, so that the pod can be placed later. */
  readonly release?: (client: Client) => Promise<void>
}

/** These pods are to make room on the node. */
export interface Preemption {
  readonly nodeName: string
  readonly victims: readonly PodInfo[]
}

/** Victims on one node, the most important first. */
export interface Candidate extends Preemption {
  /** How many of the victims their disruption budgets would rather keep. */
  readonly violations: number
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
  readonly feasible: readonly NodeInfo[]
  readonly verdicts: ReadonlyMap<string, Verdict>
  /** Empty if there was at most one feasible node, or nobody asked for all there is to know. */
  readonly scores: readonly PluginScores[]
  /** Sum of weighted scores, in the order of `feasible`; empty if there was at most one. */
  readonly totals: ArrayLike<number>
  /** Why there is no node, as the event and the pod's condition say it. */
  readonly message?: string
  /** Victims, if room can be made; absent as well if that is not needed. */
  readonly preemption?: Preemption
  /** Among which `preemption` was the best. */
  readonly candidates?: readonly Candidate[]
  readonly clearsNomination?: boolean
  /** What the plugins want to have for the pod on the chosen node. */
  reserve?(nodeName: string, context: ReserveContext): readonly Reservation[]
  /** Things to be given up, so that the pod can be placed later. */
  readonly releases?: readonly ((client: Client) => Promise<void>)[]
  /** The plugins whose `mayHelp` decides when to try again. */
  readonly rejectedBy: ReadonlySet<string>
}

/** The plugins in the order in which they are asked, and what else a KubeSchedulerConfiguration says about them. */
export interface Profile {
  readonly schedulerName: string
  /** Of the nodes of a large cluster, how many must fit before the search ends; 0: the larger, the fewer. */
  readonly percentageOfNodesToScore: number
  readonly preEnqueue: readonly PreEnqueuePlugin[]
  readonly filters: readonly FilterPlugin[]
  readonly postFilters: readonly PostFilterPlugin[]
  readonly scores: readonly ScorePlugin[]
  /** Whether volumes are bound for pods, and how long that may take; `undefined` if they are not. */
  readonly volumeBindingTimeoutMs: number | undefined
}
