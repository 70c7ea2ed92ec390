// What a registry reads of one resource: snapshots, indexes, and watches that cost only this resource's events.
//
// The entries themselves are in the store's tree, once; the cache adds what depends on the resource. It is told of each
// commit before the write is acknowledged, so that who has written reads what was written.
import { labelsOf } from './entry-labels.ts'
import { EventRing } from './event-ring.ts'
import { newKeyTree } from './key-tree.ts'
import type { KeyTree } from './key-tree.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import { CompactedError } from './store.ts'
import type { Entry, Snapshot, Store, StoreEvent, Watch, WatchHandlers } from './store.ts'

/**
 * Events kept per resource; and those of them that stay when the store forgets its history, so that watches of a
 * resource that seldom changes can go on from long ago. Source: apiserver/pkg/storage/cacher, defaultLowerBoundCapacity
 */
const defaultRingSize = 1024
const defaultQuietRingSize = 100
/** Bytes of the events that are kept: what is larger than most objects are is read from the store again. */
const defaultRingBytes = 16 * 1024 * 1024

/** A snapshot as the readers of a cache name it. */
export type { Snapshot as CacheSnapshot } from './store.ts'

/** Values under which an object is found: `(pod) => [pod.spec.nodeName]`. Pure, and never throws. */
export type IndexFunction = (object: Frozen<AnyObject>) => readonly string[]

/** Labels that have an index, those that lists have asked for last: what nobody selects by costs nothing. */
const maxLabelIndexes = 16

export interface WatchCacheOptions {
  readonly ringSize?: number
  readonly ringBytes?: number
  readonly quietRingSize?: number
  /** The resource has been there since this revision: nobody can have seen an older one. Default 0. */
  readonly since?: number
}

/** Nothing is read or kept before the first use; then it follows the store until `close`. */
export class WatchCache {
  readonly prefix: string
  readonly #store: Store
  readonly #ringSize: number
  readonly #ringBytes: number
  readonly #quietRingSize: number
  readonly #since: number
  readonly #indexes = new Map<string, Index>()
  /** By key of the label, the one that was asked for last at the end. */
  readonly #labels = new Map<string, Index>()
  /** Who watches: they are told when there is no more to see. */
  readonly #watches = new Map<Watch, WatchHandlers>()
  #ring: EventRing | undefined
  #subscription: Watch | undefined
  #failure: Error | undefined
  #changes = 0

  /** @param prefix of the resource's keys, with its final slash: `/registry/pods/` */
  constructor(
    store: Store,
    prefix: string,
    {
      ringSize = defaultRingSize,
      ringBytes = defaultRingBytes,
      quietRingSize = defaultQuietRingSize,
      since = 0,
    }: WatchCacheOptions = {},
  ) {
    this.prefix = prefix
    this.#store = store
    this.#ringSize = ringSize
    this.#ringBytes = ringBytes
    this.#quietRingSize = quietRingSize
    this.#since = since
  }

  /** Newest committed revision of the store: what a list of now is a picture of. */
  get revision(): number {
    return this.#store.revision
  }

