// What the scheduler knows of the cluster: nodes with their pods, including pods it has just placed itself (assumed),
// so that the next pod is placed with them in mind before the watch has told of them.
// Source: pkg/scheduler/backend/cache (v1.36). What differs: an assumed pod has no expiry; a failed binding forgets it.
import type { NodeInfo, NodeObject, PodObject } from './framework.ts'
import { TrackedNode } from './node-info.ts'
import { podInfoOf } from './pod-info.ts'

export class SchedulerCache {
  readonly #nodes = new Map<string, TrackedNode>()
  /** Node of every pod that is placed, by uid. */
  readonly #placed = new Map<string, { nodeName: string; pod: PodObject; assumed: boolean }>()
  #list: readonly NodeInfo[] | undefined

  /** All nodes, in a fixed order: the same array until a node comes or goes. */
  get nodes(): readonly NodeInfo[] {
    return (this.#list ??= [...this.#nodes.values()])
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name)
  }

  putNode(node: NodeObject): void {
    const { name } = node.metadata
    const known = this.#nodes.get(name)
    if (known !== undefined) {
      known.node = node
      return
    }
    const added = new TrackedNode(node)
    // Pods may be known before their node.
    for (const placed of this.#placed.values()) if (placed.nodeName === name) added.addPod(podInfoOf(placed.pod))
    this.#nodes.set(name, added)
    this.#list = undefined
  }

  removeNode(name: string): void {
    this.#nodes.delete(name)
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
    this.#nodes.get(placed.nodeName)?.removePod(uid)
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
    if (before !== undefined && before.nodeName !== nodeName) this.removePod(uid)
    this.#placed.set(uid, { nodeName, pod, assumed })
    this.#nodes.get(nodeName)?.addPod(podInfoOf(pod))
  }
}
