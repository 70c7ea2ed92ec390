// Controllers as data, and the runner: events → keys → reconcile → actions → calls of the Client.
//
// Stale listers never lead to double work: after its writes a key waits until the informers have seen them.
import type { Clock } from '../apimachinery/clock.ts'
import { deepEqual } from '../apimachinery/equality.ts'
import { StatusError, isConflict, isNotFound } from '../apimachinery/errors.ts'
import type { AnyObject, Frozen, KubeObject, Stored } from '../apimachinery/types.ts'
import type { Action, BatchAction, Outcome, WriteAction } from './action.ts'
import type { Client, ResourceName, WatchEvent } from './client.ts'
import { EventRecorder } from './events.ts'
import { Indexer, keyOf, type IndexFunction, type Lister } from './indexer.ts'
import type { Informer, Informers } from './informers.ts'
import { WorkQueue, type PlannedReturn, type QueueObserver } from './work-queue.ts'

/** Reads of a reconcile, by resource. Only resources that the definition watches may be asked for. */
export interface Listers {
  of<T extends KubeObject>(resource: ResourceName): Lister<T>
}

/**
 * Which keys an event brings. `self`: the object's own. `{ owner }`: that of the controlling owner of this kind, before
 * and after the event. A function answers keys itself. `none`: the resource is read, its events bring nothing.
 */
export type Enqueue =
  | 'self'
  | 'none'
  | { readonly owner: string }
  | ((event: WatchEvent, listers: Listers) => Iterable<string>)

export interface Watches {
  readonly resource: ResourceName
  readonly enqueue: Enqueue
  /** Further indexes that reconcile reads. */
  readonly indexes?: Readonly<Record<string, IndexFunction<AnyObject>>>
}

export interface ControllerDefinition {
  /** The name users see and enable it by, and the source of its events. */
  readonly name: string
  /** Who it is to the API, `system:serviceaccount:kube-system:<serviceAccount>`, where that is not `name`. */
  readonly serviceAccount?: string
  /** Source of events, where it is not `name`. */
  readonly eventSource?: string
  readonly watches: readonly Watches[]
  /** Keys to begin with, for work that no object stands for. */
  readonly initialKeys?: readonly string[]
  /** Pure: looks at the state through `listers`, answers what to do. `now` in milliseconds since the epoch. */
  readonly reconcile: (key: string, listers: Listers, now: number) => readonly Action[]
  /** Keys reconciled side by side. Default 5. */
  readonly concurrency?: number
  /** First pause before a key that failed comes back, and the longest; those of the work queue by default. */
  readonly backOff?: { readonly firstMs: number; readonly longestMs: number }
}

export interface ControllerContext {
  readonly informers: Informers
  /** The Client that acts as `system:serviceaccount:kube-system:<serviceAccount>`. */
  readonly clientFor: (serviceAccount: string) => Client
  readonly clock: Clock
  /** For metrics of the queue of a controller. */
  readonly observeQueue?: ((controllerName: string) => QueueObserver) | undefined
  /** Told of failures that `isWorthTelling`, before they are tried again. */
  readonly onError?: (controllerName: string, key: string, error: unknown) => void
}

export interface RunningController {
  readonly name: string
  /** Resolves when nothing waits or is worked on; planned repeats are not waited for. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** What the list of controllers holds. `start` asks for informers at once and works once they are synced. */
export interface Controller {
  readonly name: string
  start(context: ControllerContext): RunningController
}

/** As what the API server's managed fields show the writes of all controllers. */
export const FIELD_MANAGER = 'kube-controller-manager'
/** Refusals in a row after which somebody should know. */
const PATIENCE = 5

/**
 * Whether a failed reconcile is something to tell a person. What the server refuses is mostly a race with somebody
 * else, and over with the next try; what the controller itself plans to try again it has told of in an event.
 * Both are told once, when they do not end.
 */
export function isWorthTelling(error: unknown, retries: number): boolean {
  if (isConflict(error)) return false
  return error instanceof StatusError || error instanceof PlannedRetry ? retries === PATIENCE : true
}

/** How long a key waits for the informers to see its writes before it goes on all the same. */
const OBSERVATION_TIMEOUT_MS = 30_000

export function defineController(
  definition: ControllerDefinition,
): Controller & { readonly definition: ControllerDefinition } {
  return { name: definition.name, definition, start: (context) => new Runner(definition, context) }
}

/** Listers over given objects, for tests: `reconcile(key, listersOf(definition, { pods: [...] }), now)`. */
export function listersOf(
  definition: ControllerDefinition,
  objects: Record<ResourceName, readonly KubeObject[]>,
): Listers {
  const indexers = new Map<ResourceName, Indexer>()
  for (const { resource, indexes = {} } of definition.watches) {
    const indexer = indexers.get(resource) ?? new Indexer(resource)
    indexers.set(resource, indexer)
    for (const [name, index] of Object.entries(indexes)) indexer.addIndex(name, index as IndexFunction<KubeObject>)
  }
  for (const [resource, items] of Object.entries(objects)) {
    for (const item of items) indexers.get(resource)?.put(item as Frozen<Stored<KubeObject>>)
  }
  return {
    of<T extends KubeObject>(resource: ResourceName): Lister<T> {
      const indexer = indexers.get(resource)
      if (indexer === undefined) throw new Error(`controller ${definition.name} does not watch ${resource}`)
      return indexer as unknown as Lister<T>
    },
  }
}

class Runner implements RunningController, Listers {
  readonly name: string
  readonly #definition: ControllerDefinition
  readonly #clock: Clock
  readonly #client: Client
  readonly #recorder: EventRecorder
  readonly #informers = new Map<ResourceName, Informer<AnyObject>>()
  readonly #queue: WorkQueue
  /** No more events are heard once it is closed: whoever leads again starts another one over the same informers. */
  readonly #unsubscribe: (() => void)[] = []

