// The garbage collector: dependents go with their last owner; foreground deletion and orphaning are its finalizers.
// Source: kubernetes pkg/controller/garbagecollector (v1.36)
import type { Clock, Timer } from '../../apimachinery/clock.ts'
import { isNotFound } from '../../apimachinery/errors.ts'
import { parseGroupVersion } from '../../apimachinery/gvk.ts'
import type { AnyObject, Frozen, OwnerReference } from '../../apimachinery/types.ts'
import type { Client, ResourceName } from '../../client/client.ts'
import {
  FIELD_MANAGER,
  isWorthTelling,
  type Controller,
  type ControllerContext,
  type RunningController,
} from '../../client/controller.ts'
import { EventRecorder, subjectOf } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import { decide, decideWaiting, type Decision, type OwnerState } from './decision.ts'
import {
  Graph,
  ORPHAN_FINALIZER,
  waitsForDependents,
  withoutOwners,
  type Node,
  type StoredObject,
  type Work,
} from './graph.ts'

/** Never owned, and many. */
const IGNORED: ReadonlySet<ResourceName> = new Set(['events', 'events.events.k8s.io'])
const NEEDED_VERBS = ['delete', 'list', 'watch']
/** Changes of these are changes of what the server serves. */
const DEFINITIONS: ReadonlySet<ResourceName> = new Set([
  'customresourcedefinitions.apiextensions.k8s.io',
  'apiservices.apiregistration.k8s.io',
])
/** A definition is followed by its condition Established: discovery is asked when that has settled. */
const DISCOVERY_DELAY_MS = 200
const CONCURRENCY = 20
/** Owners found absent that are remembered, so that many dependents of one cost one look. */
const ABSENT_OWNERS = 500

interface Known {
  readonly resource: ResourceName
  readonly namespaced: boolean
}

export const garbageCollector: Controller = {
  name: 'garbage-collector-controller',
  start: (context) => new GarbageCollector(context),
}

class GarbageCollector implements RunningController {
  readonly name = garbageCollector.name
  readonly #client: Client
  readonly #clock: Clock
  readonly #informers: Informers
  readonly #recorder: EventRecorder
  readonly #graph = new Graph()
  readonly #queue: WorkQueue
  readonly #watched = new Set<ResourceName>()
  /** By `group/kind`. */
  #kinds = new Map<string, Known>()
  readonly #absent = new Set<string>()
  readonly #onError: ControllerContext['onError']
  readonly #unsubscribe: (() => void)[] = []
  #isClosed = false
  /** The next look at what is served, if one is planned. */
  #discovery: Timer | undefined

