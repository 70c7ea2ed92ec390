// The health of nodes: silent ones become Unknown, conditions become taints, pods of lost nodes are no longer ready.
// Left out: pods that come to a node which is not ready already; whoever runs them says how they are.
// Source: kubernetes pkg/controller/nodelifecycle (v1.36)
import type * as coordination from '../../api/coordination.ts'
import type * as core from '../../api/core.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { event, patch, requeueAfter, retry, updateStatus, type Action } from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'
import type { EventSubject } from '../../client/events.ts'
import { findCondition } from '../conditions.ts'
import { isPodReady, timeOf, type Pod } from '../pod-status.ts'
import { needsEviction, taintsOf, wantedTaints, type MayEvict } from './taints.ts'
import { EvictionLimits, isAllDisrupted, isReady } from './zones.ts'

type Node = Frozen<Stored<core.Node>>
type Condition = Frozen<core.NodeCondition>

/** How long a node may be silent once it has spoken, and before it has. */
const GRACE_MS = 50_000
const STARTUP_GRACE_MS = 60_000
/** Source: --node-monitor-period */
const MONITOR_MS = 5000
const LEASES = 'leases.coordination.k8s.io'
const LEASE_NAMESPACE = 'kube-node-lease'
const BETA_LABELS = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const
/** What a kubelet reports; all become Unknown together. */
const REPORTED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

export function nodeLifecycle(): Controller {
  const known = new KnownNodes()
  const limits = new EvictionLimits()
  return defineController({
    name: 'node-lifecycle-controller',
    serviceAccount: 'node-controller',
    eventSource: 'node-controller',
    watches: [
      { resource: 'nodes', enqueue: keysOfNode },
      { resource: LEASES, enqueue: 'none' },
      { resource: 'pods', enqueue: 'none' },
    ],
    reconcile: (name, listers, now) => reconcileNode(name, listers, now, known, limits),
  })
}

/** The first node that is ready, or the last one that was, changes what may become of all the others. */
function keysOfNode({ type, object, old }: WatchEvent, listers: Listers): Iterable<string> {
  const [before, after] = [old as Node | undefined, type === 'DELETED' ? undefined : (object as Node)]
  const { name } = object.metadata
  const isTurning = (before !== undefined && isReady(before)) !== (after !== undefined && isReady(after))
  if (!isTurning) return [name]
  const nodes = listers.of<core.Node>('nodes').list()
  const others = nodes.filter(({ metadata }) => metadata.name !== name)
  return isAllDisrupted(others) ? [name, ...others.map(({ metadata }) => metadata.name)] : [name]
}

interface Known {
  readonly uid: string
  /** The heartbeat of the status, and when it was seen: clocks of nodes may be wrong. */
  readonly heartbeat: string
  readonly seenMs: number
  /** When it was seen first, until that was told. */
  readonly unregisteredSinceMs?: number
}

/** The nodes seen by this controller: those that were there before it get time to speak up. */
export class KnownNodes {
  readonly #seen = new Map<string, Known>()

  get(name: string): Known | undefined {
    return this.#seen.get(name)
  }

  see({ metadata: { name, uid }, status }: Node, now: number): Known {
    const heartbeat = findCondition(status?.conditions, 'Ready')?.lastHeartbeatTime ?? ''
    const before = this.#seen.get(name)
    if (before?.uid === uid && before.heartbeat === heartbeat) return before
    const known = { ...(before?.uid === uid ? before : { uid, unregisteredSinceMs: now }), heartbeat, seenMs: now }
    this.#seen.set(name, known)
    return known
  }

  /** Whether it is time to tell of a node: the first time somebody would have looked at all of them. Once. */
  register(name: string, now: number): { isNow: boolean; waitMs?: number } {
    const known = this.#seen.get(name)
    if (known?.unregisteredSinceMs === undefined) return { isNow: false }
    const waitMs = known.unregisteredSinceMs + MONITOR_MS - now
    if (waitMs > 0) return { isNow: false, waitMs }
    const { unregisteredSinceMs: _, ...registered } = known
    this.#seen.set(name, registered)
    return { isNow: true }
  }

  remove(name: string): void {
    this.#seen.delete(name)
  }
}

export function reconcileNode(
  name: string,
  listers: Listers,
  now: number,
  known: KnownNodes,
  limits: EvictionLimits,
): readonly Action[] {
  const nodes = listers.of<core.Node>('nodes')
  const node = nodes.get(undefined, name)
  const before = known.get(name)
  if (node === undefined) {
    known.remove(name)
    return before === undefined || before.unregisteredSinceMs !== undefined
      ? []
      : [nodeEvent(name, before.uid, 'RemovingNode', `Removing Node ${name} from Controller`)]
  }
  const { uid } = node.metadata
  const { seenMs } = known.see(node, now)
  const registration = known.register(name, now)
  const registered = registration.isNow
    ? [nodeEvent(name, uid, 'RegisteredNode', `Registered Node ${name} in Controller`)]
    : []
  const first = [...registered, ...addBetaLabels(node)]
  const deadline = silentAt(node, listers, seenMs, now)
  if (deadline <= now) {
    const lost = markUnknown(node, listers, now)
    if (lost !== undefined) return [...first, lost]
  }
  const permission = needsEviction(node)
    ? limits.ask(node, nodes.list(), now)
    : { mayEvict: isReady(node) || !isAllDisrupted(nodes.list()) ? ('yes' as const) : ('never' as const) }
  const { mayEvict, waitMs = GRACE_MS } = permission
  const nextMs = Math.min(waitMs, registration.waitMs ?? Infinity, deadline > now ? deadline - now : GRACE_MS)
  return [...first, ...taint(node, now, mayEvict), requeueAfter(nextMs, 'check')]
}

