// A node and the pods on it, with sums that follow as pods come and go.
// Source: pkg/scheduler/framework, NodeInfo and HostPortInfo (v1.36)
import type { Selector } from '../apimachinery/selectors.ts'
import { ANY_ADDRESS } from './pod-info.ts'
import type { HeldOpinion, HostPort, HypotheticalNode, NodeObject, Opinion, PodInfo, PodQuestion } from './framework.ts'
import { zoneOf } from './node-order.ts'
import { addTotals, noResources, podsAmount, totalsOf, type ResourceTotals } from './resources.ts'

/** Questions whose answers are kept up to date per node; the oldest makes room. */
const REMEMBERED_QUESTIONS = 32

interface Count {
  readonly question: PodQuestion
  pods: number
}

/** No two states of nodes have the same. */
let generations = 0

export class TrackedNode implements HypotheticalNode {
  #generation = ++generations
  #index = -1
  #board: Float64Array | undefined
  readonly requested: ResourceTotals = noResources()
  readonly nonZeroRequested: ResourceTotals = noResources()
  readonly #pods = new Map<string, PodInfo>()
  /** How many containers use `protocol/port` on each address. */
  readonly #ports = new Map<string, Map<string, number>>()
  readonly #counts = new Map<string, Count>()
  readonly #opinions = new Map<string, { readonly opinion: Opinion; pods: number }>()
  #zone: string
  #node: NodeObject
  #allocatable: ResourceTotals
  #allowedPods: number
  #images: ReadonlyMap<string, number>

  constructor(node: NodeObject) {
    this.#node = node
    this.#zone = zoneOf(node)
    this.#allocatable = totalsOf(node.status?.allocatable)
    this.#allowedPods = podsAmount(node.status?.allocatable)
    this.#images = imageSizes(node)
  }

  get index(): number {
    return this.#index
  }

  /** Where the node is among the others, and the list in which they all write their generations. */
  enlist(index: number, board: Float64Array | undefined): void {
    this.#index = index
    this.#board = board
    if (board !== undefined) board[index] = this.#generation
  }

  #changed(): void {
    this.#generation = ++generations
    if (this.#board !== undefined) this.#board[this.#index] = this.#generation
  }

  get node(): NodeObject {
    return this.#node
  }

  /** The node's newest version; heart-beats leave the amounts alone. */
  set node(node: NodeObject) {
    const before = this.#node.status?.allocatable
    if (node.status?.images !== this.#node.status?.images) this.#images = imageSizes(node)
    if (node.metadata.labels !== this.#node.metadata.labels) this.#zone = zoneOf(node)
    this.#node = node
    this.#changed()
    if (node.status?.allocatable === before) return
    this.#allocatable = totalsOf(node.status?.allocatable)
    this.#allowedPods = podsAmount(node.status?.allocatable)
  }

  get zone(): string {
    return this.#zone
  }

  get allocatable(): ResourceTotals {
    return this.#allocatable
  }

  get allowedPods(): number {
    return this.#allowedPods
  }

  get images(): ReadonlyMap<string, number> {
    return this.#images
  }

  get podCount(): number {
    return this.#pods.size
  }

  pods(): Iterable<PodInfo> {
    return this.#pods.values()
  }

  get opinions(): Iterable<HeldOpinion> {
    return this.#opinions.values()
  }

  copy(): TrackedNode {
    const copy = new TrackedNode(this.#node)
    for (const info of this.#pods.values()) copy.addPod(info)
    return copy
  }

  /** Adds the pod, or puts a newer version in the place of an older one. */
  addPod(info: PodInfo): void {
    this.removePod(info.pod.metadata.uid)
    this.#pods.set(info.pod.metadata.uid, info)
    this.#account(info, 1)
  }

  /** Puts a newer version in the place of one that counts the same for every question. */
  renewPod(info: PodInfo): void {
    this.#pods.set(info.pod.metadata.uid, info)
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
    return selector.empty ? 0 : this.count(belongingTo(namespace, selector))
  }

  count(question: PodQuestion): number {
    let count = this.#counts.get(question.key)
    if (count === undefined) {
      count = { question, pods: 0 }
      for (const info of this.#pods.values()) if (question.matches(info)) count.pods++
      if (this.#counts.size >= REMEMBERED_QUESTIONS) {
        const [oldest] = this.#counts.keys()
        if (oldest !== undefined) this.#counts.delete(oldest)
      }
      this.#counts.set(question.key, count)
    }
    return count.pods
  }

  #account(info: PodInfo, factor: 1 | -1): void {
    this.#changed()
    for (const opinion of info.opinions) countOpinion(this.#opinions, opinion, factor)
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
    for (const count of this.#counts.values()) if (count.question.matches(info)) count.pods += factor
  }
}

export function countOpinion(
  held: Map<string, { readonly opinion: Opinion; pods: number }>,
  opinion: Opinion,
  factor: 1 | -1,
): void {
  const known = held.get(opinion.key)
  if (known === undefined) held.set(opinion.key, { opinion, pods: factor })
  else if (known.pods + factor === 0) held.delete(opinion.key)
  else known.pods += factor
}

function imageSizes({ status }: NodeObject): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const { names = [], sizeBytes = 0 } of status?.images ?? []) {
    for (const name of names) sizes.set(name, sizeBytes)
  }
  return sizes
}

/** The same question is asked about every node. */
const questions = new WeakMap<Selector, Map<string, PodQuestion>>()

function belongingTo(namespace: string, selector: Selector): PodQuestion {
  let byNamespace = questions.get(selector)
  if (byNamespace === undefined) questions.set(selector, (byNamespace = new Map()))
  let question = byNamespace.get(namespace)
  if (question === undefined) {
    question = {
      key: `${namespace} ${selector.toString()}`,
      // A pod that is being deleted no longer counts.
      matches: ({ pod: { metadata } }) =>
        metadata.deletionTimestamp === undefined &&
        metadata.namespace === namespace &&
        selector.matches(metadata.labels),
    }
    byNamespace.set(namespace, question)
  }
  return question
}
