// What can be chosen about a cluster, and what it is when nothing is chosen.
import type { Clock } from './apimachinery/clock.ts'
import { ClusterClock, type ClockSettings } from './apimachinery/cluster-clock.ts'
import type { Random } from './apimachinery/names.ts'
import { firstAddress } from './bootstrap/objects.ts'
import { Logger, type LoggingFormat } from './logging.ts'
import { controllerEntry } from './controller-names.ts'
import { mostPodsPerNode, podRangeOf, type PodRange } from './kubelet/node-object.ts'
import { schedulerConfigurationOf } from './scheduler-configuration.ts'
import type { SchedulerConfiguration } from './scheduler/index.ts'

/** Parts that can be left out. */
export const componentNames = ['controllers', 'scheduler', 'kubelet'] as const
export type ComponentName = (typeof componentNames)[number]

export interface ClusterOptions {
  /** 0, the default in the library, picks a free one. */
  port?: number
  /** Default 127.0.0.1. */
  bindAddress?: string
  /** Where the store and the certificates are kept; absent: in memory, gone with the process. */
  dataDir?: string
  /** `sync` (default): acknowledged means on disk. `relaxed`: survives the process, but not a power cut. */
  durability?: 'sync' | 'relaxed'
  /** History older than this is forgotten; 0: never. Default 5 minutes. */
  compactionIntervalMs?: number
  /** How many simulated nodes. Default 1. */
  nodes?: number
  /** Nodes are added for pods that fit nowhere, and empty ones removed; `nodes` is then `min`. */
  autoscaleNodes?: { readonly min: number; readonly max: number }
  /** Pods that each of them takes. Default 110. @throws RangeError from startCluster for more than there are addresses for */
  maxPods?: number
  /** Without the pods of a textbook's control plane. Default false. */
  bare?: boolean
  /** Parts to leave out. */
  disable?: readonly ComponentName[]
  /** Which controllers run, by name: `*` all, `name`, `-name` not that one. Default all. */
  controllers?: readonly string[]
  /** Controllers and scheduler act while they hold their Leases. Default true, bare: false. */
  leaderElect?: boolean
  disableAdmissionPlugins?: readonly string[]
  /**
   * A KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1: YAML, JSON, or what they say. Whatever it leaves out
   * is as in the real scheduler.
   * @throws SchedulerConfigurationError from startCluster, if it cannot be used
   */
  schedulerConfiguration?: string | object
  /** CSV file of static tokens: token,user,uid,"group1,group2". */
  tokenAuthFile?: string
  /** Default 10.0.0.0/24. */
  serviceClusterIPRange?: string
  /** Nodes get the networks of their pods from it, pods of a second family after a comma. Default 10.244.0.0/16, bare: none. */
  clusterCIDR?: string
  /** Services of type LoadBalancer get their addresses from it. Default 172.31.255.0/24, bare: none. */
  loadBalancerCIDR?: string
  /** Inclusive; default 30000-32767. */
  serviceNodePortRange?: { from: number; to: number }
  /** Default https://kubernetes.default.svc */
  serviceAccountIssuer?: string
  apiAudiences?: readonly string[]
  /** The address of the `kubernetes` endpoints. Default: that of the first node, 172.18.0.2. */
  advertiseAddress?: string
  /** Of cluster, user and context in the kubeconfig. Default kubeling. */
  name?: string
  /** The time of the cluster: how it begins, or what stands for real time in it. Default: real time. */
  clock?: ClockSettings | Clock
  random?: Random
  /** Whether profiles of the process can be had from /debug/pprof. Default true. */
  profiling?: boolean
  /** What is written to standard error: 0, the default, what goes wrong; 3 every request besides. */
  verbosity?: number
  /** Default text. */
  loggingFormat?: LoggingFormat
  /** Told of what should never happen. Default: the log on standard error. */
  log?: (message: string, error: unknown) => void
}