  /** Grows with each commit that changes the resource: what was read is still true while it is the same. */
  get changes(): number {
    // After a failure nothing changes any more.
    if (this.#failure === undefined) this.#start()
    return this.#changes
  }

  get(key: string): Entry | undefined {
    return this.#store.get(key)
  }

  /** The picture of now, in O(1). Ask it with prefixes that start with this cache's. */
  snapshot(): Snapshot {
    return this.#store.snapshot()
  }

  /** The picture as of a revision, exact. @throws CompactedError, FutureRevisionError */
  snapshotAt(revision: number): Promise<Snapshot> {
    return this.#store.snapshotAt(revision)
  }

  /**
   * Events on keys below `prefix` (this cache's, or one that starts with it) above `fromRevision`, then what comes.
   * Recent events are delivered before the promise resolves.
   * @throws CompactedError when neither the ring nor the store has them any more
   */
  async watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Promise<Watch> {
    if (fromRevision < this.#since) throw new CompactedError(fromRevision, this.#since)
    const recent = this.#start().after(fromRevision)
    if (recent === undefined || fromRevision > this.revision) {
      return this.#keep(await this.#store.watch(prefix, fromRevision, handlers), handlers)
    }
    const events = prefix === this.prefix ? recent : recent.filter(({ entry }) => entry.key.startsWith(prefix))
    if (events.length > 0) handlers.onEvents(events)
    return this.#keep(this.#store.subscribe(prefix, handlers), handlers)
  }

  #keep(watch: Watch, handlers: WatchHandlers): Watch {
    const kept: Watch = {
      get isLive() {
        return watch.isLive
      },
      close: () => {
        this.#watches.delete(kept)
        watch.close()
      },
    }
    this.#watches.set(kept, handlers)
    return kept
  }

  /** Registers a secondary index; it is built when it is first asked. */
  addIndex(name: string, valuesOf: IndexFunction): void {
    if (this.#indexes.has(name)) throw new Error(`${this.prefix} has an index ${name} already`)
    this.#indexes.set(name, new Index((entry) => valuesOf(entry.peek())))
  }

  /** The entries of now with that value, in key order. */
  byIndex(name: string, value: string): readonly Entry[] {
    const index = this.#indexes.get(name)
    if (index === undefined) throw new Error(`${this.prefix} has no index ${name}`)
    return this.#built(index).entries(value)
  }

  /** The entries of now that have the rarest of these labels, at least one of them, in key order. */
  byLabels(labels: ReadonlyMap<string, string>): readonly Entry[] {
    let rarest: { readonly index: Index; readonly value: string; readonly count: number } | undefined
    for (const [key, value] of labels) {
      const index = this.#labelIndex(key)
      const count = index.count(value)
      if (rarest === undefined || count < rarest.count) rarest = { index, value, count }
    }
    return rarest?.index.entries(rarest.value) ?? []
  }

  #labelIndex(key: string): Index {
    const index = this.#labels.get(key) ?? new Index((entry) => valuesOfLabel(entry, key))
    this.#labels.delete(key)
    this.#labels.set(key, index)
    const [oldest] = this.#labels.keys()
    if (this.#labels.size > maxLabelIndexes) this.#labels.delete(oldest!)
    return this.#built(index)
  }

  #built(index: Index): Index {
    this.#start()
    if (!index.built) index.build(this.snapshot().entries(this.prefix))
    return index
  }

  /** Ends all watches. */
  close(): void {
    for (const [watch, handlers] of [...this.#watches]) {
      watch.close()
      handlers.onClose()
    }
    this.#subscription?.close()
    this.#subscription = undefined
    this.#ring = undefined
    for (const index of this.#indexes.values()) index.clear()
    this.#labels.clear()
  }

  #start(): EventRing {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#ring !== undefined) return this.#ring
    const ring = new EventRing(this.revision, this.#ringSize, this.#ringBytes)
    this.#subscription = this.#store.subscribe(
      this.prefix,
      {
        onEvents: (events) => {
          this.#changes++
          ring.push(events)
          for (const index of this.#indexes.values()) {
            if (index.built) index.apply(events)
          }
          for (const index of this.#labels.values()) index.apply(events)
        },
        onClose: (error) => {
          this.#failure = error
        },
        // What was once busy should not hold its many old events until as much has happened again.
        onCompact: (revision) => ring.trim(revision, this.#quietRingSize),
      },
      { first: true },
    )
    return (this.#ring = ring)
  }
}

function valuesOfLabel(entry: Entry, key: string): readonly string[] {
  const labels = labelsOf(entry)
  return labels !== undefined && Object.hasOwn(labels, key) ? [labels[key]!] : []
}

class Index {
  readonly #valuesOf: (entry: Entry) => readonly string[]
  #byValue: Map<string, KeyTree> | undefined

  constructor(valuesOf: (entry: Entry) => readonly string[]) {
    this.#valuesOf = valuesOf
  }

  get built(): boolean {
    return this.#byValue !== undefined
  }

  build(entries: Iterable<Entry>): void {
    this.#byValue = new Map()
    for (const entry of entries) this.#add(entry)
  }

  clear(): void {
    this.#byValue = undefined
  }

  apply(events: readonly StoreEvent[]): void {
    for (const { type, entry, prev } of events) {
      if (prev !== undefined) this.#remove(prev)
      if (type === 'put') this.#add(entry)
    }
  }

  count(value: string): number {
    return this.#byValue?.get(value)?.size ?? 0
  }

  entries(value: string): readonly Entry[] {
    return this.#byValue?.get(value)?.valuesArray() ?? []
  }

  #add(entry: Entry): void {
    for (const value of this.#valuesOf(entry)) {
      let tree = this.#byValue!.get(value)
      if (tree === undefined) this.#byValue!.set(value, (tree = newKeyTree()))
      tree.set(entry.key, entry)
    }
  }

  #remove(entry: Entry): void {
    for (const value of this.#valuesOf(entry)) {
      const tree = this.#byValue!.get(value)
      tree?.delete(entry.key)
      if (tree?.isEmpty === true) this.#byValue!.delete(value)
    }
  }
}
