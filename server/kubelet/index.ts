// A fleet of simulated kubelets in one object: nodes that register and stay alive, and pods that run on them.
import type { Node, Pod } from '../api/core.ts'
import type { Clock } from '../apimachinery/clock.ts'
import type { UserInfo } from '../apimachinery/types.ts'
import type { Client, WatchEvent } from '../client/client.ts'
import { EventRecorder, subjectOf } from '../client/events.ts'
import type { Informer, Informers } from '../client/informers.ts'
import { Heartbeats } from './heartbeat.ts'
import { NodeAgent } from './node-agent.ts'
import type { NodeOptions } from './node-object.ts'
import { PodIPs } from './pod-ips.ts'
import { PodWorker } from './pod-worker.ts'
import { isTerminalPhase } from './pod-status.ts'
import { SimulatedRuntime, type ContainerRuntime } from './runtime.ts'
import { defaultDelays, type Delays, type PodEvent, type PodObject, type StageContext } from './stage.ts'
import { stages as defaultStages } from './stages/index.ts'

export { NodeAutoscaler } from './autoscaler.ts'
export { nodeSet, type NodeOptions } from './node-object.ts'

export interface KubeletDependencies {
  /** The Client that acts as this user: `system:node:<name>` of the group `system:nodes`. */
  readonly clientFor: (user: UserInfo) => Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: () => number
  readonly nodes: readonly NodeOptions[]
  readonly delays?: Partial<Delays>
  /** Told of what went wrong with a pod, as `namespace/name`, before it is tried again. */
  readonly onError?: (pod: string, error: unknown) => void
  /** The container runtime of each node. Default: simulated, with the images of `images/`. */
  readonly runtimeFor?: (node: NodeOptions) => ContainerRuntime
}

const HEARTBEAT_MS = 10_000

interface Kubelet {
  readonly options: NodeOptions
  readonly client: Client
  readonly recorder: EventRecorder
  readonly runtime: ContainerRuntime
  readonly agent: NodeAgent
  readonly podIPs: PodIPs
  /** Workers of pods that found no address, in the order in which they asked; each asks again when one is freed. */
  readonly waiting: Set<PodWorker>
  /** It does nothing and says nothing, as on a machine that has lost its power or its network. */
  isSilent: boolean
}

export class Kubelets {
  /** Resolves when the nodes it was started with are registered and ready. */
  readonly registered: Promise<void>
  readonly #dependencies: KubeletDependencies
  readonly #delays: Delays
  readonly #pods: Informer<Pod>
  readonly #nodes: Informer<Node>
  readonly #heartbeats: Heartbeats
  readonly #kubelets = new Map<string, Kubelet>()
  /** By uid: a pod of the same name may come before the old one is forgotten. */
  readonly #workers = new Map<string, PodWorker>()
  #closed = false