export interface CompleteOptions {
  readonly port: number
  readonly bindAddress: string
  readonly dataDir: string | undefined
  readonly durability: 'sync' | 'relaxed'
  readonly compactionIntervalMs: number
  readonly nodes: number
  readonly maxPods: number
  readonly autoscaleNodes: { readonly max: number } | undefined
  readonly bare: boolean
  readonly controllers: boolean
  /** As `controllerEntry` gives them. */
  readonly enabledControllers: readonly string[]
  readonly leaderElect: boolean
  readonly scheduler: boolean
  readonly kubelet: boolean
  readonly disabledAdmissionPlugins: readonly string[]
  readonly schedulerConfiguration: SchedulerConfiguration | undefined
  readonly tokenAuthFile: string | undefined
  readonly serviceClusterIPRange: string
  readonly clusterCIDR: string | undefined
  /** Where the networks of the simulated nodes' pods are cut from. */
  readonly podRange: PodRange
  readonly loadBalancerCIDR: string | undefined
  readonly serviceNodePortRange: { readonly from: number; readonly to: number }
  /** Cluster IP of the service `kubernetes`. */
  readonly serviceAddress: string
  readonly serviceAccountIssuer: string
  readonly apiAudiences: readonly string[]
  readonly advertiseAddress: string
  readonly name: string
  readonly clock: ClusterClock
  readonly random: Random
  readonly profiling: boolean
  readonly logger: Logger
  log(message: string, error: unknown): void
}

/** Where pods would find the API server: on the first simulated node, as endpoints may not be loopback addresses. */
const firstNodeAddress = '172.18.0.2'

export const defaultClusterCIDR = '10.244.0.0/16'

/** @throws RangeError for more pods on so many nodes than there are addresses for */
export function podsPerNode({ maxPods = 110, nodes = 1, autoscaleNodes, clusterCIDR }: ClusterOptions): number {
  const count = autoscaleNodes?.max ?? nodes
  const most = mostPodsPerNode(count, podRangeOf(clusterCIDR))
  if (maxPods > most) throw new RangeError(`each of ${count} nodes finds addresses for at most ${most} pods`)
  return maxPods
}

function clockOf(chosen: ClockSettings | Clock = {}): ClusterClock {
  return new ClusterClock('now' in chosen ? { source: chosen } : chosen)
}

export function withDefaults(options: ClusterOptions): CompleteOptions {
  const disabled = new Set(options.disable)
  const logger = new Logger({ verbosity: options.verbosity ?? 0, format: options.loggingFormat ?? 'text' })
  const bindAddress = options.bindAddress ?? '127.0.0.1'
  const serviceClusterIPRange = options.serviceClusterIPRange ?? '10.0.0.0/24'
  const serviceAccountIssuer = options.serviceAccountIssuer ?? 'https://kubernetes.default.svc'
  return {
    port: options.port ?? 0,
    bindAddress,
    dataDir: options.dataDir,
    durability: options.durability ?? 'sync',
    compactionIntervalMs: options.compactionIntervalMs ?? 5 * 60_000,
    nodes: disabled.has('kubelet') ? 0 : (options.autoscaleNodes?.min ?? options.nodes ?? 1),
    autoscaleNodes: options.autoscaleNodes,
    maxPods: podsPerNode(options),
    bare: options.bare ?? false,
    controllers: !disabled.has('controllers'),
    enabledControllers: (options.controllers ?? ['*']).map((entry) => controllerEntry(entry)),
    leaderElect: options.leaderElect ?? options.bare !== true,
    scheduler: !disabled.has('scheduler'),
    kubelet: !disabled.has('kubelet'),
    disabledAdmissionPlugins: options.disableAdmissionPlugins ?? [],
    schedulerConfiguration:
      options.schedulerConfiguration === undefined
        ? undefined
        : schedulerConfigurationOf(options.schedulerConfiguration),
    tokenAuthFile: options.tokenAuthFile,
    serviceClusterIPRange,
    clusterCIDR: options.clusterCIDR ?? (options.bare === true ? undefined : defaultClusterCIDR),
    podRange: podRangeOf(options.clusterCIDR),
    loadBalancerCIDR: options.loadBalancerCIDR ?? (options.bare === true ? undefined : '172.31.255.0/24'),
    serviceNodePortRange: options.serviceNodePortRange ?? { from: 30000, to: 32767 },
    serviceAddress: firstAddress(serviceClusterIPRange),
    serviceAccountIssuer,
    apiAudiences: options.apiAudiences ?? [serviceAccountIssuer],
    advertiseAddress: options.advertiseAddress ?? firstNodeAddress,
    name: options.name ?? 'kubeling',
    clock: clockOf(options.clock),
    random: options.random ?? Math.random,
    profiling: options.profiling ?? true,
    logger,
    log: options.log ?? ((message, error) => logger.error(message, error)),
  }
}
