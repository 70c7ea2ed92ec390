// One simulated kubelet towards its Node: registers it, renews its lease, reports its status.
// Source: pkg/kubelet, registerWithAPIServer and tryUpdateNodeStatus; component-helpers lease, controller (v1.36)
import type { Lease } from '../api/coordination.ts'
import type { Node } from '../api/core.ts'
import { formatMicroTime, type Clock, type Timer } from '../apimachinery/clock.ts'
import { isAlreadyExists, isConflict } from '../apimachinery/errors.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import type { Lister } from '../client/informers.ts'
import { containerImages, isReady, nodeConditions, nodeObject, type NodeOptions } from './node-object.ts'
import type { ContainerRuntime } from './runtime.ts'

const LEASE_NAMESPACE = 'kube-node-lease'
const LEASE_SECONDS = 40
/** Status is reported this often even if nothing changed. */
const REPORT_MS = 300_000
const REGISTER_RETRY_MS = 200
const LONGEST_REGISTER_RETRY_MS = 7000

export interface NodeAgentDependencies {
  readonly clock: Clock
  readonly random: () => number
  readonly client: Client
  readonly recorder: EventRecorder
  readonly runtime: ContainerRuntime
  readonly nodes: Lister<Node>
}

type NodeInCluster = Frozen<Stored<Node>>

export class NodeAgent {
  readonly options: NodeOptions
  readonly #dependencies: NodeAgentDependencies
  #lease: Frozen<Stored<Lease>> | undefined
  #reportedMs = 0
  #images = 0
  #beating: Promise<void> | undefined
  /** The pause between two tries, and what ends it early. */
  #waiting: Timer | undefined
  #wake: () => void = () => {}
  #closed = false

  constructor(dependencies: NodeAgentDependencies, options: NodeOptions) {
    this.#dependencies = dependencies
    this.options = options
  }

  /** Resolves when the Node is there and ready and has its lease; tries until then, or until the agent is closed. */
  async register(): Promise<void> {
    let node: NodeInCluster | undefined
    await this.#untilDone(async () => {
      node ??= await this.#createOrTakeOver()
      await this.#renewLease(node)
    })
    if (node !== undefined) this.#tellStart(node)
  }

  /** Renews the lease; reports the node's status when it is time to or when others hold the node for lost. */
  beat(): void {
    if (this.#closed || this.#beating !== undefined) return
    this.#beating = this.#beat().then(() => {
      this.#beating = undefined
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#waiting?.cancel()
    this.#wake()
    await this.#beating
  }

  async #beat(): Promise<void> {
    const node = this.#dependencies.nodes.get(undefined, this.options.name)
    // Deleted: a kubelet does not register again by itself.
    if (node === undefined) return
    try {
      await this.#renewLease(node)
      const changed =
        !isReady(node) || lacksAllocatable(node) || this.#dependencies.runtime.images().length !== this.#images
      if (changed || this.#dependencies.clock.now() - this.#reportedMs >= REPORT_MS) await this.#report(node)
    } catch {
      // The next beat tries again.
    }
  }

  async #untilDone(attempt: () => Promise<void>): Promise<void> {
    for (let delayMs = REGISTER_RETRY_MS; !this.#closed; delayMs = Math.min(2 * delayMs, LONGEST_REGISTER_RETRY_MS)) {
      try {
        await attempt()
        return
      } catch {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
          this.#waiting = this.#dependencies.clock.after(delayMs, resolve)
        })
      }
    }
  }

  async #createOrTakeOver(): Promise<NodeInCluster> {
    const { client, clock, random } = this.#dependencies
    try {
      const created = await client.create<Node>('nodes', nodeObject(this.options, random, clock.now()))
      this.#reportedMs = clock.now()
      // A server may keep the status out of a creation.
      return isReady(created) ? created : await this.#report(created)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      return this.#report(await client.get<Node>('nodes', undefined, this.options.name))
    }
  }

  async #report(node: NodeInCluster): Promise<NodeInCluster> {
    const { clock, client, random, runtime } = this.#dependencies
    const images = runtime.images()
    const fresh = nodeObject(this.options, random, clock.now()).status
    const { machineID, systemUUID, bootID } = node.status?.nodeInfo ?? {}
    const ids = machineID ? { machineID, systemUUID, bootID } : {}
    // Extended resources are advertised by writing the Node's capacity; the kubelet keeps them and makes them allocatable.
    const capacity = { ...node.status?.capacity, ...fresh?.capacity }
    const status = {
      ...node.status,
      ...fresh,
      capacity,
      allocatable: { ...capacity, ...fresh?.allocatable },
      conditions: nodeConditions(node.status?.conditions ?? [], clock.now()),
      nodeInfo: { ...fresh?.nodeInfo, ...ids },
      images: containerImages(images),
    }
    const draft = { ...node, status } as unknown as Node
    const stored = await client.update<Node>('nodes', draft, { subresource: 'status' })
    this.#reportedMs = clock.now()
    this.#images = images.length
    return stored
  }

  async #renewLease(node: NodeInCluster): Promise<void> {
    const { client, clock } = this.#dependencies
    const { name } = this.options
    const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: formatMicroTime(clock.now()) }
    try {
      if (this.#lease !== undefined) {
        const draft = { ...this.#lease, spec: { ...this.#lease.spec, ...spec } } as unknown as Lease
        this.#lease = await client.update<Lease>('leases.coordination.k8s.io', draft)
        return
      }
      this.#lease = await client.create<Lease>('leases.coordination.k8s.io', {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name,
          namespace: LEASE_NAMESPACE,
          ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid }],
        },
        spec,
      })
    } catch (error) {
      this.#lease = undefined
      if (!isAlreadyExists(error) && !isConflict(error)) throw error
      this.#lease = await client.get<Lease>('leases.coordination.k8s.io', LEASE_NAMESPACE, name)
      await this.#renewLease(node)
    }
  }

  /** A real kubelet tells of its Node with the name in the place of the uid. */
  #tellStart(node: NodeInCluster): void {
    const { recorder } = this.#dependencies
    const { name } = node.metadata
    const subject = { kind: 'Node', name, uid: name }
    recorder.event(subject, 'Normal', 'Starting', 'Starting kubelet.')
    for (const reason of ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID', 'NodeReady']) {
      recorder.event(subject, 'Normal', reason, `Node ${name} status is now: ${reason}`)
    }
    recorder.event(subject, 'Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods')
  }
}

function lacksAllocatable({ status }: NodeInCluster): boolean {
  return Object.keys(status?.capacity ?? {}).some((name) => status?.allocatable?.[name] === undefined)
}
