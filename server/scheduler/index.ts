// The scheduler: watches pods and nodes, decides where pods go and binds them.
// On one screen: events → cache and queue → decide() → assume → bind → event; a pod that fits nowhere is told why.
// Source: pkg/scheduler, Scheduler, eventhandlers and schedule_one (v1.36)
import type { Node, Pod } from '../api/core.ts'
import type { KubeObject } from '../apimachinery/types.ts'
import { formatTime, type Clock } from '../apimachinery/clock.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import type { Client, WatchEvent } from '../client/client.ts'
import type { Informers } from '../client/informers.ts'
import { Announcer } from './announcer.ts'
import { bindPod, BindingError } from './binder.ts'
import { SchedulerCache } from './cache.ts'
import { watchCluster, type WatchedCluster } from './cluster-view.ts'
import { defaultConfiguration } from './config/load.ts'
import type { SchedulerConfiguration } from './config/types.ts'
import { decide } from './decide.ts'
import { explanationOf, type Explanation } from './explain.ts'
import { decideWithExtenders } from './extended-decision.ts'
import { Extender } from './extender.ts'
import type {
  ClusterEvent,
  ClusterView,
  Decision,
  PodInfo,
  PodObject,
  Preemption,
  Profile,
  Reservation,
} from './framework.ts'
import { nodeMattersAnew, podMattersAnew } from './matters.ts'
import { Nominations } from './nominations.ts'
import type { AttemptResult, CacheSizes, PendingPods, SchedulerObserver, SchedulerSizes } from './observer.ts'
import { podInfoOf } from './pod-info.ts'
import { planVolumesFor } from './pod-volumes.ts'
import { evict } from './preemption.ts'
import { profilesOf } from './profile.ts'
import { SchedulingQueue, type QueuedPod } from './queue.ts'
import { VolumeBinder } from './volume-binder.ts'

export type { Decision } from './framework.ts'
export { loadConfiguration, SchedulerConfigurationError } from './config/load.ts'
export type { SchedulerConfiguration } from './config/types.ts'

export interface SchedulerDependencies {
  /** Acts as system:kube-scheduler. */
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: () => number
  readonly configuration?: SchedulerConfiguration
  /** Told of what is tried, for metrics. */
  readonly observer?: SchedulerObserver | undefined
}

/** Pods placed in one go before other work of the process gets its turn. */
const PODS_PER_SLICE = 50
/** With more bindings under way, the next pods wait: what is decided should not be far ahead of what is written. */
const MAX_BINDINGS = 500

export class Scheduler implements SchedulerSizes {
  readonly #client: Client
  readonly #clock: Clock
  readonly #random: () => number
  readonly #observer: SchedulerObserver | undefined
  readonly #profiles: ReadonlyMap<string, Profile>
  readonly #extenders: readonly Extender[]
  readonly #cache = new SchedulerCache()
  readonly #watched: WatchedCluster
  readonly #volumeBinder: VolumeBinder
  readonly #nominations = new Nominations()
  readonly #view: ClusterView
  readonly #queue: SchedulingQueue
  readonly #announcer: Announcer
  readonly #writes = new Set<Promise<void>>()
  /** No more events are heard once it is closed. */
  readonly #unsubscribe: (() => void)[] = []
  #startAt = 0
  #bindings = 0
  #state: 'waiting' | 'idle' | 'scheduled' | 'closed' = 'waiting'

