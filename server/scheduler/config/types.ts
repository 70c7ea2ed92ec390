// A KubeSchedulerConfiguration with everything filled in.
// Source: pkg/scheduler/apis/config, types.go and types_pluginargs.go (v1.36)
import type { NodeSelectorTerm, TopologySpreadConstraint } from '../../api/core.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { pluginSets } from './schema.ts'

export interface PluginEntry {
  readonly name: string
  readonly weight?: number
}

export interface PluginSet {
  readonly enabled?: readonly PluginEntry[]
  readonly disabled?: readonly PluginEntry[]
}

export type Plugins = { readonly [Set in (typeof pluginSets)[number]]?: PluginSet }

/** Arguments of one plugin; of one that is not known, as they were given. */
export interface PluginConfig {
  readonly name: string
  readonly args: unknown
}

export interface ProfileConfiguration {
  readonly schedulerName: string
  readonly percentageOfNodesToScore?: number
  readonly plugins: Plugins
  readonly pluginConfig: readonly PluginConfig[]
}

export interface ExtenderConfiguration {
  readonly urlPrefix: string
  readonly filterVerb?: string
  readonly preemptVerb?: string
  readonly prioritizeVerb?: string
  readonly weight?: number
  readonly bindVerb?: string
  readonly enableHTTPS?: boolean
  readonly tlsConfig?: {
    readonly insecure?: boolean
    readonly serverName?: string
    readonly certFile?: string
    readonly keyFile?: string
    readonly caFile?: string
    /** Base64. */
    readonly certData?: string
    readonly keyData?: string
    readonly caData?: string
  }
  /** `5s` */
  readonly httpTimeout?: string
  readonly nodeCacheCapable?: boolean
  readonly managedResources?: readonly { readonly name: string; readonly ignoredByScheduler?: boolean }[]
  readonly ignorable?: boolean
}

export interface SchedulerConfiguration {
  readonly parallelism: number
  readonly percentageOfNodesToScore: number
  readonly podInitialBackoffSeconds: number
  readonly podMaxBackoffSeconds: number
  readonly profiles: readonly ProfileConfiguration[]
  readonly extenders: readonly ExtenderConfiguration[]
}

export interface ResourceSpec {
  readonly name: string
  readonly weight: number
}

export interface ShapePoint {
  readonly utilization: number
  readonly score: number
}

export interface NodeResourcesFitArgs {
  readonly ignoredResources?: readonly string[]
  readonly ignoredResourceGroups?: readonly string[]
  readonly scoringStrategy: {
    readonly type: string
    readonly resources: readonly ResourceSpec[]
    readonly requestedToCapacityRatio?: { readonly shape?: readonly ShapePoint[] }
  }
}

export interface BalancedAllocationArgs {
  readonly resources: readonly ResourceSpec[]
}

export interface PodTopologySpreadArgs {
  readonly defaultConstraints?: readonly Frozen<TopologySpreadConstraint>[]
  readonly defaultingType: string
}

export interface AddedAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms: Frozen<NodeSelectorTerm[]> }
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
    readonly weight: number
    readonly preference: Frozen<NodeSelectorTerm>
  }[]
}

export interface NodeAffinityArgs {
  readonly addedAffinity?: AddedAffinity
}

export interface InterPodAffinityArgs {
  readonly hardPodAffinityWeight: number
  readonly ignorePreferredTermsOfExistingPods: boolean
}

export interface DefaultPreemptionArgs {
  readonly minCandidateNodesPercentage: number
  readonly minCandidateNodesAbsolute: number
}

export interface VolumeBindingArgs {
  readonly bindTimeoutSeconds: number
  readonly shape?: readonly ShapePoint[]
}

export interface DynamicResourcesArgs {
  /** `10s` */
  readonly filterTimeout: string
  readonly bindingTimeout: string
}
