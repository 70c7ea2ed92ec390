// The Node object a kubelet registers, and its conditions.
// Source: pkg/kubelet, initialNode; pkg/kubelet/nodestatus, setters.go (v1.36)
import type { ContainerImage, Node, NodeCondition, Taint } from '../api/core.ts'
import { formatTime } from '../apimachinery/clock.ts'
import { isIPv6, parseCIDR } from '../apimachinery/ip.ts'
import type { Frozen } from '../apimachinery/types.ts'
import type { PulledImage } from './runtime.ts'

const CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane'

export interface NodeOptions {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  /** What the machine has. Default: 8 CPU, 16 Gi of memory, 110 pods, 100 Gi of ephemeral storage. */
  readonly capacity?: Readonly<Record<string, string>>
  /** What pods may use of it. Default: all. */
  readonly allocatable?: Readonly<Record<string, string>>
  readonly internalIP: string
  /** An IPv4 network large enough for its pods, e.g. `10.244.0.0/24`. */
  readonly podCIDR: string
}

/** Where a fresh set of nodes gets its addresses from. */
export interface NodeSetOptions {
  readonly count: number
  /** Plain workers only, no node of the control plane. */
  readonly bare: boolean
  /** Pods that each node takes. Default 110. */
  readonly maxPods?: number
  /** Where the networks of their pods are cut from. */
  readonly podRange?: PodRange
}

/** IPv4 addresses, as numbers. */
export interface PodRange {
  readonly first: number
  readonly count: number
}

const defaultMaxPods = 110
const defaultCapacity = { cpu: '8', 'ephemeral-storage': '100Gi', memory: '16Gi', pods: `${defaultMaxPods}` } as const
const usualPodNetwork = 256
/** The network itself, its gateway and its broadcast. */
const addressesOfNoPod = 3
/** From 10.244.0.0 to the end of 10.0.0.0/8: a cluster of many nodes outgrows the usual 10.244.0.0/16. */
const usualPodRange: PodRange = { first: (10 * 256 + 244) * 65_536, count: 12 * 65_536 }

/** @param clusterCIDRs with a comma, as for kube-controller-manager; the simulated nodes have IPv4 networks only */
export function podRangeOf(clusterCIDRs: string | undefined): PodRange {
  const cidrs = (clusterCIDRs ?? '').split(',').map((text) => parseCIDR(text))
  const cidr = cidrs.find((one) => one !== undefined && !isIPv6(one.network))
  if (cidr === undefined) return usualPodRange
  const first = cidr.network.bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  return { first, count: 2 ** (32 - cidr.prefixLength) }
}

/**
 * The nodes of a cluster of this size: `kubeling-control-plane`, `kubeling-worker`, `kubeling-worker2`, …; bare, they are
 * all alike: `kubeling-node-1`, `kubeling-node-2`, …
 * A control-plane node that is the only one takes ordinary pods.
 */
export function nodeSet({
  count,
  bare,
  maxPods = defaultMaxPods,
  podRange = usualPodRange,
}: NodeSetOptions): NodeOptions[] {
  const capacity = { ...defaultCapacity, pods: `${maxPods}` }
  return Array.from({ length: count }, (_, at): NodeOptions => {
    const addresses = {
      internalIP: `172.18.${Math.floor((at + 2) / 256)}.${(at + 2) % 256}`,
      podCIDR: podNetwork(at, count, maxPods, podRange),
      capacity,
    }
    if (bare) return { name: `kubeling-node-${at + 1}`, ...addresses }
    if (at > 0) return { name: at === 1 ? 'kubeling-worker' : `kubeling-worker${at}`, ...addresses }
    return {
      name: 'kubeling-control-plane',
      labels: { [CONTROL_PLANE_LABEL]: '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' },
      ...(count === 1 ? {} : { taints: [{ key: CONTROL_PLANE_LABEL, effect: 'NoSchedule' }] }),
      ...addresses,
    }
  })
}

/** The largest number of pods for which so many nodes find addresses. */
export function mostPodsPerNode(nodes: number, podRange = usualPodRange): number {
  return 2 ** Math.floor(Math.log2(podRange.count / Math.max(1, nodes))) - addressesOfNoPod
}

/** The pods' network of the node at this place among so many: a /24, unless its pods need more, or the nodes leave less. */
function podNetwork(at: number, count: number, maxPods: number, range: PodRange): string {
  const needed = 2 ** Math.ceil(Math.log2(maxPods + addressesOfNoPod))
  const size = count * usualPodNetwork <= range.count ? Math.max(usualPodNetwork, needed) : needed
  const first = range.first + at * size
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256)
  return `${bytes.join('.')}/${32 - Math.log2(size)}`
}

const architecture = process.arch === 'x64' ? 'amd64' : process.arch

/** @param random for the ids that every machine has its own of */
export function nodeObject(options: NodeOptions, random: () => number, now: number): Node {
  const {
    name,
    labels = {},
    taints = [],
    internalIP,
    podCIDR,
    capacity = defaultCapacity,
    allocatable = capacity,
  } = options
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...labels,
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {
      podCIDR,
      podCIDRs: [podCIDR],
      ...(taints.length === 0 ? {} : { taints: taints.map((taint) => ({ ...taint })) }),
    },
    status: {
      capacity: { ...capacity },
      allocatable: { ...allocatable },
      conditions: nodeConditions([], now),
      addresses: [
        { type: 'InternalIP', address: internalIP },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: hex(random, 32),
        systemUUID: uuid(random),
        bootID: uuid(random),
        kernelVersion: '6.12.57',
        osImage: 'Debian GNU/Linux 13 (trixie)',
        containerRuntimeVersion: 'containerd://2.2.1',
        kubeletVersion: 'v1.36.3',
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture,
      },
      runtimeHandlers: [
        { name: '', features: { recursiveReadOnlyMounts: true, userNamespaces: true } },
        { name: 'runc', features: { recursiveReadOnlyMounts: true, userNamespaces: true } },
      ],
      features: { supplementalGroupsPolicy: true },
    },
  }
}

const healthy = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const

/** The conditions of a node that is well, beside those that others wrote; a transition keeps its time while its status holds. */
export function nodeConditions(before: readonly Frozen<NodeCondition>[], now: number): NodeCondition[] {
  const time = formatTime(now)
  const own = healthy.map(([type, status, reason, message]): NodeCondition => {
    const known = before.find((condition) => condition.type === type)
    const lastTransitionTime = known?.status === status ? (known.lastTransitionTime ?? time) : time
    return { type, status, lastHeartbeatTime: time, lastTransitionTime, reason, message }
  })
  const foreign = before.filter(({ type }) => !healthy.some(([name]) => name === type))
  return [...foreign.map((condition) => ({ ...condition })), ...own]
}

export function isReady(node: Frozen<Node>): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

export function containerImages(images: readonly PulledImage[]): ContainerImage[] {
  return images.map(({ image, imageID, sizeBytes }) => ({ names: [imageID, image], sizeBytes }))
}

function hex(random: () => number, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')
}

function uuid(random: () => number): string {
  return [8, 4, 4, 4, 12].map((digits) => hex(random, digits)).join('-')
}
