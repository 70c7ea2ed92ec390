// Shared informers: one watch per resource, one indexed copy of its objects, any number of readers.
// Source: client-go tools/cache, SharedIndexInformer and Reflector (v1.36); what differs: handlers are called synchronously.
import type { Clock, Timer } from '../apimachinery/clock.ts'
import { StatusError } from '../apimachinery/errors.ts'
import type { Frozen, KubeObject, Stored } from '../apimachinery/types.ts'
import { Indexer, keyOf, type IndexFunction, type Lister } from './indexer.ts'
import type { Client, ResourceName, WatchEvent, WatchHandle } from './client.ts'

export type { IndexFunction, Lister } from './indexer.ts'

export interface Informer<T extends KubeObject> {
  readonly resource: ResourceName
  readonly lister: Lister<T>
  /** Resolves when the first list is in the lister. */
  readonly synced: Promise<void>
  readonly hasSynced: boolean
  /**
   * Calls `handler` with what is there already (as ADDED), at once, then with every change after the lister has it, until
   * what it answers is called.
   */
  onEvents(handler: (events: readonly WatchEvent<T>[]) => void): () => void
  /** Adds an index, also over what is there already. The same name again is ignored. */
  addIndex(name: string, index: IndexFunction<T>): void
  /** Resolves once `condition` holds, looked at now and after every run of events, at the latest after `timeoutMs`. */
  waitFor(condition: () => boolean, timeoutMs: number): Promise<void>
  /** The newest resourceVersion seen, as a number; 0 before the first list. */
  readonly resourceVersion: number
}

/** Told of what is no failure of the server's: a handler that throws. */
export type HandlerFailure = (resource: ResourceName, error: unknown) => void

/** First and longest pause before a list or watch that failed is tried again. */
const INITIAL_BACKOFF_MS = 100
const MAX_BACKOFF_MS = 30_000

/** All informers of one process (or of one client); each resource is watched at most once. */
export class Informers {
  readonly #client: Client
  readonly #clock: Clock
  readonly #onError: HandlerFailure
  readonly #informers = new Map<ResourceName, SharedInformer>()
  #state: 'idle' | 'started' | 'closed' = 'idle'

  constructor(client: Client, clock: Clock, onError: HandlerFailure = () => {}) {
    this.#client = client
    this.#clock = clock
    this.#onError = onError
  }

