// Adds simulated nodes for pods that fit nowhere, and removes those that have been empty for a while.
//
// What would fit a new node is judged by its labels, its taints and its resources. Left out: pods are not moved together to
// empty a node, and what spreads or attracts pods is not looked at: a node that does not help is removed again.
// Source: cluster-autoscaler, core/scaleup and core/scaledown (1.35); its defaults for times
import type { Node, Pod, Taint } from '../api/core.ts'
import { requiredNodeAffinity } from '../api/node-selector.ts'
import { podRequests } from '../api/pod-resources.ts'
import { keepsPodsOff, tolerates } from '../api/taints.ts'
import type { Clock, Timer } from '../apimachinery/clock.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from '../apimachinery/quantity.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import type { Client } from '../client/client.ts'
import { EventRecorder, subjectOf } from '../client/events.ts'
import type { Informer, Informers } from '../client/informers.ts'
import { nodeObject, type NodeOptions } from './node-object.ts'
import { isTerminalPhase } from './pod-status.ts'

export interface AutoscalerOptions {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  /** How many nodes there are at least; the first so many of `nodes` are never removed. */
  readonly min: number
  /** All nodes there may be, in the order in which they are added. */
  readonly nodes: readonly NodeOptions[]
  /** Starts the kubelet of a node that has none. */
  readonly add: (node: NodeOptions) => Promise<void>
  /** Ends it, if there is one. */
  readonly remove: (name: string) => Promise<void>
  readonly onError: (node: string, error: unknown) => void
}

type PodObject = Frozen<Stored<Pod>>
type NodeObject = Frozen<Stored<Node>>
/** What pods ask for, or a node has, by resource. */
type Amounts = Map<string, Quantity>

/** The name of the group of nodes in events. */
const GROUP = 'kubeling'
/** From the first pod that fits nowhere until nodes are added: others may follow. */
const GATHER_MS = 100
/** How long pods that nodes were added for have to find them. */
const SETTLING_MS = 5000
/** Source: --scale-down-unneeded-time */
const UNNEEDED_MS = 10 * 60_000
const DELETION_TAINT = 'ToBeDeletedByClusterAutoscaler'

export class NodeAutoscaler {
  readonly #options: AutoscalerOptions
  readonly #recorder: EventRecorder
  readonly #pods: Informer<Pod>
  readonly #nodes: Informer<Node>
  /** Pods that nodes were added for, until when. */
  readonly #helped = new Map<string, number>()
  /** What was told of pods that no node was added for. */
  readonly #told = new Map<string, string>()
  readonly #emptySince = new Map<string, number>()
  #timer: { readonly timer: Timer; readonly dueMs: number } | undefined
  #scan: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: AutoscalerOptions) {
    this.#options = options
    const { client, clock, informers } = options
    this.#recorder = new EventRecorder({ client, clock, component: 'cluster-autoscaler' })
    this.#pods = informers.for<Pod>('pods')
    this.#nodes = informers.for<Node>('nodes')
    this.#pods.onEvents((events) => {
      for (const { type, object } of events) if (type === 'DELETED') this.#forget(object.metadata.uid)
      this.#wakeIn(GATHER_MS)
    })
    this.#nodes.onEvents(() => this.#wakeIn(GATHER_MS))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.timer.cancel()
    await this.#scan
    await this.#recorder.close()
  }

  #forget(uid: string): void {
    this.#helped.delete(uid)
    this.#told.delete(uid)
  }

  #wakeIn(delayMs: number): void {
    if (this.#isClosed) return
    const { clock } = this.#options
    const dueMs = clock.now() + delayMs
    if (this.#timer !== undefined && this.#timer.dueMs <= dueMs) return
    this.#timer?.timer.cancel()
    const wake = (): void => {
      this.#timer = undefined
      this.#scan = this.#scan.then(() => this.#act())
    }
    this.#timer = { timer: clock.after(delayMs, wake), dueMs }
  }

  async #act(): Promise<void> {
    if (this.#isClosed || !this.#pods.hasSynced || !this.#nodes.hasSynced) return
    await this.#scaleUp()
    await this.#scaleDown()
  }

  async #scaleUp(): Promise<void> {
    const { clock, nodes } = this.#options
    const now = clock.now()
    const pending = this.#pods.lister
      .list()
      .filter((pod) => isUnschedulable(pod) && (this.#helped.get(pod.metadata.uid) ?? 0) <= now)
    if (pending.length === 0) return
    const missing = nodes.filter(({ name }) => this.#nodes.lister.get(undefined, name) === undefined)
    const [template] = missing.length === 0 ? nodes.slice(-1) : missing
    if (template === undefined) return
    const plan = new Plan(template, missing.length)
    const helped: PodObject[] = []
    for (const pod of pending) {
      const reasons = plan.place(pod)
      if (reasons.length === 0) helped.push(pod)
      else this.#refuse(pod, reasons)
    }
    if (helped.length === 0) return
    const size = nodes.length - missing.length
    const change = `[{${GROUP} ${size}->${size + plan.count} (max: ${nodes.length})}]`
    for (const pod of helped) {
      this.#helped.set(pod.metadata.uid, now + SETTLING_MS)
      this.#told.delete(pod.metadata.uid)
      this.#recorder.event(podSubject(pod), 'Normal', 'TriggeredScaleUp', `pod triggered scale-up: ${change}`)
    }
    this.#wakeIn(SETTLING_MS)
    await Promise.all(missing.slice(0, plan.count).map((node) => this.#add(node)))
  }

  #refuse(pod: PodObject, reasons: readonly string[]): void {
    const message = `pod didn't trigger scale-up: ${reasons.map((reason) => `1 ${reason}`).join(', ')}`
    if (this.#told.get(pod.metadata.uid) === message) return
    this.#told.set(pod.metadata.uid, message)
    this.#recorder.event(podSubject(pod), 'Normal', 'NotTriggerScaleUp', message)
  }

  async #add(node: NodeOptions): Promise<void> {
    const { add, remove, onError } = this.#options
    try {
      // Somebody may have deleted the Node while its kubelet runs on: the new one is another machine.
      await remove(node.name)
      await add(node)
    } catch (error) {
      onError(node.name, error)
    }
  }

  async #scaleDown(): Promise<void> {
    const { clock, nodes, min } = this.#options
    const now = clock.now()
    let next = Infinity
    for (const { name } of nodes.slice(min).toReversed()) {
      const node = this.#nodes.lister.get(undefined, name)
      if (node === undefined || !this.#isEmpty(name)) {
        this.#emptySince.delete(name)
        continue
      }
      const since = this.#emptySince.get(name) ?? now
      this.#emptySince.set(name, since)
      if (now - since >= UNNEEDED_MS) await this.#removeNode(node)
      else next = Math.min(next, since + UNNEEDED_MS - now)
    }
    if (next < Infinity) this.#wakeIn(next)
  }

  async #removeNode(node: NodeObject): Promise<void> {
    const { client, clock, remove, onError } = this.#options
    const { name, uid } = node.metadata
    try {
      const mark: Taint = { key: DELETION_TAINT, value: String(Math.floor(clock.now() / 1000)), effect: 'NoSchedule' }
      const marked = {
        ...node,
        spec: { ...node.spec, taints: [...(node.spec?.taints ?? []), mark] },
      } as unknown as Node
      await client.update<Node>('nodes', marked)
      const subject = subjectOf(node, { apiVersion: 'v1', kind: 'Node' })
      this.#recorder.event(subject, 'Normal', 'ScaleDown', 'marked the node as toBeDeleted/unschedulable')
      this.#emptySince.delete(name)
      await remove(name)
      await client.delete('nodes', undefined, name, { preconditions: { uid } })
    } catch (error) {
      if (!isNotFound(error)) onError(name, error)
    }
  }

  /** Only pods that every node has, or that have ended, are on it. */
  #isEmpty(name: string): boolean {
    return this.#pods.lister
      .byIndex('node', name)
      .every(
        ({ metadata, status }) =>
          isTerminalPhase(status?.phase) ||
          metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined ||
          metadata.ownerReferences?.some(({ kind, controller }) => kind === 'DaemonSet' && controller === true) ===
            true,
      )
  }
}

