// Pods that wait for a node: active by priority and age, backing off after a failure, unschedulable until something
// changes that may help, or gated.
// Source: pkg/scheduler/backend/queue, PriorityQueue (v1.36)
import type { Clock, Timer } from '../apimachinery/clock.ts'
import type { ClusterEvent, ClusterView, PodInfo, PodObject, Profile } from './framework.ts'
import { Heap } from '../apimachinery/heap.ts'
import type { PendingPods } from './observer.ts'
import { podInfoOf } from './pod-info.ts'

/** An unschedulable pod is tried again after this time even if nothing seems to have changed. */
const MAX_UNSCHEDULABLE_MS = 300_000
const FLUSH_MS = 30_000

export interface QueuedPod {
  readonly uid: string
  info: PodInfo
  /** Failed attempts so far. */
  attempts: number
  /** Counts up with the pods that come: breaks ties of priority. */
  readonly order: number
  place: 'active' | 'backoff' | 'unschedulable' | 'gated' | 'in flight'
  failedMs: number
  backoffEndsMs: number
  rejectedBy: ReadonlySet<string>
  /** What failed was the scheduler or the server, not the fit: the back-off is not cut short. */
  erred: boolean
  /** Others are being evicted for it; until all are, another try would come too early. */
  held: 'no' | 'yes' | 'and something happened'
  /** When the last try began, and the first one, by `performance`'s clock: for metrics. */
  triedAt?: number
  firstTriedAt?: number
}

export interface QueueOptions {
  readonly profileOf: (pod: PodObject) => Profile | undefined
  readonly cluster: () => Pick<ClusterView, 'claims'>
  readonly clock: Clock
  /** Called whenever there may be something to pop. */
  readonly onWork: () => void
  readonly initialBackoffMs: number
  readonly maxBackoffMs: number
}

/**
 * Worked example. pop → a (in flight); reject(a) → unschedulable; move(NodeAdded) → backoff, or active if its second is
 * over; with nothing active, pop takes a from backoff early.
 */
