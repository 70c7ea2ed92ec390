// The health of nodes: silent ones become Unknown, conditions become taints, pods of lost nodes are no longer ready.
// Left out: zones and the limits on how many nodes are tainted at a time.
// Source: kubernetes pkg/controller/nodelifecycle (v1.36)
import type * as coordination from '../../api/coordination.ts'
import type * as core from '../../api/core.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { event, patch, requeueAfter, retry, updateStatus, type Action } from '../../client/action.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'
import type { EventSubject } from '../../client/events.ts'
import { findCondition } from '../conditions.ts'
import { isPodReady, timeOf, type Pod } from '../pod-status.ts'
import { taintsOf, wantedTaints } from './taints.ts'

type Node = Frozen<Stored<core.Node>>
type Condition = Frozen<core.NodeCondition>

/** How long a node may be silent once it has spoken, and before it has. */
const GRACE_MS = 50_000
const STARTUP_GRACE_MS = 60_000
const LEASES = 'leases.coordination.k8s.io'
const LEASE_NAMESPACE = 'kube-node-lease'
/** What a kubelet reports; all become Unknown together. */
const REPORTED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

export function nodeLifecycle(): Controller {
  const known = new KnownNodes()
  return defineController({
    name: 'node-lifecycle-controller',
    serviceAccount: 'node-controller',
    eventSource: 'node-controller',
    watches: [
      { resource: 'nodes', enqueue: 'self' },
      { resource: LEASES, enqueue: 'none' },
      { resource: 'pods', enqueue: 'none' },
    ],
    reconcile: (name, listers, now) => reconcileNode(name, listers, now, known),
  })
}

/** The nodes seen by this controller, and since when: nodes that were there before it get time to speak up. */
export class KnownNodes {
  readonly #seen = new Map<string, { uid: string; sinceMs: number }>()

  get(name: string): { uid: string; sinceMs: number } | undefined {
    return this.#seen.get(name)
  }

  add(name: string, uid: string, sinceMs: number): void {
    this.#seen.set(name, { uid, sinceMs })
  }

  remove(name: string): void {
    this.#seen.delete(name)
  }
}

export function reconcileNode(name: string, listers: Listers, now: number, known: KnownNodes): readonly Action[] {
  const node = listers.of<core.Node>('nodes').get(undefined, name)
  const seen = known.get(name)
  if (node === undefined) {
    known.remove(name)
    return seen === undefined
      ? []
      : [nodeEvent(name, seen.uid, 'RemovingNode', `Removing Node ${name} from Controller`)]
  }
  const { uid } = node.metadata
  const isNew = seen?.uid !== uid
  if (isNew) known.add(name, uid, now)
  const registered = isNew ? [nodeEvent(name, uid, 'RegisteredNode', `Registered Node ${name} in Controller`)] : []
  const deadline = silentAt(node, listers, isNew ? now : (seen?.sinceMs ?? now))
  if (deadline <= now) {
    const lost = markUnknown(node, listers, now)
    if (lost !== undefined) return [...registered, lost]
  }
  return [
    ...registered,
    ...taint(node, now),
    ...(deadline > now ? [requeueAfter(deadline - now, 'check')] : [requeueAfter(GRACE_MS, 'check')]),
  ]
}

/** When a node counts as silent if nothing is heard of it until then, in milliseconds. */
function silentAt(node: Node, listers: Listers, sinceMs: number): number {
  const ready = findCondition(node.status?.conditions, 'Ready')
  const created = timeOf(node.metadata.creationTimestamp) ?? 0
  const lease = listers.of<coordination.Lease>(LEASES).get(LEASE_NAMESPACE, node.metadata.name)
  const renewed = timeOf(lease?.spec?.renewTime) ?? 0
  if (ready === undefined) return Math.max(created, renewed) + STARTUP_GRACE_MS
  return Math.max(sinceMs, timeOf(ready.lastHeartbeatTime) ?? 0, renewed) + GRACE_MS
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

function taint(node: Node, now: number): readonly Action[] {
  const taints = wantedTaints(node, now)
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