  /**
   * The informer of a resource, e.g. `pods`, `deployments.apps`. Indexes there from the start: `namespace`,
   * `owner` (uid of the controlling owner) and, for pods, `node` (spec.nodeName).
   */
  for<T extends KubeObject>(resource: ResourceName): Informer<T> {
    let informer = this.#informers.get(resource)
    if (informer === undefined) {
      informer = new SharedInformer(this.#client, this.#clock, resource, this.#onError)
      this.#informers.set(resource, informer)
      if (this.#state === 'started') informer.start()
    }
    // One map holds informers of all kinds; the caller names the kind that belongs to the resource.
    return informer as unknown as Informer<T>
  }

  /** Starts what was asked for and resolves when all of it is synced; later `for()` calls start by themselves. */
  async start(): Promise<void> {
    if (this.#state === 'idle') this.#state = 'started'
    const informers = [...this.#informers.values()]
    for (const informer of informers) informer.start()
    await Promise.all(informers.map((informer) => informer.synced))
  }

  /** Ends the informer of a resource that is no longer served; its objects are reported as DELETED. */
  drop(resource: ResourceName): void {
    const informer = this.#informers.get(resource)
    this.#informers.delete(resource)
    informer?.close()
    informer?.empty()
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    for (const informer of this.#informers.values()) informer.close()
  }
}

type StoredObject = Frozen<Stored<KubeObject>>

class SharedInformer implements Informer<KubeObject> {
  readonly resource: ResourceName
  readonly synced: Promise<void>
  readonly lister: Indexer
  hasSynced = false
  resourceVersion = 0
  readonly #client: Client
  readonly #clock: Clock
  readonly #onError: HandlerFailure
  #handlers: readonly ((events: readonly WatchEvent<KubeObject>[]) => void)[] = []
  readonly #waiting = new Set<{ condition: () => boolean; done: () => void }>()
  #markSynced: () => void = () => {}
  #state: 'idle' | 'started' | 'closed' = 'idle'
  #watch: WatchHandle | undefined
  #retry: Timer | undefined
  #backoffMs = INITIAL_BACKOFF_MS

  constructor(client: Client, clock: Clock, resource: ResourceName, onError: HandlerFailure) {
    this.#client = client
    this.#clock = clock
    this.#onError = onError
    this.resource = resource
    this.synced = new Promise((resolve) => (this.#markSynced = resolve))
    this.lister = new Indexer(resource)
  }

  onEvents(handler: (events: readonly WatchEvent<KubeObject>[]) => void): () => void {
    this.#handlers = [...this.#handlers, handler]
    const present = this.lister.list()
    if (present.length > 0)
      this.#hand(
        handler,
        present.map((object) => ({ type: 'ADDED', object })),
      )
    return () => {
      this.#handlers = this.#handlers.filter((one) => one !== handler)
    }
  }

  addIndex(name: string, index: IndexFunction<KubeObject>): void {
    this.lister.addIndex(name, index)
  }

  waitFor(condition: () => boolean, timeoutMs: number): Promise<void> {
    if (condition() || this.#state === 'closed') return Promise.resolve()
    return new Promise((resolve) => {
      const waiter = {
        condition,
        done: () => {
          this.#waiting.delete(waiter)
          timer.cancel()
          resolve()
        },
      }
      const timer = this.#clock.after(timeoutMs, waiter.done)
      this.#waiting.add(waiter)
    })
  }

  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'started'
    void this.#list()
  }

  close(): void {
    this.#state = 'closed'
    this.#retry?.cancel()
    this.#watch?.close()
    for (const waiter of [...this.#waiting]) waiter.done()
    this.#markSynced()
  }

  empty(): void {
    const events: WatchEvent<KubeObject>[] = []
    for (const object of this.lister.list()) this.#apply({ type: 'DELETED', object }, events)
    this.#tell(events)
  }

  async #list(): Promise<void> {
    try {
      const { items, resourceVersion } = await this.#client.list(this.resource)
      if (this.#state === 'closed') return
      this.#replace(items, Number(resourceVersion))
      this.hasSynced = true
      this.#markSynced()
      await this.#follow()
    } catch {
      this.#again(() => void this.#list())
    }
  }

  /** Watches from where the last list or watch ended. */
  async #follow(): Promise<void> {
    try {
      const watch = await this.#client.watch<KubeObject>(
        this.resource,
        { resourceVersion: String(this.resourceVersion) },
        (events) => this.#receive(events),
        (error) => this.#closed(error),
      )
      if (this.#isClosed()) watch.close()
      else this.#watch = watch
    } catch (error) {
      this.#closed(error)
    }
  }

  /** Read through a method: the state may change during an await, which the compiler's narrowing does not know. */
  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** A watch that ended in good order goes on from its last revision; one whose history is gone starts with a list. */
  #closed(error: unknown): void {
    this.#watch = undefined
    const expired = error instanceof StatusError && error.code === 410
    if (error === undefined) this.#again(() => void this.#follow())
    else if (expired) this.#again(() => void this.#list(), 0)
    else this.#again(() => void this.#list())
  }

  #again(attempt: () => void, delayMs = this.#backoffMs): void {
    if (this.#state === 'closed') return
    this.#backoffMs = Math.min(this.#backoffMs * 2, MAX_BACKOFF_MS)
    this.#retry = this.#clock.after(delayMs, attempt)
  }

  #receive(received: readonly WatchEvent<KubeObject>[]): void {
    if (this.#state === 'closed') return
    this.#backoffMs = INITIAL_BACKOFF_MS
    const events: WatchEvent<KubeObject>[] = []
    for (const event of received) {
      this.#apply(event, events)
      this.#saw(event.object)
    }
    this.#tell(events)
  }

  /** Takes a fresh list as the truth and reports the difference to what was known. */
  #replace(items: readonly StoredObject[], resourceVersion: number): void {
    const events: WatchEvent<KubeObject>[] = []
    const gone = new Map(this.lister.list().map((object) => [keyOf(object), object]))
    for (const object of items) {
      const known = gone.get(keyOf(object))
      gone.delete(keyOf(object))
      if (known?.metadata.resourceVersion === object.metadata.resourceVersion) continue
      if (known !== undefined && known.metadata.uid !== object.metadata.uid)
        this.#apply({ type: 'DELETED', object: known }, events)
      this.#apply({ type: 'ADDED', object }, events)
    }
    for (const object of gone.values()) this.#apply({ type: 'DELETED', object }, events)
    this.resourceVersion = Math.max(this.resourceVersion, resourceVersion)
    this.#tell(events)
  }

  /** Brings the copy up to date with one event and adds the event, as handlers shall see it, to `events`. */
  #apply({ type, object }: WatchEvent<KubeObject>, events: WatchEvent<KubeObject>[]): void {
    if (type === 'DELETED') {
      const old = this.lister.remove(keyOf(object))
      if (old !== undefined) events.push({ type: 'DELETED', object, old })
      return
    }
    const old = this.lister.put(object)
    events.push(old === undefined ? { type: 'ADDED', object } : { type: 'MODIFIED', object, old })
  }

  #saw(object: StoredObject): void {
    const seen = Number(object.metadata.resourceVersion)
    if (seen > this.resourceVersion) this.resourceVersion = seen
  }

  #tell(events: readonly WatchEvent<KubeObject>[]): void {
    if (events.length > 0) for (const handler of this.#handlers) this.#hand(handler, events)
    for (const waiter of [...this.#waiting]) if (waiter.condition()) waiter.done()
  }

  /** The lister has the events already, so they come but once: a handler that throws must not keep them from the others. */
  #hand(handler: (events: readonly WatchEvent<KubeObject>[]) => void, events: readonly WatchEvent<KubeObject>[]): void {
    try {
      handler(events)
    } catch (error) {
      this.#onError(this.resource, error)
    }
  }
}