/** New nodes, filled one after the other with pods that fit nowhere else. */
class Plan {
  count = 0
  readonly #most: number
  readonly #node: NodeObject
  readonly #capacity: Amounts
  #used: Amounts = new Map()

  constructor(template: NodeOptions, most: number) {
    this.#most = most
    this.#node = nodeObject(template, () => 0, 0) as NodeObject
    this.#capacity = amounts(this.#node.status?.allocatable ?? {})
  }

  /** Why not, or nothing if there will be room. */
  place(pod: PodObject): readonly string[] {
    const { spec } = pod
    const reasons: string[] = []
    if (spec === undefined) return reasons
    if (requiredNodeAffinity(spec)?.(this.#node) === false)
      reasons.push("node(s) didn't match Pod's node affinity/selector")
    const taint = this.#node.spec?.taints?.find((one) => keepsPodsOff(one) && !tolerates(spec.tolerations ?? [], one))
    if (taint !== undefined) reasons.push('node(s) had untolerated taint(s)')
    const wanted = amounts({ ...podRequests(spec), pods: '1' })
    const lacking = this.#lacking(new Map(), wanted)
    reasons.push(...lacking.map((name) => (name === 'pods' ? 'Too many pods' : `Insufficient ${name}`)))
    if (reasons.length > 0) return reasons
    if (this.count === 0 || this.#lacking(this.#used, wanted).length > 0) {
      if (this.count === this.#most) return ['max node group size reached']
      this.count++
      this.#used = new Map()
    }
    for (const [name, amount] of wanted) {
      const used = this.#used.get(name)
      this.#used.set(name, used === undefined ? amount : addQuantities(used, amount))
    }
    return []
  }

  #lacking(used: Amounts, wanted: Amounts): string[] {
    const lacking: string[] = []
    for (const [name, amount] of wanted) {
      const already = used.get(name)
      const total = already === undefined ? amount : addQuantities(already, amount)
      const there = this.#capacity.get(name)
      if (there === undefined || compareQuantities(total, there) > 0) lacking.push(name)
    }
    return lacking
  }
}

function amounts(texts: Readonly<Record<string, string>>): Amounts {
  return new Map(Object.entries(texts).map(([name, text]) => [name, parseQuantity(text)]))
}

/** The scheduler has found no node for it, and nobody is to make room for it. */
function isUnschedulable({ metadata, spec, status }: PodObject): boolean {
  if (metadata.deletionTimestamp !== undefined || (spec?.nodeName ?? '') !== '') return false
  if ((status?.nominatedNodeName ?? '') !== '') return false
  return (
    status?.conditions?.some(
      ({ type, status: is, reason }) => type === 'PodScheduled' && is === 'False' && reason === 'Unschedulable',
    ) ?? false
  )
}

function podSubject(pod: PodObject) {
  return subjectOf(pod, { apiVersion: 'v1', kind: 'Pod' })
}