/** When a node counts as silent if nothing is heard of it until then, in milliseconds. */
function silentAt(node: Node, listers: Listers, seenMs: number, now: number): number {
  const ready = findCondition(node.status?.conditions, 'Ready')
  const created = timeOf(node.metadata.creationTimestamp) ?? 0
  const lease = listers.of<coordination.Lease>(LEASES).get(LEASE_NAMESPACE, node.metadata.name)
  const renewed = Math.min(now, timeOf(lease?.spec?.renewTime) ?? 0)
  if (ready === undefined) return Math.max(created, renewed) + STARTUP_GRACE_MS
  return Math.max(seenMs, renewed) + GRACE_MS
}

/** The old names of two labels, for those who still ask for them. Source: labelReconcileInfo */
function addBetaLabels(node: Node): readonly Action[] {
  const { labels = {} } = node.metadata
  const wanted = BETA_LABELS.flatMap(([stable, beta]) => {
    const value = labels[stable]
    return value === undefined || labels[beta] === value ? [] : [[beta, value] as const]
  })
  if (wanted.length === 0) return []
  const body = { metadata: { labels: Object.fromEntries(wanted) } }
  return [patch('nodes', node, 'application/strategic-merge-patch+json', body)]
}

/** Undefined if the node is marked already. */
function markUnknown(node: Node, listers: Listers, now: number): Action | undefined {
  const conditions = node.status?.conditions ?? []
  const wasReady = findCondition(conditions, 'Ready')?.status === 'True'
  const time = formatTime(now)
  const updated = conditions.map((condition): Condition => {
    if (!REPORTED.includes(condition.type) || condition.status === 'Unknown') return condition
    const message = 'Kubelet stopped posting node status.'
    return { ...condition, status: 'Unknown', reason: 'NodeStatusUnknown', message, lastTransitionTime: time }
  })
  const missing = REPORTED.filter((type) => findCondition(conditions, type) === undefined).map((type): Condition => ({
    type,
    status: 'Unknown',
    lastHeartbeatTime: node.metadata.creationTimestamp,
    lastTransitionTime: time,
    reason: 'NodeStatusNeverUpdated',
    message: 'Kubelet never posted node status.',
  }))
  if (missing.length === 0 && updated.every((condition, position) => condition === conditions[position]))
    return undefined
  const status = { ...node.status, conditions: [...updated, ...missing] }
  return updateStatus('nodes', { ...node, status }, ({ error }) => {
    if (error !== undefined) return [retry(error)]
    return wasReady ? lostNode(node, listers, now) : []
  })
}

/** What follows when a ready node falls silent. */
function lostNode(node: Node, listers: Listers, now: number): readonly Action[] {
  const { name, uid } = node.metadata
  const message = `Node ${name} status is now: NodeNotReady`
  const subject: EventSubject = { kind: 'Node', apiVersion: 'v1', name, uid }
  const pods = listers.of<core.Pod>('pods').byIndex('node', name).filter(isPodReady)
  return [event(subject, 'Normal', 'NodeNotReady', message), ...pods.flatMap((pod) => markPodNotReady(pod, now))]
}

function markPodNotReady(pod: Pod, now: number): readonly Action[] {
  const { namespace = '', name, uid } = pod.metadata
  const condition = { type: 'Ready', status: 'False', lastTransitionTime: formatTime(now) }
  const body = { metadata: { uid }, status: { conditions: [condition] } }
  return [
    event({ kind: 'Pod', apiVersion: 'v1', namespace, name, uid }, 'Warning', 'NodeNotReady', 'Node is not ready'),
    // A pod that is gone meanwhile needs no mark.
    patch('pods', pod, 'application/strategic-merge-patch+json', body, { subresource: 'status', then: () => [] }),
  ]
}

function taint(node: Node, now: number, mayEvict: MayEvict): readonly Action[] {
  const taints = wantedTaints(node, now, mayEvict)
  if (taints === taintsOf(node)) return []
  const body = {
    metadata: { resourceVersion: node.metadata.resourceVersion },
    spec: { taints: taints.length === 0 ? null : taints },
  }
  return [patch('nodes', node, 'application/merge-patch+json', body)]
}

function nodeEvent(name: string, uid: string, reason: string, what: string): Action {
  return event({ kind: 'Node', apiVersion: 'v1', name, uid }, 'Normal', reason, `Node ${name} event: ${what}`)
}
