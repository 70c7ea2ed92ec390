// A node and the pods on it, with sums that follow as pods come and go.
// Source: pkg/scheduler/framework, NodeInfo and HostPortInfo (v1.36)
import type { Selector } from '../apimachinery/selectors.ts'
import { ANY_ADDRESS } from './pod-info.ts'
import type { HostPort, NodeInfo, NodeObject, PodInfo } from './framework.ts'
import { addTotals, noResources, podsAmount, totalsOf, type ResourceTotals } from './resources.ts'

/** Selectors whose counts are kept up to date per node; the one asked for longest ago makes room. */
const REMEMBERED_SELECTORS = 32

interface Count {
  readonly namespace: string
  readonly selector: Selector
  pods: number
}

export class TrackedNode implements NodeInfo {
  readonly requested: ResourceTotals = noResources()
  readonly nonZeroRequested: ResourceTotals = noResources()
  readonly #pods = new Map<string, PodInfo>()
  /** How many containers use `protocol/port` on each address. */
  readonly #ports = new Map<string, Map<string, number>>()
  readonly #counts = new Map<string, Count>()
  #node: NodeObject
  #allocatable: ResourceTotals
  #allowedPods: number

  constructor(node: NodeObject) {
    this.#node = node
    this.#allocatable = totalsOf(node.status?.allocatable)
    this.#allowedPods = podsAmount(node.status?.allocatable)
  }

  get node(): NodeObject {
    return this.#node
  }

  /** The node's newest version; heart-beats leave the amounts alone. */
  set node(node: NodeObject) {
    const before = this.#node.status?.allocatable
    this.#node = node
    if (node.status?.allocatable === before) return
    this.#allocatable = totalsOf(node.status?.allocatable)
    this.#allowedPods = podsAmount(node.status?.allocatable)
  }

  get allocatable(): ResourceTotals {
    return this.#allocatable
  }

  get allowedPods(): number {
    return this.#allowedPods
  }

  get podCount(): number {
    return this.#pods.size
  }

  pods(): Iterable<PodInfo> {
    return this.#pods.values()
  }

  /** Adds the pod, or puts a newer version in the place of an older one. */
  addPod(info: PodInfo): void {
    this.removePod(info.pod.metadata.uid)
    this.#pods.set(info.pod.metadata.uid, info)
    this.#account(info, 1)
  }

  removePod(uid: string): void {
    const info = this.#pods.get(uid)
    if (info === undefined) return
    this.#pods.delete(uid)
    this.#account(info, -1)
  }

  usesHostPort({ ip, protocol, port }: HostPort): boolean {
    const addresses = this.#ports.get(`${protocol}/${port}`)
    if (addresses === undefined) return false
    return ip === ANY_ADDRESS || addresses.has(ANY_ADDRESS) || addresses.has(ip)
  }

  countMatching(namespace: string, selector: Selector): number {
    if (selector.empty) return 0
    const key = `${namespace} ${textOf(selector)}`
    let count = this.#counts.get(key)
    if (count === undefined) {
      count = { namespace, selector, pods: 0 }
      for (const info of this.#pods.values()) if (matches(count, info)) count.pods++
      if (this.#counts.size >= REMEMBERED_SELECTORS) {
        const [oldest] = this.#counts.keys()
        if (oldest !== undefined) this.#counts.delete(oldest)
      }
      this.#counts.set(key, count)
    }
    return count.pods
  }

  #account(info: PodInfo, factor: 1 | -1): void {
    addTotals(this.requested, info.requests, factor)
    addTotals(this.nonZeroRequested, info.nonZeroRequests, factor)
    for (const { ip, protocol, port } of info.hostPorts) {
      const key = `${protocol}/${port}`
      const addresses = this.#ports.get(key) ?? new Map<string, number>()
      const users = (addresses.get(ip) ?? 0) + factor
      if (users > 0) addresses.set(ip, users)
      else addresses.delete(ip)
      if (addresses.size > 0) this.#ports.set(key, addresses)
      else this.#ports.delete(key)
    }
    for (const count of this.#counts.values()) if (matches(count, info)) count.pods += factor
  }
}

/** The same selector is asked about for every node. */
const texts = new WeakMap<Selector, string>()

function textOf(selector: Selector): string {
  let text = texts.get(selector)
  if (text === undefined) texts.set(selector, (text = selector.toString()))
  return text
}

/** A pod that is being deleted no longer counts. */
function matches({ namespace, selector }: Count, { pod }: PodInfo): boolean {
  const { metadata } = pod
  return (
    metadata.deletionTimestamp === undefined && metadata.namespace === namespace && selector.matches(metadata.labels)
  )
}
