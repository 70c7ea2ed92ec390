// Profiles: the plugins that a KubeSchedulerConfiguration asks for, each with its arguments, in the order in which they
// are asked.
// Source: pkg/scheduler/profile, NewMap; framework/runtime, NewFramework (v1.36)
import { field } from '../apimachinery/field.ts'
import { validateFitArgs } from './config/args-validation.ts'
import { defaultConfiguration, SchedulerConfigurationError } from './config/load.ts'
import { enabledPlugins } from './config/plugin-sets.ts'
import type {
  BalancedAllocationArgs,
  DefaultPreemptionArgs,
  InterPodAffinityArgs,
  NodeAffinityArgs,
  NodeResourcesFitArgs,
  PodTopologySpreadArgs,
  ProfileConfiguration,
  SchedulerConfiguration,
  VolumeBindingArgs,
} from './config/types.ts'
import type { FilterPlugin, PostFilterPlugin, PreEnqueuePlugin, Profile, ScorePlugin } from './framework.ts'
import { balancedAllocation } from './plugins/balanced-allocation.ts'
import { defaultPreemption } from './plugins/default-preemption.ts'
import { dynamicResources, dynamicResourcesGate, dynamicResourcesPostFilter } from './plugins/dynamic-resources.ts'
import { imageLocality } from './plugins/image-locality.ts'
import { interPodAffinity } from './plugins/inter-pod-affinity.ts'
import { interPodAffinityScore } from './plugins/inter-pod-affinity-score.ts'
import { nodeAffinity, nodeAffinityScore } from './plugins/node-affinity.ts'
import { nodeDeclaredFeatures } from './plugins/node-declared-features.ts'
import { nodeName } from './plugins/node-name.ts'
import { nodePorts } from './plugins/node-ports.ts'
import { nodeResourcesFit, type IgnoredResources } from './plugins/node-resources-fit.ts'
import { nodeResourcesScore, scoringStrategyOf } from './plugins/node-resources-score.ts'
import { nodeUnschedulable } from './plugins/node-unschedulable.ts'
import { nodeVolumeLimits } from './plugins/node-volume-limits.ts'
import { podTopologySpread } from './plugins/pod-topology-spread.ts'
import { podTopologySpreadScore } from './plugins/pod-topology-spread-score.ts'
import { schedulingGates } from './plugins/scheduling-gates.ts'
import { taintToleration, taintTolerationScore } from './plugins/taint-toleration.ts'
import { volumeBinding } from './plugins/volume-binding.ts'
import { volumeRestrictions } from './plugins/volume-restrictions.ts'
import { volumeZone } from './plugins/volume-zone.ts'
import { systemDefaults, type SpreadDefaults } from './spread-constraints.ts'

/** What a plugin does at the extension points where it does something. */
interface Plugin {
  readonly preEnqueue?: PreEnqueuePlugin
  readonly filter?: FilterPlugin
  readonly postFilter?: PostFilterPlugin
  readonly score?: ScorePlugin
}

/** @throws SchedulerConfigurationError as the real scheduler does when it starts */
export function profilesOf(configuration: SchedulerConfiguration): readonly Profile[] {
  return configuration.profiles.map((profile) => {
    try {
      return profileOf(profile, configuration)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new SchedulerConfigurationError(
        `initializing profiles: creating profile for scheduler name ${profile.schedulerName}: ${reason}`,
        { cause: error },
      )
    }
  })
}

function profileOf(profile: ProfileConfiguration, configuration: SchedulerConfiguration): Profile {
  const { schedulerName, pluginConfig, plugins: sets } = profile
  const args = (name: string): unknown => pluginConfig.find((one) => one.name === name)?.args
  const { at, weights } = enabledPlugins(sets)
  if (at.queueSort.length !== 1) {
    const found = `but got ${at.queueSort.length}`
    throw new Error(`only one queue sort plugin required for profile with scheduler name "${schedulerName}", ${found}`)
  }
  if (at.bind.length === 0) {
    throw new Error(`at least one bind plugin is needed for profile with scheduler name "${schedulerName}"`)
  }
  const plugins = pluginsWith(args, (name) => weights.get(name) ?? 1, ignoredByScheduler(configuration))
  // What a plugin does ahead of its filter it also does where the filter is left out.
  const aheadOnly = at.preFilter.filter((name) => !at.filter.includes(name))
  const { bindTimeoutSeconds } = args('VolumeBinding') as VolumeBindingArgs
  return {
    schedulerName,
    percentageOfNodesToScore: profile.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore,
    preEnqueue: at.preEnqueue.flatMap((name) => plugins[name]?.preEnqueue ?? []),
    filters: [
      ...at.filter.flatMap((name) => plugins[name]?.filter ?? []),
      ...aheadOnly.flatMap((name) => plugins[name]?.filter ?? []).map(withoutFilter),
    ],
    postFilters: at.postFilter.flatMap((name) => plugins[name]?.postFilter ?? []),
    scores: at.score.flatMap((name) => plugins[name]?.score ?? []),
    volumeBindingTimeoutMs: at.preBind.includes('VolumeBinding') ? bindTimeoutSeconds * 1000 : undefined,
  }
}

