// Pods that made room on a node and have yet to be placed there: others take them into account as if they were.
// Source: pkg/scheduler/backend/queue, nominator (v1.36)
import type { NominationsView, PodInfo } from './framework.ts'

export class Nominations implements NominationsView {
  readonly #nodes = new Map<string, Map<string, PodInfo>>()
  readonly #nodeOf = new Map<string, string>()

  get size(): number {
    return this.#nodeOf.size
  }

  nodeOf(uid: string): string | undefined {
    return this.#nodeOf.get(uid)
  }

  podsOn(nodeName: string): Iterable<PodInfo> {
    return this.#nodes.get(nodeName)?.values() ?? []
  }

  put(info: PodInfo, nodeName: string): void {
    const { uid } = info.pod.metadata
    this.delete(uid)
    this.#nodeOf.set(uid, nodeName)
    const pods = this.#nodes.get(nodeName)
    if (pods === undefined) this.#nodes.set(nodeName, new Map([[uid, info]]))
    else pods.set(uid, info)
  }

  delete(uid: string): void {
    const nodeName = this.#nodeOf.get(uid)
    if (nodeName === undefined) return
    this.#nodeOf.delete(uid)
    const pods = this.#nodes.get(nodeName)
    pods?.delete(uid)
    if (pods?.size === 0) this.#nodes.delete(nodeName)
  }
}
