// What the scheduler knows of the cluster: nodes with their pods, including pods it has just placed itself (assumed),
// so that the next pod is placed with them in mind before the watch has told of them.
// Source: pkg/scheduler/backend/cache (v1.36). What differs: an assumed pod has no expiry; a failed binding forgets it.
import { deepEqual } from '../apimachinery/equality.ts'
import type { HeldOpinion, Memory, NodeInfo, NodeObject, Opinion, PodInfo, PodObject } from './framework.ts'
import { BoundedMemory } from './memory.ts'
import { countOpinion, TrackedNode } from './node-info.ts'
import { interleaved } from './node-order.ts'
import { podInfoOf, renewedInfo } from './pod-info.ts'

interface Placed {
  readonly nodeName: string
  readonly info: PodInfo
  readonly assumed: boolean
}

export class SchedulerCache {
  readonly #nodes = new Map<string, TrackedNode>()
  /** Every pod that is placed, by uid. */
  readonly #placed = new Map<string, Placed>()
  readonly #opinions = new Map<string, { readonly opinion: Opinion; pods: number }>()
  /** How many nodes have each image. */
  readonly #images = new Map<string, number>()
  readonly #memory = new BoundedMemory()
  #list: readonly NodeInfo[] | undefined
  #generations = new Float64Array(0)

  /** All nodes, those of different zones in turn: the same array until a node comes, goes or moves to another zone. */
  get nodes(): readonly NodeInfo[] {
    if (this.#list !== undefined) return this.#list
    const nodes = interleaved([...this.#nodes.values()])
    this.#generations = new Float64Array(nodes.length)
    for (const [index, node] of nodes.entries()) node.enlist(index, this.#generations)
    this.#memory.clear()
    return (this.#list = nodes)
  }

  /** Of `nodes`, which is to be asked first. */
  get generations(): Float64Array {
    return this.#generations
  }

  /** Only good together with `nodes`, which is to be asked first. */
  get memory(): Memory {
    return this.#memory
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name)
  }

  get opinions(): Iterable<HeldOpinion> {
    return this.#opinions.values()
  }

  nodesWithImage(name: string): number {
    return this.#images.get(name) ?? 0
  }

  putNode(node: NodeObject): void {
    const { name } = node.metadata
    const known = this.#nodes.get(name)
    if (known !== undefined) {
      const { images, zone } = known
      known.node = node
      if (known.zone !== zone) this.#list = undefined
      if (known.images === images) return
      this.#countImages(images, -1)
      this.#countImages(known.images, 1)
      return
    }
    const added = new TrackedNode(node)
    // Pods may be known before their node.
    for (const placed of this.#placed.values()) if (placed.nodeName === name) added.addPod(placed.info)
    this.#nodes.set(name, added)
    this.#countImages(added.images, 1)
    for (const info of added.pods()) this.#countOpinions(info, 1)
    this.#list = undefined
  }

  removeNode(name: string): void {
    const known = this.#nodes.get(name)
    if (known === undefined) return
    this.#nodes.delete(name)
    known.enlist(-1, undefined)
    this.#countImages(known.images, -1)
    for (const info of known.pods()) this.#countOpinions(info, -1)
    this.#list = undefined
  }

  /** A pod the API server shows on a node; confirms an assumption. */
  putPod(pod: PodObject): void {
    const nodeName = pod.spec?.nodeName ?? ''
    const before = this.#placed.get(pod.metadata.uid)
    if (before?.nodeName === nodeName && countsTheSame(before.info.pod, pod)) {
      // Its status has changed, or what was assumed has come about.
      const info = renewedInfo(before.info, pod)
      this.#placed.set(pod.metadata.uid, { nodeName, info, assumed: false })
      this.#nodes.get(nodeName)?.renewPod(info)
      return
    }
    this.#place(podInfoOf(pod), nodeName, false)
  }

  /** Takes the pod as placed until the watch confirms it or `forget` takes it back. */
  assume(info: PodInfo, nodeName: string): void {
    this.#place(info, nodeName, true)
  }

  forget(uid: string): void {
    if (this.#placed.get(uid)?.assumed === true) this.removePod(uid)
  }

  removePod(uid: string): void {
    const placed = this.#placed.get(uid)
    if (placed === undefined) return
    this.#placed.delete(uid)
    const node = this.#nodes.get(placed.nodeName)
    if (node === undefined) return
    node.removePod(uid)
    this.#countOpinions(placed.info, -1)
  }

  isAssumed(uid: string): boolean {
    return this.#placed.get(uid)?.assumed === true
  }

  /** Names as those of the metric. */
  podCounts(): { readonly pods: number; readonly assumed_pods: number } {
    let assumed = 0
    for (const placed of this.#placed.values()) if (placed.assumed) assumed++
    return { pods: this.#placed.size, assumed_pods: assumed }
  }

  isPlaced(uid: string): boolean {
    return this.#placed.has(uid)
  }

  #place(info: PodInfo, nodeName: string, assumed: boolean): void {
    const { uid } = info.pod.metadata
    this.removePod(uid)
    this.#placed.set(uid, { nodeName, info, assumed })
    const node = this.#nodes.get(nodeName)
    if (node === undefined) return
    node.addPod(info)
    this.#countOpinions(info, 1)
  }

  #countOpinions({ opinions }: PodInfo, factor: 1 | -1): void {
    for (const opinion of opinions) countOpinion(this.#opinions, opinion, factor)
  }

  #countImages(images: ReadonlyMap<string, number>, factor: 1 | -1): void {
    for (const name of images.keys()) {
      const nodes = this.nodesWithImage(name) + factor
      if (nodes > 0) this.#images.set(name, nodes)
      else this.#images.delete(name)
    }
  }
}

/** Whether no plugin can tell the versions of a pod apart, once it is placed. */
function countsTheSame(before: PodObject, now: PodObject): boolean {
  if (before.metadata.deletionTimestamp !== now.metadata.deletionTimestamp) return false
  if (!deepEqual(before.metadata.labels, now.metadata.labels)) return false
  return (
    before.metadata.generation === now.metadata.generation ||
    (deepEqual(before.spec?.containers, now.spec?.containers) &&
      deepEqual(before.spec?.initContainers, now.spec?.initContainers) &&
      deepEqual(before.spec?.resources, now.spec?.resources))
  )
}
