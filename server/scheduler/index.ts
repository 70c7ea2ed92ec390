// The scheduler: watches pods and nodes, decides where pods go and binds them.
// On one screen: events → cache and queue → decide() → assume → bind → event; a pod that fits nowhere is told why.
// Source: pkg/scheduler, Scheduler, eventhandlers and schedule_one (v1.36)
import type { ReplicaSet, StatefulSet } from '../api/apps.ts'
import type {
  Binding,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ReplicationController,
  Service,
} from '../api/core.ts'
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment } from '../api/storage.ts'
import type { KubeObject } from '../apimachinery/types.ts'
import type { PodDisruptionBudget } from '../api/policy.ts'
import { formatTime, type Clock } from '../apimachinery/clock.ts'
import { deepEqual } from '../apimachinery/equality.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import type { Client, WatchEvent } from '../client/client.ts'
import { subjectOf } from '../client/events.ts'
import type { Informer, Informers } from '../client/informers.ts'
import { SchedulerCache } from './cache.ts'
import { decide } from './decide.ts'
import { EventSeriesRecorder } from './event-series.ts'
import { explanationOf, type Explanation } from './explain.ts'
import { defaultSelector, type SpreadListers } from './default-selector.ts'
import type { ClusterEvent, ClusterView, Decision, NodeObject, PodObject, Preemption, Profile } from './framework.ts'
import { Nominations } from './nominations.ts'
import { podInfoOf } from './pod-info.ts'
import { evict } from './preemption.ts'
import { defaultProfile } from './profile.ts'
import { claimNamesOf, claimsOf, planVolumes, type VolumePlan } from './pod-volumes.ts'
import { SchedulingQueue, type QueuedPod } from './queue.ts'
import { VolumeBinder } from './volume-binder.ts'
import { StorageCache } from './volumes.ts'

export type { Decision } from './framework.ts'

export interface SchedulerDependencies {
  /** Acts as system:kube-scheduler. */
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: () => number
  readonly profile?: Profile
}

/** Pods placed in one go before other work of the process gets its turn. */
const PODS_PER_SLICE = 50
/** Longest text of an event. */
const MESSAGE_LIMIT = 1024

export class Scheduler {
  readonly #client: Client
  readonly #clock: Clock
  readonly #random: () => number
  readonly #profile: Profile
  readonly #cache = new SchedulerCache()
  readonly #storage: StorageCache
  readonly #volumeBinder: VolumeBinder
  readonly #nominations = new Nominations()
  readonly #view: ClusterView
  readonly #queue: SchedulingQueue
  readonly #recorder: EventSeriesRecorder
  readonly #pods: Informer<Pod>
  readonly #writes = new Set<Promise<void>>()
  #startAt = 0
  #state: 'waiting' | 'idle' | 'scheduled' | 'closed' = 'waiting'

