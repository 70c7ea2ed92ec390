// What the scheduler knows of the cluster: nodes with their pods, including pods it has just placed itself (assumed),
// so that the next pod is placed with them in mind before the watch has told of them.
// Source: pkg/scheduler/backend/cache (v1.36). What differs: an assumed pod has no expiry; a failed binding forgets it.
import type { HeldOpinion, NodeInfo, NodeObject, Opinion, PodInfo, PodObject } from './framework.ts'
import { TrackedNode } from './node-info.ts'
import { podInfoOf } from './pod-info.ts'

export class SchedulerCache {
  readonly #nodes = new Map<string, TrackedNode>()
  /** Node of every pod that is placed, by uid. */
  readonly #placed = new Map<string, { nodeName: string; pod: PodObject; assumed: boolean }>()
  readonly #opinions = new Map<string, { opinion: Opinion; nodes: Map<NodeInfo, number> }>()
  /** How many nodes have each image. */
  readonly #images = new Map<string, number>()
  #list: readonly NodeInfo[] | undefined

  /** All nodes, in a fixed order: the same array until a node comes or goes. */
  get nodes(): readonly NodeInfo[] {
    return (this.#list ??= [...this.#nodes.values()])
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
      const before = known.images
      known.node = node
      if (known.images === before) return
      this.#countImages(before, -1)
      this.#countImages(known.images, 1)
      return
    }
    const added = new TrackedNode(node)
    // Pods may be known before their node.
    for (const placed of this.#placed.values()) if (placed.nodeName === name) added.addPod(podInfoOf(placed.pod))
    this.#nodes.set(name, added)
    this.#countImages(added.images, 1)
    for (const info of added.pods()) this.#countOpinions(info, added, 1)
    this.#list = undefined
  }

  removeNode(name: string): void {
    const known = this.#nodes.get(name)
    if (known === undefined) return
    this.#nodes.delete(name)
    this.#countImages(known.images, -1)
    for (const info of known.pods()) this.#countOpinions(info, known, -1)
    this.#list = undefined
  }

  /** A pod the API server shows on a node; confirms an assumption. */
  putPod(pod: PodObject): void {
    this.#place(pod, pod.spec?.nodeName ?? '', false)
  }

  /** Takes the pod as placed until the watch confirms it or `forget` takes it back. */
  assume(pod: PodObject, nodeName: string): void {
    this.#place(pod, nodeName, true)
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
    this.#countOpinions(podInfoOf(placed.pod), node, -1)
  }

  isAssumed(uid: string): boolean {
    return this.#placed.get(uid)?.assumed === true
  }

  isPlaced(uid: string): boolean {
    return this.#placed.has(uid)
  }

  #place(pod: PodObject, nodeName: string, assumed: boolean): void {
    const { uid } = pod.metadata
    const before = this.#placed.get(uid)
    if (before !== undefined) this.removePod(uid)
    this.#placed.set(uid, { nodeName, pod, assumed })
    const node = this.#nodes.get(nodeName)
    if (node === undefined) return
    const info = podInfoOf(pod)
    node.addPod(info)
    this.#countOpinions(info, node, 1)
  }

  #countOpinions({ opinions }: PodInfo, node: NodeInfo, factor: 1 | -1): void {
    for (const opinion of opinions) {
      const held = this.#opinions.get(opinion.key) ?? { opinion, nodes: new Map<NodeInfo, number>() }
      this.#opinions.set(opinion.key, held)
      const pods = (held.nodes.get(node) ?? 0) + factor
      if (pods > 0) held.nodes.set(node, pods)
      else held.nodes.delete(node)
      if (held.nodes.size === 0) this.#opinions.delete(opinion.key)
    }
  }

  #countImages(images: ReadonlyMap<string, number>, factor: 1 | -1): void {
    for (const name of images.keys()) {
      const nodes = this.nodesWithImage(name) + factor
      if (nodes > 0) this.#images.set(name, nodes)
      else this.#images.delete(name)
    }
  }
}