export class SchedulingQueue {
  readonly #options: QueueOptions
  readonly #clock: Clock
  readonly #pods = new Map<string, QueuedPod>()
  /** Entries that left their place stay in the heaps until they surface. */
  readonly #active = new Heap<QueuedPod>(
    (a, b) => a.info.priority > b.info.priority || (a.info.priority === b.info.priority && a.order < b.order),
  )
  readonly #backoff = new Heap<QueuedPod>((a, b) => a.backoffEndsMs < b.backoffEndsMs)
  readonly #unschedulable = new Set<QueuedPod>()
  readonly #gated = new Set<QueuedPod>()
  #arrivals = 0
  #backoffTimer: { dueMs: number; timer: Timer } | undefined
  #flushTimer: Timer | undefined
  #closed = false

  constructor(options: QueueOptions) {
    this.#options = options
    this.#clock = options.clock
  }

  get size(): number {
    return this.#pods.size
  }

  /** Those that wait, by where they do. */
  pending(): PendingPods {
    const counts = { active: 0, backoff: 0, unschedulable: 0, gated: 0 }
    for (const { place } of this.#pods.values()) if (place !== 'in flight') counts[place]++
    return counts
  }

  has(uid: string): boolean {
    return this.#pods.has(uid)
  }

  /** A pod that is new, or has changed in what its spec or metadata say. */
  put(pod: PodObject): void {
    const { uid } = pod.metadata
    const known = this.#pods.get(uid)
    if (known === undefined) {
      const added: QueuedPod = {
        uid,
        info: podInfoOf(pod),
        attempts: 0,
        order: this.#arrivals++,
        place: 'gated',
        failedMs: 0,
        backoffEndsMs: 0,
        rejectedBy: new Set(),
        erred: false,
        held: 'no',
      }
      this.#pods.set(uid, added)
      if (this.#isGated(pod)) this.#gated.add(added)
      else this.#activate(added)
      return
    }
    const before = known.info.pod
    known.info = podInfoOf(pod)
    if (known.place === 'gated' && !this.#isGated(pod)) this.#activate(known)
    if (known.place === 'unschedulable' && known.held === 'no' && differ(before, pod)) this.#retry(known)
  }

  delete(uid: string): void {
    const known = this.#pods.get(uid)
    if (known === undefined) return
    this.#pods.delete(uid)
    this.#unschedulable.delete(known)
    this.#gated.delete(known)
    // Wherever a heap still holds it, it no longer matches its place.
    known.place = 'in flight'
  }

  /** The next pod to try; it is in flight until it is rejected, failed or deleted. */
  pop(): QueuedPod | undefined {
    const next = takeFrom(this.#active, 'active') ?? this.#popBackoff()
    if (next !== undefined) next.place = 'in flight'
    return next
  }

  /** No node fits: it waits for an event that may help. */
  reject(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    if (!this.#failed(queued, false)) return
    queued.rejectedBy = rejectedBy
    queued.place = 'unschedulable'
    this.#unschedulable.add(queued)
    this.#armFlush()
  }

  /** Something went wrong on the way: another try after its back-off. */
  fail(queued: QueuedPod): void {
    if (this.#failed(queued, true)) this.#retry(queued)
  }

  /** Keeps an unschedulable pod where it is, whatever happens, until it is released. */
  hold(queued: QueuedPod): void {
    queued.held = 'yes'
  }

  /** @param retry whether to try again at once in any case */
  release(queued: QueuedPod, retry: boolean): void {
    const due = retry || queued.held === 'and something happened'
    queued.held = 'no'
    if (due && this.#unschedulable.has(queued)) this.#retry(queued)
  }

  /** Tries a pod again that has lost its prospects, if it waits. */
  activate(uid: string): void {
    const queued = this.#pods.get(uid)
    if (queued !== undefined && this.#unschedulable.has(queued) && queued.held === 'no') this.#retry(queued)
  }

  /** Moves unschedulable pods on which one of the events may have a bearing. */
  move(events: readonly ClusterEvent[]): void {
    if (events.length === 0) return
    for (const queued of [...this.#unschedulable]) {
      if (!events.some((event) => this.#mayHelp(queued, event))) continue
      if (queued.held === 'no') this.#retry(queued)
      else queued.held = 'and something happened'
    }
  }

  /** Lets pods in whose gates may have gone for another reason than a change of the pod. */
  recheckGates(): void {
    for (const queued of this.#gated) if (!this.#isGated(queued.info.pod)) this.#activate(queued)
  }

  close(): void {
    this.#closed = true
    this.#backoffTimer?.timer.cancel()
    this.#flushTimer?.cancel()
  }

  #mayHelp({ info, rejectedBy }: QueuedPod, event: ClusterEvent): boolean {
    // Rejected by no plugin: there was no node at all.
    if (rejectedBy.size === 0) return event.kind === 'NodeAdded'
    // What extenders think of an event nobody knows.
    if (rejectedBy.has('Extender')) return true
    const filters = this.#options.profileOf(info.pod)?.filters ?? []
    return filters.some((plugin) => rejectedBy.has(plugin.name) && plugin.mayHelp(event, info))
  }

  #isGated(pod: PodObject): boolean {
    const plugins = this.#options.profileOf(pod)?.preEnqueue ?? []
    return plugins.some((plugin) => plugin.gate(pod, this.#options.cluster()) !== undefined)
  }

  #failed(queued: QueuedPod, erred: boolean): boolean {
    if (this.#pods.get(queued.uid) !== queued) return false
    queued.attempts++
    queued.erred = erred
    queued.failedMs = this.#clock.now()
    const { initialBackoffMs, maxBackoffMs } = this.#options
    queued.backoffEndsMs = queued.failedMs + Math.min(maxBackoffMs, initialBackoffMs * 2 ** (queued.attempts - 1))
    return true
  }

  #activate(queued: QueuedPod): void {
    this.#unschedulable.delete(queued)
    this.#gated.delete(queued)
    queued.place = 'active'
    this.#active.push(queued)
    this.#options.onWork()
  }

  #retry(queued: QueuedPod): void {
    if (queued.backoffEndsMs <= this.#clock.now()) {
      this.#activate(queued)
      return
    }
    this.#unschedulable.delete(queued)
    queued.place = 'backoff'
    this.#backoff.push(queued)
    if (!queued.erred) this.#options.onWork()
    this.#armBackoff()
  }

  /** The scheduler has nothing better to do: pods that back off for want of room are tried at once. */
  #popBackoff(): QueuedPod | undefined {
    const first = peekFrom(this.#backoff, 'backoff')
    if (first === undefined || (first.erred && first.backoffEndsMs > this.#clock.now())) return undefined
    return takeFrom(this.#backoff, 'backoff')
  }

  #armBackoff(): void {
    const first = peekFrom(this.#backoff, 'backoff')
    if (first === undefined || this.#closed) return
    const dueMs = first.backoffEndsMs
    // One that came later may be due earlier.
    if (this.#backoffTimer !== undefined && this.#backoffTimer.dueMs <= dueMs) return
    this.#backoffTimer?.timer.cancel()
    const timer = this.#clock.after(dueMs - this.#clock.now(), () => {
      this.#backoffTimer = undefined
      for (;;) {
        const due = peekFrom(this.#backoff, 'backoff')
        if (due === undefined || due.backoffEndsMs > this.#clock.now()) break
        this.#backoff.pop()
        this.#activate(due)
      }
      this.#armBackoff()
    })
    this.#backoffTimer = { dueMs, timer }
  }

  #armFlush(): void {
    if (this.#flushTimer !== undefined || this.#closed) return
    const flush = (): void => {
      this.#flushTimer = undefined
      for (const queued of [...this.#unschedulable]) {
        if (this.#clock.now() - queued.failedMs > MAX_UNSCHEDULABLE_MS && queued.held === 'no') this.#retry(queued)
      }
      if (this.#unschedulable.size > 0) this.#armFlush()
    }
    this.#flushTimer = this.#clock.after(FLUSH_MS, flush, 'check')
  }
}

/** A status written meanwhile (by the scheduler itself) does not make a pod schedulable. */
function differ(a: PodObject, b: PodObject): boolean {
  return (
    a.metadata.generation !== b.metadata.generation ||
    JSON.stringify(a.metadata.labels) !== JSON.stringify(b.metadata.labels)
  )
}

function peekFrom(heap: Heap<QueuedPod>, place: QueuedPod['place']): QueuedPod | undefined {
  for (;;) {
    const first = heap.peek()
    if (first === undefined || first.place === place) return first
    heap.pop()
  }
}

function takeFrom(heap: Heap<QueuedPod>, place: QueuedPod['place']): QueuedPod | undefined {
  peekFrom(heap, place)
  return heap.pop()
}