  constructor({ client, informers, clock, random, profile = defaultProfile }: SchedulerDependencies) {
    this.#client = client
    this.#clock = clock
    this.#random = random
    this.#profile = profile
    this.#queue = new SchedulingQueue(profile, clock, () => this.#wake())
    this.#recorder = new EventSeriesRecorder({ client, clock, controller: profile.schedulerName })
    this.#pods = informers.for<Pod>('pods')
    const nodes = informers.for<Node>('nodes')
    const others = {
      services: informers.for<Service>('services'),
      replicationControllers: informers.for<ReplicationController>('replicationcontrollers'),
      replicaSets: informers.for<ReplicaSet>('replicasets.apps'),
      statefulSets: informers.for<StatefulSet>('statefulsets.apps'),
    }
    const listers: SpreadListers = {
      services: others.services.lister,
      replicationControllers: others.replicationControllers.lister,
      replicaSets: others.replicaSets.lister,
      statefulSets: others.statefulSets.lister,
    }
    const storage = {
      volumes: informers.for<PersistentVolume>('persistentvolumes'),
      claims: informers.for<PersistentVolumeClaim>('persistentvolumeclaims'),
      classes: informers.for<StorageClass>('storageclasses.storage.k8s.io'),
      csiNodes: informers.for<CSINode>('csinodes.storage.k8s.io'),
      csiDrivers: informers.for<CSIDriver>('csidrivers.storage.k8s.io'),
      capacities: informers.for<CSIStorageCapacity>('csistoragecapacities.storage.k8s.io'),
      attachments: informers.for<VolumeAttachment>('volumeattachments.storage.k8s.io'),
    }
    this.#storage = new StorageCache({
      volumes: storage.volumes.lister,
      claims: storage.claims.lister,
      classes: storage.classes.lister,
      csiNodes: storage.csiNodes.lister,
      csiDrivers: storage.csiDrivers.lister,
      capacities: storage.capacities.lister,
      attachments: storage.attachments.lister,
    })
    this.#volumeBinder = new VolumeBinder(client, clock, this.#storage)
    const namespaces = informers.for<Namespace>('namespaces')
    const budgets = informers.for<PodDisruptionBudget>('poddisruptionbudgets.policy')
    const cache = this.#cache
    this.#view = {
      get nodes() {
        return cache.nodes
      },
      node: (name) => cache.node(name),
      get opinions() {
        return cache.opinions
      },
      get generations() {
        return cache.generations
      },
      memory: cache.memory,
      nodesWithImage: (name) => cache.nodesWithImage(name),
      defaultSelector: (pod) => defaultSelector(listers, pod),
      namespaceLabels: (name) => namespaces.lister.get(undefined, name)?.metadata.labels,
      namespacesMatching: (selector) =>
        namespaces.lister
          .list()
          .filter(({ metadata }) => selector.matches(metadata.labels))
          .map(({ metadata }) => metadata.name),
      nominations: this.#nominations,
      storage: this.#storage,
      disruptionBudgets: () => budgets.lister.list(),
    }
    nodes.onEvents((events) => this.#sawNodes(events))
    this.#pods.onEvents((events) => this.#sawPods(events))
    for (const informer of Object.values(storage)) {
      informer.onEvents((events) => this.#sawStorage(informer.resource, events))
    }
    const informersUsed = [this.#pods, nodes, namespaces, budgets, ...Object.values(storage), ...Object.values(others)]
    void Promise.all(informersUsed.map((informer) => informer.synced)).then(() => {
      if (this.#state === 'closed') return
      this.#state = 'idle'
      this.#wake()
    })
  }

  /** What would become of a pod now, with every node's verdict and scores; changes nothing. */
  explain(pod: PodObject): Decision {
    return decide(this.#profile, this.#view, podInfoOf(pod), { random: this.#random })
  }

  /** What the scheduler thinks of a pod that there is; of one that is placed, as if it were not. */
  explanation(namespace: string, name: string): Explanation | undefined {
    const pod = this.#pods.lister.get(namespace, name)
    if (pod === undefined) return undefined
    const { uid } = pod.metadata
    const placed = this.#cache.isPlaced(uid) && isAssigned(pod)
    if (placed) this.#cache.removePod(uid)
    try {
      // That it names its node already is the scheduler's doing.
      const open = { ...pod, spec: { ...pod.spec, nodeName: '' } } as PodObject
      const options = { random: this.#random, exhaustive: true }
      return explanationOf(pod, decide(this.#profile, this.#view, podInfoOf(open), options), this.#view.nodes)
    } finally {
      if (placed) this.#cache.putPod(pod)
    }
  }

  /** Places no more pods and resolves when the writes under way have ended. */
  async close(): Promise<void> {
    this.#state = 'closed'
    this.#queue.close()
    this.#volumeBinder.close()
    await Promise.all(this.#writes)
    await this.#recorder.close()
  }

  #sawNodes(events: readonly WatchEvent<Node>[]): void {
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

  #sawStorage(resource: string, events: readonly WatchEvent<KubeObject>[]): void {
    const changes: ClusterEvent[] = []
    for (const { type, object, old } of events) {
      const { namespace = '', name } = object.metadata
      // Nodes' heart-beats and the like are not among these; what goes helps nobody, except that room is left.
      if (type === 'DELETED' && resource !== 'volumeattachments.storage.k8s.io') continue
      if (old !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion) continue
      changes.push({ kind: 'StorageChanged', resource, namespace, name })
    }
    if (resource === 'persistentvolumeclaims') this.#volumeBinder.sawClaims()
    this.#queue.move(changes)
  }

  #sawPods(events: readonly WatchEvent<Pod>[]): void {
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
      } else if (pod.spec?.schedulerName === this.#profile.schedulerName && !this.#cache.isAssumed(uid)) {
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
    queueMicrotask(() => this.#slice())
  }

  #slice(): void {
    for (let placed = 0; placed < PODS_PER_SLICE; placed++) {
      if (this.#state === 'closed') return
      const queued = this.#queue.pop()
      if (queued === undefined) {
        this.#state = 'idle'
        return
      }
      this.#schedule(queued)
    }
    setImmediate(() => this.#slice())
  }

  #schedule(queued: QueuedPod): void {
    const { info } = queued
    let decision: Decision
    try {
      decision = decide(this.#profile, this.#view, info, { startAt: this.#startAt, random: this.#random })
    } catch (error) {
      // A plugin that cannot make sense of the pod must not stop the others.
      this.#queue.fail(queued)
      this.#track(this.#tell(info.pod, 'SchedulerError', textOf(error)))
      return
    }
    const looked = decision.feasible.length + decision.verdicts.size
    this.#startAt = this.#cache.nodes.length === 0 ? 0 : (this.#startAt + looked) % this.#cache.nodes.length
    if (decision.nodeName === undefined) {
      this.#queue.reject(queued, decision.rejectedBy)
      if (decision.clearsNomination === true) this.#nominations.delete(queued.uid)
      if (decision.preemption !== undefined) this.#track(this.#preempt(queued, decision.preemption))
      const nomination = decision.clearsNomination === true ? null : decision.preemption?.nodeName
      this.#track(this.#tell(info.pod, 'Unschedulable', decision.message ?? '', nomination))
      return
    }
    this.#nominations.delete(queued.uid)
    const plan = this.#planVolumes(info.pod, decision.nodeName)
    this.#cache.assume(info, decision.nodeName)
    this.#track(this.#bind(queued, decision.nodeName, plan))
  }

  /** What is left to do for the pod's volumes, if anything: taken as done from now on. */
  #planVolumes(pod: PodObject, nodeName: string): VolumePlan | undefined {
    if (claimNamesOf(pod).length === 0) return undefined
    const node = this.#cache.node(nodeName)
    if (node === undefined) return undefined
    const plan = planVolumes(claimsOf(pod, this.#storage), node.node, this.#storage, (name) =>
      this.#storage.volumesOfClass(name),
    )
    if ('reasons' in plan || plan.bindings.length + plan.provisions.length === 0) return undefined
    return this.#volumeBinder.assume(plan, nodeName)
  }

  /** Source: Executor.prepareCandidateAsync */
  async #preempt(queued: QueuedPod, { nodeName, victims }: Preemption): Promise<void> {
    const { info } = queued
    const outdone = [...this.#nominations.podsOn(nodeName)].filter(({ priority }) => priority < info.priority)
    this.#nominations.put(info, nodeName)
    const leaving = victims.filter(({ pod }) => pod.metadata.deletionTimestamp === undefined)
    if (leaving.length === 0) return
    this.#queue.hold(queued)
    for (const { pod } of outdone) {
      this.#nominations.delete(pod.metadata.uid)
      this.#track(this.#patchStatus(pod, { nominatedNodeName: null }))
      this.#queue.activate(pod.metadata.uid)
    }
    try {
      const now = formatTime(this.#clock.now())
      const told = { client: this.#client, recorder: this.#recorder, schedulerName: this.#profile.schedulerName, now }
      await Promise.all(leaving.map(({ pod }) => evict(pod, info.pod, nodeName, told)))
      this.#queue.release(queued, false)
    } catch {
      // Some are still there: another try finds out what to do.
      this.#queue.release(queued, true)
    }
  }

  async #bind(queued: QueuedPod, nodeName: string, plan: VolumePlan | undefined): Promise<void> {
    const { pod } = queued.info
    const { namespace = '', name, uid } = pod.metadata
    const binding: Binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { kind: 'Node', name: nodeName },
    }
    let step = 'running Bind plugin "DefaultBinder"'
    try {
      if (plan !== undefined) {
        step = 'running PreBind plugin "VolumeBinding"'
        // Those who add nodes shall see that the pod is about to get one.
        await this.#patchStatus(pod, { nominatedNodeName: nodeName })
        await this.#volumeBinder.bind(pod, plan, nodeName)
        step = 'running Bind plugin "DefaultBinder"'
      }
      await this.#client.create('pods', binding, { subresource: 'binding' })
    } catch (error) {
      if (plan !== undefined) this.#volumeBinder.revert(plan)
      this.#cache.forget(uid)
      this.#queue.move([{ kind: 'AssignedPodDeleted', pod }])
      const current = this.#pods.lister.get(namespace, name)
      // Gone, or bound by someone else: nothing is left to do.
      if (isNotFound(error) || current?.metadata.uid !== uid || isAssigned(current)) {
        this.#queue.delete(uid)
        return
      }
      this.#queue.fail(queued)
      await this.#tell(pod, 'SchedulerError', `${step}: ${textOf(error)}`)
      return
    }
    this.#queue.delete(uid)
    this.#recorder.event(subjectOf(pod, { apiVersion: 'v1', kind: 'Pod' }), {
      type: 'Normal',
      reason: 'Scheduled',
      action: 'Binding',
      note: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
    })
  }

  /**
   * Says in an event and in the pod's condition why it has no node.
   * @param nomination node where room is being made; null to say that there is none any more
   */
  async #tell(
    pod: PodObject,
    reason: 'Unschedulable' | 'SchedulerError',
    message: string,
    nomination?: string | null,
  ): Promise<void> {
    const { generation } = pod.metadata
    this.#recorder.event(subjectOf(pod, { apiVersion: 'v1', kind: 'Pod' }), {
      type: 'Warning',
      reason: 'FailedScheduling',
      action: 'Scheduling',
      note: truncate(message),
    })
    const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
    const isSaid = before?.status === 'False' && before.reason === reason && before.message === message
    const isNominated = nomination === undefined || (nomination ?? '') === (pod.status?.nominatedNodeName ?? '')
    if (isSaid && isNominated) return
    const now = formatTime(this.#clock.now())
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      lastProbeTime: null,
      lastTransitionTime: before?.status === 'False' ? (before.lastTransitionTime ?? now) : now,
      reason,
      message,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    }
    await this.#patchStatus(pod, {
      ...(isSaid ? {} : { conditions: [condition] }),
      ...(isNominated ? {} : { nominatedNodeName: nomination }),
    })
  }

  async #patchStatus({ metadata }: PodObject, status: Record<string, unknown>): Promise<void> {
    const { namespace, name, uid } = metadata
    // The uid: a pod of the same name that came after this one is not meant.
    const patch = { metadata: { uid }, status }
    try {
      await this.#client.patch('pods', namespace, name, 'application/strategic-merge-patch+json', patch, {
        subresource: 'status',
      })
    } catch {
      // The pod is gone or the server is away; the next attempt tells again.
    }
  }

  #track(write: Promise<void>): void {
    this.#writes.add(write)
    void write.finally(() => this.#writes.delete(write))
  }
}

/** Starts as soon as the informers it uses are synced. */
export function startScheduler(dependencies: SchedulerDependencies): Scheduler {
  return new Scheduler(dependencies)
}

function isAssigned(pod: PodObject): boolean {
  return (pod.spec?.nodeName ?? '') !== ''
}

function isTerminal(pod: PodObject): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** Heart-beats and the like change nothing for waiting pods. */
function nodeMattersAnew(node: NodeObject, old: NodeObject): boolean {
  return (
    node.spec?.unschedulable !== old.spec?.unschedulable ||
    !deepEqual(node.spec?.taints, old.spec?.taints) ||
    !deepEqual(node.metadata.labels, old.metadata.labels) ||
    !deepEqual(node.status?.allocatable, old.status?.allocatable)
  )
}

function podMattersAnew(pod: PodObject, old: PodObject): boolean {
  return (
    pod.metadata.generation !== old.metadata.generation ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    !deepEqual(pod.metadata.labels, old.metadata.labels)
  )
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function truncate(message: string): string {
  return message.length <= MESSAGE_LIMIT ? message : `${message.slice(0, MESSAGE_LIMIT - 4)} ...`
}