  /** @throws SchedulerConfigurationError */
  constructor({
    client,
    informers,
    clock,
    random,
    configuration = defaultConfiguration(),
    observer,
  }: SchedulerDependencies) {
    this.#client = client
    this.#clock = clock
    this.#random = random
    this.#observer = observer
    this.#profiles = new Map(profilesOf(configuration).map((profile) => [profile.schedulerName, profile]))
    this.#extenders = configuration.extenders.map((extender) => new Extender(extender))
    this.#queue = new SchedulingQueue({
      profileOf: (pod) => this.#profileOf(pod),
      cluster: () => this.#view,
      clock,
      onWork: () => this.#wake(),
      initialBackoffMs: configuration.podInitialBackoffSeconds * 1000,
      maxBackoffMs: configuration.podMaxBackoffSeconds * 1000,
    })
    this.#announcer = new Announcer(client, clock, [...this.#profiles.keys()])
    this.#watched = watchCluster(informers, this.#cache, this.#nominations)
    const { view, pods, nodes, storage, storageInformers, deviceInformers, synced } = this.#watched
    this.#view = view
    this.#volumeBinder = new VolumeBinder(client, clock, storage)
    this.#unsubscribe.push(
      nodes.onEvents((events) => this.#sawNodes(events)),
      pods.onEvents((events) => this.#sawPods(events)),
      ...storageInformers.map((informer) =>
        informer.onEvents((events) => this.#sawOthers('StorageChanged', informer.resource, events)),
      ),
      ...deviceInformers.map((informer) =>
        informer.onEvents((events) => this.#sawOthers('DevicesChanged', informer.resource, events)),
      ),
    )
    observer?.started(this)
    void synced.then(() => {
      if (this.#state === 'closed') return
      this.#state = 'idle'
      this.#wake()
    })
  }

  /** What would become of a pod now, with every node's verdict and scores; changes nothing. */
  explain(pod: PodObject): Decision {
    return decide(this.#profileOrFirst(pod), this.#view, podInfoOf(pod), { random: this.#random })
  }

  /** What the scheduler thinks of a pod that there is; of one that is placed, as if it were not. */
  async explanation(namespace: string, name: string): Promise<Explanation | undefined> {
    const pod = this.#watched.pods.lister.get(namespace, name)
    if (pod === undefined) return undefined
    const { uid } = pod.metadata
    // That it names its node already is the scheduler's doing.
    const open = podInfoOf({ ...pod, spec: { ...pod.spec, nodeName: '' } } as PodObject)
    const placed = this.#cache.isPlaced(uid) && isAssigned(pod)
    const profile = this.#profileOrFirst(pod)
    const options = { random: this.#random, exhaustive: true }
    const extenders = this.#interestedIn(pod)
    if (placed) this.#cache.removePod(uid)
    let decision: Decision
    try {
      decision = decide(profile, this.#view, open, options)
    } finally {
      if (placed) this.#cache.putPod(pod)
    }
    // Meanwhile the pod is where it is: the extenders are asked about a pod more than there would be.
    if (extenders.length > 0) {
      decision = await decideWithExtenders(profile, this.#view, open, extenders, options)
    }
    return explanationOf(pod, decision, this.#view.nodes)
  }

  pendingPods(): PendingPods {
    return this.#queue.pending()
  }

  cacheSizes(): CacheSizes {
    return { nodes: this.#cache.nodes.length, ...this.#cache.podCounts() }
  }

  /** Places no more pods and resolves when the writes under way have ended. */
  async close(): Promise<void> {
    this.#state = 'closed'
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#queue.close()
    this.#volumeBinder.close()
    await Promise.all(this.#writes)
    await this.#announcer.close()
  }

  #profileOf({ spec }: PodObject): Profile | undefined {
    return this.#profiles.get(spec?.schedulerName ?? '')
  }

  #profileOrFirst(pod: PodObject): Profile {
    const [first] = this.#profiles.values()
    return this.#profileOf(pod) ?? first!
  }

  #interestedIn(pod: PodObject): readonly Extender[] {
    return this.#extenders.filter((extender) => extender.isInterested(pod))
  }

  #sawNodes(events: readonly WatchEvent<Node>[]): void {
    if (this.#state === 'closed') return
    const changes: ClusterEvent[] = []
    for (const { type, object: node, old } of events) {
      if (type === 'DELETED') {
        this.#cache.removeNode(node.metadata.name)
        continue
      }
      this.#cache.putNode(node)
      if (old === undefined) changes.push({ kind: 'NodeAdded', node })
      else if (nodeMattersAnew(node, old)) changes.push({ kind: 'NodeUpdated', node, old })
    }
    this.#queue.move(changes)
  }

  #sawOthers(
    kind: 'StorageChanged' | 'DevicesChanged',
    resource: string,
    events: readonly WatchEvent<KubeObject>[],
  ): void {
    if (this.#state === 'closed') return
    const changes: ClusterEvent[] = []
    for (const { type, object, old } of events) {
      const { namespace = '', name, uid } = object.metadata
      if (type === 'DELETED' && kind === 'DevicesChanged') this.#watched.claims.forget(uid)
      // What goes helps nobody, except that room is left.
      if (type === 'DELETED' && !leavesRoom.has(resource)) continue
      if (old !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion) continue
      changes.push({ kind, resource, namespace, name })
    }
    if (resource === 'persistentvolumeclaims') this.#volumeBinder.sawClaims()
    if (kind === 'DevicesChanged') this.#queue.recheckGates()
    this.#queue.move(changes)
  }

  #sawPods(events: readonly WatchEvent<Pod>[]): void {
    if (this.#state === 'closed') return
    const changes: ClusterEvent[] = []
    for (const { type, object: pod, old } of events) {
      const { uid } = pod.metadata
      this.#nominate(pod, type === 'DELETED')
      if (type === 'DELETED' || isTerminal(pod)) {
        this.#queue.delete(uid)
        this.#volumeBinder.sawPodGone(uid)
        if (this.#cache.isPlaced(uid)) changes.push({ kind: 'AssignedPodDeleted', pod })
        this.#cache.removePod(uid)
      } else if (isAssigned(pod)) {
        this.#queue.delete(uid)
        this.#cache.putPod(pod)
        if (old === undefined || !isAssigned(old)) changes.push({ kind: 'AssignedPodAdded', pod })
        else if (podMattersAnew(pod, old)) changes.push({ kind: 'AssignedPodUpdated', pod, old })
      } else if (this.#profileOf(pod) !== undefined && !this.#cache.isAssumed(uid)) {
        if (pod.metadata.deletionTimestamp === undefined) this.#queue.put(pod)
        else this.#queue.delete(uid)
      }
    }
    this.#queue.move(changes)
  }

  /** What the server says of a nomination; one that has just been made is not told of yet. */
  #nominate(pod: PodObject, isGone: boolean): void {
    const { uid } = pod.metadata
    const nodeName = pod.status?.nominatedNodeName ?? ''
    if (isGone || isTerminal(pod) || isAssigned(pod) || this.#cache.isAssumed(uid)) this.#nominations.delete(uid)
    else if (nodeName !== '') this.#nominations.put(podInfoOf(pod), nodeName)
  }

  #wake(): void {
    if (this.#state !== 'idle') return
    this.#state = 'scheduled'
    // Not at once: the events of one run are all taken in first.
    queueMicrotask(() => void this.#slice())
  }

  async #slice(): Promise<void> {
    for (let placed = 0; placed < PODS_PER_SLICE; placed++) {
      if (this.#state === 'closed') return
      const queued = this.#bindings < MAX_BINDINGS ? this.#queue.pop() : undefined
      if (queued === undefined) {
        this.#state = 'idle'
        return
      }
      const answers = this.#schedule(queued)
      if (answers !== undefined) await answers
    }
    setImmediate(() => void this.#slice())
  }

  /** Waits only if extenders are to be asked. */
  #schedule(queued: QueuedPod): Promise<void> | undefined {
    const { info } = queued
    queued.triedAt = performance.now()
    queued.firstTriedAt ??= queued.triedAt
    const profile = this.#profileOrFirst(info.pod)
    const options = { startAt: this.#startAt, random: this.#random }
    const extenders = this.#interestedIn(info.pod)
    if (extenders.length > 0) {
      const decision = decideWithExtenders(profile, this.#view, info, extenders, options)
      return decision.then(
        (made) => this.#act(queued, profile, made),
        (error: unknown) => this.#erred(queued, error),
      )
    }
    try {
      this.#act(queued, profile, decide(profile, this.#view, info, options))
    } catch (error) {
      // A plugin that cannot make sense of the pod must not stop the others.
      this.#erred(queued, error)
    }
    return undefined
  }

  #erred(queued: QueuedPod, error: unknown): void {
    this.#observeAttempt(queued, 'error')
    this.#queue.fail(queued)
    this.#track(this.#announcer.failed(queued.info.pod, 'SchedulerError', textOf(error)))
  }

  #act(queued: QueuedPod, profile: Profile, decision: Decision): void {
    const { info } = queued
    this.#observer?.decided(secondsSince(queued.triedAt))
    const looked = decision.feasible.length + decision.verdicts.size
    this.#startAt = this.#cache.nodes.length === 0 ? 0 : (this.#startAt + looked) % this.#cache.nodes.length
    if (decision.nodeName === undefined) {
      this.#observeAttempt(queued, 'unschedulable')
      this.#queue.reject(queued, decision.rejectedBy)
      if (decision.clearsNomination === true) this.#nominations.delete(queued.uid)
      for (const release of decision.releases ?? []) this.#track(release(this.#client))
      if (decision.preemption !== undefined) this.#track(this.#preempt(queued, decision.preemption))
      const nomination = decision.clearsNomination === true ? null : decision.preemption?.nodeName
      this.#track(this.#announcer.failed(info.pod, 'Unschedulable', decision.message ?? '', nomination))
      return
    }
    const { nodeName } = decision
    this.#nominations.delete(queued.uid)
    const reservations = [
      ...this.#reserveVolumes(info, nodeName, profile),
      ...(decision.reserve?.(nodeName, { client: this.#client, clock: this.#clock }) ?? []),
    ]
    this.#cache.assume(info, nodeName)
    this.#track(this.#bind(queued, nodeName, reservations))
  }

  /** What is left to do for the pod's volumes, if anything: taken as done from now on. */
  #reserveVolumes({ pod }: PodInfo, nodeName: string, { volumeBindingTimeoutMs }: Profile): readonly Reservation[] {
    const node = this.#cache.node(nodeName)
    if (node === undefined || volumeBindingTimeoutMs === undefined) return []
    const plan = planVolumesFor(pod, node.node, this.#view.storage)
    return plan === undefined ? [] : [this.#volumeBinder.reserve(pod, plan, nodeName, volumeBindingTimeoutMs)]
  }

  /** Source: Executor.prepareCandidateAsync */
  async #preempt(queued: QueuedPod, { nodeName, victims }: Preemption): Promise<void> {
    const { info } = queued
    this.#observer?.preempting(victims.length)
    const outdone = [...this.#nominations.podsOn(nodeName)].filter(({ priority }) => priority < info.priority)
    this.#nominations.put(info, nodeName)
    const leaving = victims.filter(({ pod }) => pod.metadata.deletionTimestamp === undefined)
    if (leaving.length === 0) return
    this.#queue.hold(queued)
    for (const { pod } of outdone) {
      this.#nominations.delete(pod.metadata.uid)
      this.#track(this.#announcer.patchStatus(pod, { nominatedNodeName: null }))
      this.#queue.activate(pod.metadata.uid)
    }
    try {
      const told = {
        client: this.#client,
        recorder: this.#announcer.recorder(info.pod),
        schedulerName: info.pod.spec?.schedulerName ?? '',
        now: formatTime(this.#clock.now()),
      }
      await Promise.all(leaving.map(({ pod }) => evict(pod, info.pod, nodeName, told)))
      this.#queue.release(queued, false)
    } catch {
      // Some are still there: another try finds out what to do.
      this.#queue.release(queued, true)
    }
  }

  async #bind(queued: QueuedPod, nodeName: string, reservations: readonly Reservation[]): Promise<void> {
    const { pod } = queued.info
    const { namespace = '', name, uid } = pod.metadata
    const extender = this.#interestedIn(pod).find(({ isBinder }) => isBinder)
    this.#bindings++
    try {
      await bindPod(pod, { nodeName, reservations, extender }, this.#client, this.#announcer)
    } catch (error) {
      this.#cache.forget(uid)
      this.#queue.move([{ kind: 'AssignedPodDeleted', pod }])
      const current = this.#watched.pods.lister.get(namespace, name)
      const cause = error instanceof BindingError ? error.cause : error
      // Gone, or bound by someone else: nothing is left to do.
      if (isNotFound(cause) || current?.metadata.uid !== uid || isAssigned(current)) {
        this.#queue.delete(uid)
        return
      }
      this.#observeAttempt(queued, 'error')
      this.#queue.fail(queued)
      await this.#announcer.failed(pod, 'SchedulerError', textOf(error))
      return
    } finally {
      this.#bindings--
      if (this.#bindings === MAX_BINDINGS - 1) this.#wake()
    }
    this.#queue.delete(uid)
    this.#observeAttempt(queued, 'scheduled')
    this.#observer?.bound(queued.attempts + 1, secondsSince(queued.firstTriedAt))
    this.#announcer.bound(pod, nodeName)
  }

  #observeAttempt({ info, triedAt }: QueuedPod, result: AttemptResult): void {
    this.#observer?.attempted(info.pod.spec?.schedulerName ?? '', result, secondsSince(triedAt))
  }

  #track(write: Promise<void>): void {
    this.#writes.add(write)
    void write.finally(() => this.#writes.delete(write))
  }
}

/**
 * Starts as soon as the informers it uses are synced.
 * @throws SchedulerConfigurationError
 */
export function startScheduler(dependencies: SchedulerDependencies): Scheduler {
  return new Scheduler(dependencies)
}

/** @throws SchedulerConfigurationError when its profiles cannot be made */
export function checkConfiguration(configuration: SchedulerConfiguration): void {
  profilesOf(configuration)
}

/** Volumes that are detached, and claims that are gone, leave room for others. */
const leavesRoom = new Set(['volumeattachments.storage.k8s.io', 'resourceclaims.resource.k8s.io'])

function isAssigned(pod: PodObject): boolean {
  return (pod.spec?.nodeName ?? '') !== ''
}

function isTerminal(pod: PodObject): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** @param at of `performance`'s clock */
function secondsSince(at = performance.now()): number {
  return (performance.now() - at) / 1000
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
