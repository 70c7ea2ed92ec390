// The types of kubescheduler.config.k8s.io/v1, in the model in which all types of the API are: what strict decoding reads.
// Source: k8s.io/kube-scheduler config/v1, types.go and types_pluginargs.go (v1.36)
import { typeByName } from '../../../openapi/index.ts'
import type { Field, ScalarType, Schema, StructSchema } from '../../../openapi/schema.ts'

/** Explicit zeros are kept: they are not the same as absent fields. */
function fieldOf(name: string, schema: Schema): Field {
  return {
    name,
    schema,
    required: false,
    omit: true,
    pointer: true,
    default: undefined,
    enum: undefined,
    patchStrategy: [],
    patchMergeKey: undefined,
    protoNumber: undefined,
    protoType: undefined,
  }
}

function struct(name: string, fields: Readonly<Record<string, Schema>>): StructSchema {
  return {
    form: 'struct',
    name: `io.k8s.kube-scheduler.config.v1.${name}`,
    go: `v1.${name}`,
    fields: new Map(Object.entries(fields).map(([member, schema]) => [member, fieldOf(member, schema)])),
    mapType: 'granular',
  }
}

const scalar = (type: ScalarType, go?: string): Schema => ({
  form: 'scalar',
  scalar: type,
  ...(go === undefined ? {} : { go }),
})
const list = (element: Schema, go?: string): Schema => ({
  form: 'list',
  element,
  listType: 'atomic',
  keys: [],
  ...(go === undefined ? {} : { go }),
})
const text = scalar('string')
const int32 = scalar('int32')
const int64 = scalar('int64')
const bool = scalar('boolean')
const duration = scalar('duration')
const bytes = scalar('bytes')
const typeMeta = { kind: text, apiVersion: text }

export const extensionPoints = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const
export type ExtensionPoint = (typeof extensionPoints)[number]
export const pluginSets = [...extensionPoints, 'multiPoint', 'placementGenerate', 'placementScore'] as const

const plugin = struct('Plugin', { name: text, weight: int32 })
const pluginSet = struct('PluginSet', { enabled: list(plugin), disabled: list(plugin) })
const anything: Schema = { form: 'any', name: undefined }

const extender = struct('Extender', {
  urlPrefix: text,
  filterVerb: text,
  preemptVerb: text,
  prioritizeVerb: text,
  weight: int64,
  bindVerb: text,
  enableHTTPS: bool,
  tlsConfig: struct('ExtenderTLSConfig', {
    insecure: bool,
    serverName: text,
    certFile: text,
    keyFile: text,
    caFile: text,
    certData: bytes,
    keyData: bytes,
    caData: bytes,
  }),
  httpTimeout: duration,
  nodeCacheCapable: bool,
  managedResources: list(struct('ExtenderManagedResource', { name: text, ignoredByScheduler: bool })),
  ignorable: bool,
})

export const configurationSchema = struct('KubeSchedulerConfiguration', {
  ...typeMeta,
  parallelism: int32,
  leaderElection: struct('LeaderElectionConfiguration', {
    leaderElect: bool,
    leaseDuration: duration,
    renewDeadline: duration,
    retryPeriod: duration,
    resourceLock: text,
    resourceName: text,
    resourceNamespace: text,
  }),
  clientConnection: struct('ClientConnectionConfiguration', {
    kubeconfig: text,
    acceptContentTypes: text,
    contentType: text,
    qps: scalar('double', 'float32'),
    burst: int32,
  }),
  enableProfiling: bool,
  enableContentionProfiling: bool,
  percentageOfNodesToScore: int32,
  podInitialBackoffSeconds: int64,
  podMaxBackoffSeconds: int64,
  profiles: list(
    struct('KubeSchedulerProfile', {
      schedulerName: text,
      percentageOfNodesToScore: int32,
      plugins: struct('Plugins', Object.fromEntries(pluginSets.map((name) => [name, pluginSet]))),
      pluginConfig: list(struct('PluginConfig', { name: text, args: anything })),
    }),
  ),
  extenders: list(extender),
  delayCacheUntilActive: bool,
})

const shape = list(struct('UtilizationShapePoint', { utilization: int32, score: int32 }))
const resources = list(struct('ResourceSpec', { name: text, weight: int64 }))

/** By name of the plugin. Those of the API's own types are only looked up when they are needed. */
export const argsSchemas: Readonly<Record<string, () => StructSchema>> = {
  DefaultPreemption: () =>
    struct('DefaultPreemptionArgs', {
      ...typeMeta,
      minCandidateNodesPercentage: int32,
      minCandidateNodesAbsolute: int32,
    }),
  InterPodAffinity: () =>
    struct('InterPodAffinityArgs', {
      ...typeMeta,
      hardPodAffinityWeight: int32,
      ignorePreferredTermsOfExistingPods: bool,
    }),
  NodeResourcesFit: () =>
    struct('NodeResourcesFitArgs', {
      ...typeMeta,
      ignoredResources: list(text, '[]string'),
      ignoredResourceGroups: list(text, '[]string'),
      scoringStrategy: struct('ScoringStrategy', {
        type: scalar('string', 'v1.ScoringStrategyType'),
        resources,
        requestedToCapacityRatio: struct('RequestedToCapacityRatioParam', { shape }),
      }),
    }),
  NodeResourcesBalancedAllocation: () => struct('NodeResourcesBalancedAllocationArgs', { ...typeMeta, resources }),
  PodTopologySpread: () =>
    struct('PodTopologySpreadArgs', {
      ...typeMeta,
      defaultConstraints: list(typeByName('io.k8s.api.core.v1.TopologySpreadConstraint')),
      defaultingType: scalar('string', 'v1.PodTopologySpreadConstraintsDefaulting'),
    }),
  NodeAffinity: () =>
    struct('NodeAffinityArgs', { ...typeMeta, addedAffinity: typeByName('io.k8s.api.core.v1.NodeAffinity') }),
  VolumeBinding: () => struct('VolumeBindingArgs', { ...typeMeta, bindTimeoutSeconds: int64, shape }),
  DynamicResources: () =>
    struct('DynamicResourcesArgs', { ...typeMeta, filterTimeout: duration, bindingTimeout: duration }),
}