  constructor(
    definition: ControllerDefinition,
    { informers, clientFor, clock, observeQueue, onError }: ControllerContext,
  ) {
    this.name = definition.name
    this.#definition = definition
    this.#clock = clock
    this.#client = clientFor(definition.serviceAccount ?? definition.name)
    this.#recorder = new EventRecorder({
      client: this.#client,
      clock,
      component: definition.eventSource ?? definition.name,
    })
    this.#queue = new WorkQueue(clock, {
      work: (key) => this.#reconcile(key),
      concurrency: definition.concurrency ?? 5,
      observer: observeQueue?.(definition.name),
      ...(definition.backOff && {
        baseDelayMs: definition.backOff.firstMs,
        maxDelayMs: definition.backOff.longestMs,
      }),
      onError: (key, error, retries) => {
        if (isWorthTelling(error, retries)) onError?.(definition.name, key, error)
      },
    })
    for (const { resource, indexes = {} } of definition.watches) {
      const informer = informers.for<AnyObject>(resource)
      this.#informers.set(resource, informer)
      for (const [name, index] of Object.entries(indexes)) informer.addIndex(name, index)
    }
    for (const { resource, enqueue } of definition.watches) {
      if (enqueue === 'none') continue
      const unsubscribe = this.#informers.get(resource)?.onEvents((events) => {
        for (const event of events) for (const key of this.#keysOf(enqueue, event)) this.#queue.add(key)
      })
      if (unsubscribe !== undefined) this.#unsubscribe.push(unsubscribe)
    }
    for (const key of definition.initialKeys ?? []) this.#queue.add(key)
    void Promise.all([...this.#informers.values()].map((informer) => informer.synced)).then(() => this.#queue.start())
  }

  of<T extends KubeObject>(resource: ResourceName): Lister<T> {
    const informer = this.#informers.get(resource)
    if (informer === undefined) throw new Error(`controller ${this.name} does not watch ${resource}`)
    return informer.lister as unknown as Lister<T>
  }

  async settled(): Promise<void> {
    await this.#queue.settled()
    await this.#recorder.flush()
  }

  async close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    await this.#queue.close()
    await this.#recorder.close()
  }

  #keysOf(enqueue: Exclude<Enqueue, 'none'>, event: WatchEvent): Iterable<string> {
    if (enqueue === 'self') return [keyOf(event.object)]
    if (typeof enqueue === 'function') return enqueue(event, this)
    const keys = new Set<string>()
    for (const object of event.old === undefined ? [event.object] : [event.old, event.object]) {
      const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true)
      if (owner?.kind !== enqueue.owner) continue
      const { namespace } = object.metadata
      keys.add(keyOf({ metadata: { ...(namespace === undefined ? {} : { namespace }), name: owner.name } }))
    }
    return keys
  }

  async #reconcile(key: string): Promise<PlannedReturn | void> {
    const round = new Round()
    try {
      await this.#perform(this.#definition.reconcile(key, this, this.#clock.now()), round)
    } finally {
      await this.#observe(round)
    }
    return round.planned
  }

  async #perform(actions: readonly Action[], round: Round): Promise<void> {
    for (const action of actions) {
      switch (action.do) {
        case 'event':
          this.#recorder.event(action.subject, action.type, action.reason, action.message)
          break
        case 'requeueAfter':
          if (action.delayMs < (round.planned?.afterMs ?? Infinity))
            round.planned = { afterMs: action.delayMs, ...(action.kind === undefined ? {} : { kind: action.kind }) }
          break
        case 'retry':
          throw action.error instanceof StatusError ? action.error : new PlannedRetry(action.error)
        case 'work':
          await this.#perform(await action.work(), round)
          break
        case 'batch':
          await this.#performBatch(action, round)
          break
        default: {
          const outcome = await this.#write(action, round)
          if (action.then !== undefined) await this.#perform(action.then(outcome), round)
          else if (outcome.error !== undefined) throw outcome.error
        }
      }
    }
  }

  async #performBatch({ actions, slowStart, then }: BatchAction, round: Round): Promise<void> {
    const outcomes: Outcome[] = []
    let size = slowStart ? 1 : actions.length
    for (let from = 0; from < actions.length;) {
      const group = actions.slice(from, from + size)
      from += group.length
      size *= 2
      const ended = await Promise.all(group.map((action) => this.#write(action, round)))
      outcomes.push(...ended)
      for (const [position, outcome] of ended.entries()) {
        const next = group[position]?.then
        if (next !== undefined) await this.#perform(next(outcome), round)
      }
      if (ended.some((outcome) => outcome.error !== undefined)) break
    }
    if (then !== undefined) return this.#perform(then(outcomes), round)
    const failed = outcomes.find(
      (outcome, position) => outcome.error !== undefined && actions[position]?.then === undefined,
    )
    if (failed?.error !== undefined) throw failed.error
  }

  /** Only what the server answered becomes an outcome; a failure of ours is thrown. */
  async #write(action: WriteAction, round: Round): Promise<Outcome> {
    try {
      return { object: await this.#call(action, round) }
    } catch (error) {
      if (error instanceof StatusError) return { error }
      throw error
    }
  }

  async #call(action: WriteAction, round: Round): Promise<Frozen<Stored<KubeObject>>> {
    // The Client takes over plain objects; what reconcile made may share frozen parts with what the listers hold.
    const client = this.#client
    const subresource =
      'subresource' in action && action.subresource !== undefined ? { subresource: action.subresource } : {}
    const options = { fieldManager: FIELD_MANAGER, ...subresource }
    switch (action.do) {
      case 'create':
        return round.wrote(action.resource, await client.create(action.resource, action.object as KubeObject, options))
      case 'update': {
        const same = action.subresource === 'status' ? this.#withSameStatus(action.resource, action.object) : undefined
        if (same !== undefined) return same
        return round.wrote(action.resource, await client.update(action.resource, action.object as KubeObject, options))
      }
      case 'patch': {
        const { resource, namespace, name, type, patch, applyAs } = action
        const manager = applyAs === undefined ? {} : { fieldManager: applyAs, force: true }
        return round.wrote(
          resource,
          await client.patch(resource, namespace, name, type, patch, { ...options, ...manager }),
        )
      }
      case 'delete': {
        const { namespace, name = '', uid } = action.object.metadata ?? {}
        const preconditions = uid === undefined ? {} : { preconditions: { uid, ...action.options?.preconditions } }
        try {
          await client.delete(action.resource, namespace, name, { ...action.options, ...preconditions })
        } catch (error) {
          if (!isNotFound(error) || action.then !== undefined) throw error
        }
        round.deleted.push({ resource: action.resource, object: action.object })
        return action.object as Frozen<Stored<KubeObject>>
      }
    }
  }

  #withSameStatus(resource: ResourceName, object: Frozen<KubeObject>): Frozen<Stored<KubeObject>> | undefined {
    const { namespace, name = '', resourceVersion } = object.metadata ?? {}
    const known = this.#informers.get(resource)?.lister.get(namespace, name)
    if (known === undefined || known.metadata.resourceVersion !== resourceVersion) return undefined
    // Some kinds take annotations along with a status.
    const same =
      deepEqual(known['status'], (object as Frozen<AnyObject>)['status']) && deepEqual(known.metadata, object.metadata)
    return same ? known : undefined
  }

  /** Waits until the informers have seen the writes of a round. */
  async #observe(round: Round): Promise<void> {
    for (const [resource, revision] of round.written) {
      await this.#informers.get(resource)?.waitFor(() => revision <= this.#seen(resource), OBSERVATION_TIMEOUT_MS)
    }
    for (const { resource, object } of round.deleted) {
      const { namespace, name = '', uid } = object.metadata ?? {}
      const informer = this.#informers.get(resource)
      await informer?.waitFor(() => {
        const known = informer.lister.get(namespace, name)
        return known === undefined || known.metadata.uid !== uid || known.metadata.deletionTimestamp !== undefined
      }, OBSERVATION_TIMEOUT_MS)
    }
  }

  #seen(resource: ResourceName): number {
    return this.#informers.get(resource)?.resourceVersion ?? Infinity
  }
}

/** A reconcile asked to be tried again. */
class PlannedRetry extends Error {
  override readonly name = 'PlannedRetry'
  constructor(cause: Error) {
    super(cause.message, { cause })
  }
}

/** What one reconcile of one key has done so far. */
class Round {
  planned: PlannedReturn | undefined
  /** The newest resourceVersion written, by resource. */
  readonly written = new Map<ResourceName, number>()
  readonly deleted: { resource: ResourceName; object: Frozen<KubeObject> }[] = []

  wrote(resource: ResourceName, object: Frozen<Stored<KubeObject>>): Frozen<Stored<KubeObject>> {
    // Some subresources answer with a Status, which has no version.
    const revision = Number((object as Frozen<KubeObject>).metadata?.resourceVersion)
    if (revision > (this.written.get(resource) ?? 0)) this.written.set(resource, revision)
    return object
  }
}