  constructor({ informers, clientFor, clock, observeQueue, onError }: ControllerContext) {
    this.#client = clientFor('generic-garbage-collector')
    this.#clock = clock
    this.#informers = informers
    this.#onError = onError
    this.#recorder = new EventRecorder({ client: this.#client, clock, component: this.name })
    this.#queue = new WorkQueue(clock, {
      work: (key) => this.#work(key),
      observer: observeQueue?.(this.name),
      concurrency: CONCURRENCY,
      onError: (key, error, retries) => {
        if (isWorthTelling(error, retries)) onError?.(this.name, key, error)
      },
    })
    void this.#discover().then(() => this.#queue.start())
  }

  async settled(): Promise<void> {
    await this.#queue.settled()
    await this.#recorder.flush()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#discovery?.cancel()
    await this.#queue.close()
    await this.#recorder.close()
  }

  #discoverSoon(): void {
    if (this.#isClosed) return
    this.#discovery ??= this.#clock.after(DISCOVERY_DELAY_MS, () => {
      this.#discovery = undefined
      void this.#discover()
    })
  }

  /** Watches what is served now, forgets what no longer is; resolves when all of it is in the graph. */
  async #discover(): Promise<void> {
    try {
      const served = (await this.#client.resources()).filter(({ verbs }) =>
        NEEDED_VERBS.every((verb) => verbs.includes(verb)),
      )
      this.#kinds = new Map(
        served.map(({ group, kind, resource, namespaced }) => [`${group}/${kind}`, { resource, namespaced }]),
      )
      const wanted = new Set(served.map(({ resource }) => resource).filter((resource) => !IGNORED.has(resource)))
      for (const resource of this.#watched.difference(wanted)) {
        this.#watched.delete(resource)
        this.#informers.drop(resource)
      }
      const added = [...wanted].filter((resource) => !this.#watched.has(resource))
      await Promise.all(added.map((resource) => this.#watch(resource)))
    } catch (error) {
      this.#onError?.(this.name, 'discovery', error)
      this.#discoverSoon()
    }
  }

  async #watch(resource: ResourceName): Promise<void> {
    // What is served may be found out too late.
    if (this.#isClosed) return
    this.#watched.add(resource)
    const informer = this.#informers.for<AnyObject>(resource)
    const unsubscribe = informer.onEvents((events) => {
      for (const event of events) this.#enqueue(this.#graph.apply(resource, event))
      if (DEFINITIONS.has(resource)) this.#discoverSoon()
    })
    this.#unsubscribe.push(unsubscribe)
    return informer.synced
  }

  #enqueue({ check, orphan }: Work): void {
    for (const { object } of check) this.#queue.add(object.metadata.uid)
    for (const { object } of orphan) this.#queue.add(`orphan ${object.metadata.uid}`)
  }

  async #work(key: string): Promise<void> {
    const uid = key.startsWith('orphan ') ? key.slice('orphan '.length) : key
    const node = this.#graph.node(uid)
    if (node === undefined) return
    try {
      await (uid === key ? this.#check(node) : this.#orphan(node))
    } catch (error) {
      // What cannot own it never will: there is nothing to try again.
      if (!isNotFound(error) && !(error instanceof ImpossibleOwner)) throw error
    }
  }

  async #check(known: Node): Promise<void> {
    const { resource } = known
    const { namespace, name, uid } = known.object.metadata
    const dependents = this.#graph.dependentsOf(uid)
    const objects = dependents.map(({ object }) => object)
    if (waitsForDependents(known.object)) {
      for (const dependent of dependents)
        if (!waitsForDependents(dependent.object)) this.#queue.add(dependent.object.metadata.uid)
      return this.#carryOut(known, decideWaiting(known.object, objects))
    }
    if (known.object.metadata.deletionTimestamp !== undefined) return
    // The graph may lag behind: what is to be deleted is looked at as it is now.
    const object = await this.#client.get(resource, namespace, name)
    if (object.metadata.uid !== uid) return
    const states = new Map<string, OwnerState>()
    for (const reference of object.metadata.ownerReferences ?? [])
      states.set(reference.uid, await this.#stateOf(object, reference))
    await this.#carryOut(
      { resource, object },
      decide(object, ({ uid: owner }) => states.get(owner) ?? 'solid', objects),
    )
  }

  async #carryOut({ resource, object }: Node, decision: Decision): Promise<void> {
    const { namespace, name, uid, resourceVersion } = object.metadata
    switch (decision.do) {
      case 'keep':
        return
      case 'removeFinalizer':
        return this.#removeFinalizer({ resource, object }, decision.finalizer)
      case 'setOwners': {
        const patched = await this.#setOwners({ resource, object }, decision.ownerReferences)
        if (!decision.thenDelete) return
        const preconditions = { uid, resourceVersion: patched.metadata.resourceVersion }
        return this.#client.delete(resource, namespace, name, { propagationPolicy: 'Foreground', preconditions })
      }
      case 'delete': {
        const { propagationPolicy } = decision
        return this.#client.delete(resource, namespace, name, {
          propagationPolicy,
          preconditions: { uid, resourceVersion },
        })
      }
    }
  }

  /** Lets the dependents go on their own, then the owner. */
  async #orphan(owner: Node): Promise<void> {
    const uids = new Set([owner.object.metadata.uid])
    await Promise.all(
      this.#graph.dependentsOf(owner.object.metadata.uid).map(async (dependent) => {
        try {
          await this.#setOwners(dependent, withoutOwners(dependent.object, uids))
        } catch (error) {
          if (!isNotFound(error)) throw error
        }
      }),
    )
    await this.#removeFinalizer(owner, ORPHAN_FINALIZER)
  }

  #setOwners({ resource, object }: Node, ownerReferences: readonly Frozen<OwnerReference>[]): Promise<StoredObject> {
    const { namespace, name, uid, resourceVersion } = object.metadata
    const patch = {
      metadata: { uid, resourceVersion, ownerReferences: ownerReferences.length === 0 ? null : ownerReferences },
    }
    return this.#client.patch(resource, namespace, name, 'application/merge-patch+json', patch, {
      fieldManager: FIELD_MANAGER,
    })
  }

  async #removeFinalizer({ resource, object }: Node, finalizer: string): Promise<void> {
    const { namespace, name, uid, resourceVersion, finalizers = [] } = object.metadata
    const left = finalizers.filter((each) => each !== finalizer)
    if (left.length === finalizers.length) return
    const patch = { metadata: { uid, resourceVersion, finalizers: left.length === 0 ? null : left } }
    await this.#client.patch(resource, namespace, name, 'application/merge-patch+json', patch, {
      fieldManager: FIELD_MANAGER,
    })
  }

  /** @throws when it cannot be told: the kind is not served, or the server does not answer */
  async #stateOf(dependent: StoredObject, reference: Frozen<OwnerReference>): Promise<OwnerState> {
    const { group } = parseGroupVersion(reference.apiVersion)
    const kind = this.#kinds.get(`${group}/${reference.kind}`)
    if (kind === undefined)
      throw new Error(`no matches for kind "${reference.kind}" in version "${reference.apiVersion}"`)
    const namespace = kind.namespaced ? (dependent.metadata.namespace ?? '') : ''
    if (kind.namespaced && namespace === '') throw new ImpossibleOwner()
    const observed = this.#graph.node(reference.uid)
    if (observed !== undefined) {
      // An owner in another namespace is none.
      if (kind.namespaced && (observed.object.metadata.namespace ?? '') !== namespace)
        return this.#elsewhere(dependent, reference)
      return waitsForDependents(observed.object) ? 'waiting' : 'solid'
    }
    const key = `${namespace} ${reference.uid}`
    if (this.#absent.has(key)) return 'absent'
    try {
      const owner = await this.#client.get(kind.resource, namespace === '' ? undefined : namespace, reference.name)
      if (owner.metadata.uid === reference.uid) return waitsForDependents(owner) ? 'waiting' : 'solid'
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    const [oldest] = this.#absent
    if (this.#absent.size >= ABSENT_OWNERS && oldest !== undefined) this.#absent.delete(oldest)
    this.#absent.add(key)
    return 'absent'
  }

  #elsewhere(dependent: StoredObject, { apiVersion, kind, name, uid }: Frozen<OwnerReference>): OwnerState {
    const { namespace = '' } = dependent.metadata
    const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`
    const message = `ownerRef ${owner} does not exist in namespace "${namespace}"`
    const { resourceVersion: _, ...subject } = subjectOf(dependent, { apiVersion: 'v1', kind: '' })
    this.#recorder.event(subject, 'Warning', 'OwnerRefInvalidNamespace', message)
    return 'absent'
  }
}

/** A cluster-scoped object names a namespaced one as its owner. */
class ImpossibleOwner extends Error {
  override readonly name = 'ImpossibleOwner'
}