  constructor(dependencies: KubeletDependencies) {
    this.#dependencies = dependencies
    this.#delays = { ...defaultDelays, ...dependencies.delays }
    const { informers, clock, nodes } = dependencies
    this.#pods = informers.for<Pod>('pods')
    this.#nodes = informers.for<Node>('nodes')
    this.#heartbeats = new Heartbeats({
      clock,
      periodMs: HEARTBEAT_MS,
      beat: (name) => this.#kubelets.get(name)?.agent.beat(),
    })
    this.registered = Promise.all(
      nodes.map((node, at) => this.#start(node, (HEARTBEAT_MS * (at + 1)) / nodes.length)),
    ).then(() => {})
    this.#pods.onEvents((events) => this.#sawPods(events))
  }

  /** Adds a node while the cluster runs. Resolves when it is registered and ready. */
  async add(node: NodeOptions): Promise<void> {
    await this.#start(node, HEARTBEAT_MS)
    this.#syncAll(this.#pods.lister.byIndex('node', node.name))
  }

  /** The node falls silent: no heart-beat, and nothing more becomes of its pods. Nothing if it is no node of these. */
  async silence(name: string): Promise<void> {
    const kubelet = this.#kubelets.get(name)
    if (kubelet === undefined || kubelet.isSilent) return
    kubelet.isSilent = true
    this.#heartbeats.remove(name)
    const workers: PodWorker[] = []
    for (const { metadata } of this.#pods.lister.byIndex('node', name)) {
      const worker = this.#workers.get(metadata.uid)
      if (worker === undefined) continue
      this.#workers.delete(metadata.uid)
      kubelet.waiting.delete(worker)
      workers.push(worker)
    }
    await Promise.all(workers.map((worker) => worker.close()))
  }

  /** The node is back: it reports itself, and looks after its pods as they are now. */
  wake(name: string): void {
    const kubelet = this.#kubelets.get(name)
    if (kubelet?.isSilent !== true || this.#closed) return
    kubelet.isSilent = false
    kubelet.agent.beat()
    this.#heartbeats.add(name, HEARTBEAT_MS)
    this.#syncAll(this.#pods.lister.byIndex('node', name))
  }

  /** Ends the kubelet of a node for good; the Node is for the caller to delete. */
  async remove(name: string): Promise<void> {
    await this.silence(name)
    const kubelet = this.#kubelets.get(name)
    this.#kubelets.delete(name)
    await kubelet?.agent.close()
    await kubelet?.recorder.close()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#heartbeats.close()
    const kubelets = [...this.#kubelets.values()]
    await Promise.all([
      ...[...this.#workers.values()].map((worker) => worker.close()),
      ...kubelets.map(({ agent }) => agent.close()),
    ])
    await Promise.all(kubelets.map(({ recorder }) => recorder.close()))
  }

  async #start(options: NodeOptions, firstBeatMs: number): Promise<void> {
    if (this.#kubelets.has(options.name)) throw new Error(`node ${options.name} is here already`)
    const { clientFor, clock, random, runtimeFor } = this.#dependencies
    const client = clientFor({ name: `system:node:${options.name}`, groups: ['system:nodes'] })
    const recorder = new EventRecorder({ client, clock, component: 'kubelet', host: options.name })
    const runtime = runtimeFor?.(options) ?? new SimulatedRuntime(random)
    const agent = new NodeAgent({ clock, random, client, recorder, runtime, nodes: this.#nodes.lister }, options)
    this.#kubelets.set(options.name, {
      options,
      client,
      recorder,
      runtime,
      agent,
      podIPs: new PodIPs(options.podCIDR),
      waiting: new Set(),
      isSilent: false,
    })
    await agent.register()
    if (!this.#closed) this.#heartbeats.add(options.name, firstBeatMs)
  }

  #sawPods(events: readonly WatchEvent<Pod>[]): void {
    const present: PodObject[] = []
    for (const { type, object: pod } of events) {
      if (type === 'DELETED') this.#forget(pod)
      else present.push(pod)
    }
    this.#syncAll(present)
  }

  /** Addresses that pods have are noted before any new one is given. */
  #syncAll(pods: readonly PodObject[]): void {
    for (const pod of pods) this.#noteAddress(pod)
    for (const pod of pods) this.#sync(pod)
  }

  #noteAddress(pod: PodObject): void {
    const kubelet = this.#kubeletOf(pod)
    if (kubelet === undefined) return
    const { uid } = pod.metadata
    const ip = pod.status?.podIP
    // The address of a finished pod is free for others, as its sandbox is gone.
    if (isTerminalPhase(pod.status?.phase)) this.#releaseAddress(kubelet, uid)
    else if (ip !== undefined) kubelet.podIPs.keep(uid, ip)
  }

  #sync(pod: PodObject): void {
    const kubelet = this.#kubeletOf(pod)
    if (kubelet === undefined || this.#closed) return
    const { uid } = pod.metadata
    let worker = this.#workers.get(uid)
    if (worker === undefined) {
      worker = this.#newWorker(kubelet, pod)
      this.#workers.set(uid, worker)
    }
    worker.sync(pod)
  }

  #forget(pod: PodObject): void {
    const { uid } = pod.metadata
    const worker = this.#workers.get(uid)
    this.#workers.delete(uid)
    void worker?.close()
    const kubelet = this.#kubelets.get(pod.spec?.nodeName ?? '')
    if (kubelet === undefined) return
    if (worker !== undefined) kubelet.waiting.delete(worker)
    kubelet.recorder.forget(subjectOf(pod, podType))
    this.#releaseAddress(kubelet, uid)
  }

  #kubeletOf({ spec }: PodObject): Kubelet | undefined {
    const kubelet = this.#kubelets.get(spec?.nodeName ?? '')
    return kubelet?.isSilent === true ? undefined : kubelet
  }

  #releaseAddress({ podIPs, waiting }: Kubelet, uid: string): void {
    podIPs.release(uid)
    for (const next of waiting) {
      if (podIPs.isFull) break
      waiting.delete(next)
      next.sync()
    }
  }

  #newWorker(kubelet: Kubelet, pod: PodObject): PodWorker {
    const { clock } = this.#dependencies
    const { options, client, recorder, runtime, podIPs, waiting } = kubelet
    const hostIPs = [options.internalIP]
    const podIPsOf = ({ metadata, spec }: PodObject): readonly string[] => {
      if (spec?.hostNetwork === true) return hostIPs
      const ip = podIPs.take(metadata.uid)
      if (ip !== undefined) return [ip]
      waiting.add(worker)
      return []
    }
    const delays = this.#delays
    const worker = new PodWorker(
      {
        clock,
        client,
        stages: defaultStages,
        context: (): StageContext => ({ now: clock.now(), hostIPs, delays, runtime, podIPs: podIPsOf }),
        tell: (about, event) => tell(recorder, about, event),
        read: ({ metadata }) => this.#pods.lister.get(metadata.namespace, metadata.name),
        onError: ({ metadata }, error) => this.#dependencies.onError?.(`${metadata.namespace}/${metadata.name}`, error),
      },
      pod,
    )
    return worker
  }
}

const podType = { apiVersion: 'v1', kind: 'Pod' }

/** Starts at once; pods are looked after as the informer tells of them. */
export function startKubelets(dependencies: KubeletDependencies): Kubelets {
  return new Kubelets(dependencies)
}

function tell(recorder: EventRecorder, pod: PodObject, { type, reason, message, fieldPath }: PodEvent): void {
  const subject = subjectOf(pod, podType)
  recorder.event(fieldPath === undefined ? subject : { ...subject, fieldPath }, type, reason, message)
}