function withoutFilter(plugin: FilterPlugin): FilterPlugin {
  return {
    name: plugin.name,
    mayHelp: (event, pod) => plugin.mayHelp(event, pod),
    prepare(pod, cluster) {
      const { rejection, only } = plugin.prepare(pod, cluster) ?? {}
      return { ...(rejection === undefined ? {} : { rejection }), ...(only === undefined ? {} : { only }) }
    },
  }
}

/** Devices that extenders keep count of. */
function ignoredByScheduler({ extenders }: SchedulerConfiguration): readonly string[] {
  return extenders.flatMap(({ managedResources = [] }) =>
    managedResources.filter(({ ignoredByScheduler: ignored }) => ignored === true).map(({ name }) => name),
  )
}

function pluginsWith(
  args: (name: string) => unknown,
  weight: (name: string) => number,
  extendersResources: readonly string[],
): Readonly<Record<string, Plugin>> {
  const fitArgs = args('NodeResourcesFit') as NodeResourcesFitArgs
  checkFitArgs(fitArgs)
  const affinity = args('NodeAffinity') as NodeAffinityArgs | undefined
  const spread = spreadDefaultsOf(args('PodTopologySpread') as PodTopologySpreadArgs)
  const strategy = scoringStrategyOf(fitArgs)
  return {
    SchedulingGates: { preEnqueue: schedulingGates },
    NodeUnschedulable: { filter: nodeUnschedulable },
    NodeName: { filter: nodeName },
    TaintToleration: { filter: taintToleration, score: taintTolerationScore(weight('TaintToleration')) },
    NodeAffinity: {
      filter: nodeAffinity(affinity ?? {}),
      score: nodeAffinityScore(weight('NodeAffinity'), affinity ?? {}),
    },
    NodePorts: { filter: nodePorts },
    NodeResourcesFit: {
      filter: nodeResourcesFit(ignoredResources(fitArgs, extendersResources)),
      score: nodeResourcesScore(weight('NodeResourcesFit'), strategy),
    },
    VolumeRestrictions: { filter: volumeRestrictions },
    NodeVolumeLimits: { filter: nodeVolumeLimits },
    VolumeBinding: { filter: volumeBinding },
    VolumeZone: { filter: volumeZone },
    PodTopologySpread: {
      filter: podTopologySpread(spread),
      score: podTopologySpreadScore(weight('PodTopologySpread'), spread),
    },
    InterPodAffinity: {
      filter: interPodAffinity,
      score: interPodAffinityScore(weight('InterPodAffinity'), args('InterPodAffinity') as InterPodAffinityArgs),
    },
    DynamicResources: {
      preEnqueue: dynamicResourcesGate,
      filter: dynamicResources,
      postFilter: dynamicResourcesPostFilter,
    },
    DefaultPreemption: { postFilter: defaultPreemption(args('DefaultPreemption') as DefaultPreemptionArgs) },
    NodeResourcesBalancedAllocation: {
      score: balancedAllocation(
        weight('NodeResourcesBalancedAllocation'),
        args('NodeResourcesBalancedAllocation') as BalancedAllocationArgs,
      ),
    },
    ImageLocality: { score: imageLocality(weight('ImageLocality')) },
    NodeDeclaredFeatures: { filter: nodeDeclaredFeatures },
  }
}

/** These are only looked at when the plugin is made. */
function checkFitArgs(args: NodeResourcesFitArgs): void {
  const errors = validateFitArgs(field(''), args).map(({ field: path, message }) => `${path}: ${message}`)
  if (errors.length === 0) return
  const all = errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`
  throw new Error(`initializing plugin "NodeResourcesFit": ${all}`)
}

function ignoredResources(args: NodeResourcesFitArgs, more: readonly string[]): IgnoredResources {
  const names = new Set([...(args.ignoredResources ?? []), ...more])
  const groups = new Set(args.ignoredResourceGroups)
  return (name) => names.has(name) || groups.has(name.split('/', 1)[0] ?? '')
}

function spreadDefaultsOf({ defaultingType, defaultConstraints = [] }: PodTopologySpreadArgs): SpreadDefaults {
  return defaultingType === 'List' ? { constraints: defaultConstraints, isSystem: false } : systemDefaults
}

let made: Profile | undefined

/** The profile of a scheduler to which nothing is told. */
export function defaultProfile(): Profile {
  return (made ??= profilesOf(defaultConfiguration())[0]!)
}
