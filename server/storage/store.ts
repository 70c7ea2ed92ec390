// The storage contract: one global, strictly increasing revision over an ordered key space, as etcd gives it.
//
// Worked example. put a=1 (revision 2), put b=1 (3), put a=2 (4), delete b (5), compact(4):
//   get(a) → a=2@4, created at 2      list at 4 → [a=2, b=1]     list at 3 → CompactedError
//   watch from 4 → [delete b@5]        watch from 3 → CompactedError (the event at 4 may be gone)
//
// Writes are decided in memory, at once and in order; they are acknowledged and become visible (get, list, watch) only
// when the batch that holds them is on disk. A later write to a key sees the pending one.
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { ByteString } from './byte-string.ts'

/** One version of one key, immutable. The JSON bytes and the decoded object are two views, each made at most once. */
export interface Entry {
  readonly key: string
  /** Revision of this version; also its metadata.resourceVersion. */
  readonly revision: number
  /** Revision at which the key came to be. */
  readonly createRevision: number
  /** UTF-8 JSON as it is served, metadata.resourceVersion included. */
  readonly bytes: ByteString
  /** The same in a Buffer, made for each who asks. */
  readonly json: Buffer
  /** The decoded object, deeply frozen. */
  readonly object: Frozen<AnyObject>
  /** The object for a short look: it need not be frozen, and making it here does not make it stay. */
  peek(): Frozen<AnyObject>
  /** Other encodings of this version (protobuf, table rows), kept beside it by whoever makes them. */
  memo<T>(slot: symbol, make: (entry: Entry) => T): T
}

export interface StoreEvent {
  readonly type: 'put' | 'delete'
  /** put: the new version. delete: the last state, stamped with the revision of the deletion. */
  readonly entry: Entry
  /** What the key held before; undefined for a creation. */
  readonly prev: Entry | undefined
}

/**
 * What a transaction does with the key. The store stamps metadata.resourceVersion into `object`, takes it over and
 * freezes it: the caller must not touch it afterwards. `delete` carries the final state for watchers.
 * Members of metadata are brought into the order in which a server prints built-in kinds; with `membersSorted` they are
 * in alphabetical order instead, as custom resources are printed.
 */
export type Mutation =
  | { readonly type: 'put'; readonly object: AnyObject; readonly membersSorted?: boolean }
  | { readonly type: 'delete'; readonly object: AnyObject; readonly membersSorted?: boolean }
  | { readonly type: 'none' }

export interface ListOptions {
  /** At most so many entries. */
  readonly limit?: number
  /** Only keys strictly after this one. */
  readonly after?: string
  /** Exactly as of this revision; default: the current one. */
  readonly revision?: number
}

export interface ListResult {
  readonly entries: readonly Entry[]
  /** The revision the list is a picture of. */
  readonly revision: number
  /** How many keys of the prefix follow the last entry. */
  readonly remaining: number
}

export interface Watch {
  /** False while history is still on its way: what is newer comes after it. */
  readonly isLive: boolean
  /** Ends the subscription; no callback comes after. */
  close(): void
}

export interface WatchHandlers {
  /** Events in revision order, in runs: all that one commit brought. */
  onEvents(events: readonly StoreEvent[]): void
  /**
   * History that is not in memory waits until this resolves, or until the watch is over; undefined: it need not. Without it,
   * all of history comes as fast as it is read.
   */
  room?(): Promise<void> | undefined
  /** The store closed or failed, or history was lost; the watch is over. */
  onClose(error?: Error): void
  /** Events up to and including `revision` are gone from the store's history. Only told to subscriptions that are `first`. */
  onCompact?(revision: number): void
}

/** The committed keys of one moment; it stays as it is while writes go on. Taking one costs O(1). */
export interface Snapshot {
  readonly revision: number
  get(key: string): Entry | undefined
  /** How many keys start with `prefix`, and come strictly after `after`. */
  count(prefix: string, after?: string): number
  /** In key order: those that start with `prefix`, and come strictly after `after`. */
  entries(prefix: string, after?: string): Iterable<Entry>
}

export interface SubscribeOptions {
  /** Told of a commit before all other subscriptions and watches: for caches that those may read. */
  readonly first?: boolean
}

export interface Store {
  /** Revision of the newest committed write. */
  readonly revision: number
  /** Lists and watches below this revision are refused. */
  readonly compactedRevision: number

  /** The committed version of a key. */
  get(key: string): Entry | undefined

  /** Entries whose key starts with `prefix`, in key order. @throws CompactedError, FutureRevisionError */
  list(prefix: string, options?: ListOptions): Promise<ListResult>

  /** How many keys start with `prefix`. */
  count(prefix: string): number

  /** The current picture of everything, in memory. */
  snapshot(): Snapshot

  /** The picture as of a revision. @throws CompactedError, FutureRevisionError */
  snapshotAt(revision: number): Promise<Snapshot>

  /**
   * Reads, decides and writes one key as one step. `mutate` is called synchronously, exactly once, with the newest
   * decided version (it may be still on its way to disk); it throws to refuse.
   * Resolves after the write is on disk and every watch has been told: with the entry written (for a deletion, its
   * final state) or, for `none`, with the current one.
   * @throws whatever `mutate` throws; StoreFailedError when the disk refused and the store is read-only
   */
  transact(key: string, mutate: (current: Entry | undefined) => Mutation): Promise<Entry | undefined>

  /**
   * All events on keys below `prefix` with a revision greater than `fromRevision`, then what comes. Old events are
   * delivered in order before new ones; recent ones before the promise resolves.
   * @throws CompactedError (when fromRevision < compactedRevision)
   */
  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Promise<Watch>

  /** What comes after this very moment (`revision`), with nothing to wait for. @throws StoreFailedError (not with `first`) */
  subscribe(prefix: string, handlers: WatchHandlers, options?: SubscribeOptions): Watch

  /** Forgets history up to and including `revision`. @throws CompactedError, FutureRevisionError */
  compact(revision: number): Promise<void>

  /** Waits for writes under way and releases everything. */
  close(): Promise<void>
}

/** The revision asked for has been compacted away. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError'
  readonly requestedRevision: number
  readonly compactedRevision: number
  constructor(requestedRevision: number, compactedRevision: number) {
    super(`revision ${requestedRevision} has been compacted (oldest is ${compactedRevision})`)
    this.requestedRevision = requestedRevision
    this.compactedRevision = compactedRevision
  }
}

/** The revision asked for does not exist yet. */
export class FutureRevisionError extends Error {
  override readonly name = 'FutureRevisionError'
  readonly requestedRevision: number
  readonly currentRevision: number
  constructor(requestedRevision: number, currentRevision: number) {
    super(`revision ${requestedRevision} is in the future (newest is ${currentRevision})`)
    this.requestedRevision = requestedRevision
    this.currentRevision = currentRevision
  }
}

/** The disk refused a write. The store answers reads and refuses writes until it is opened again. */
export class StoreFailedError extends Error {
  override readonly name = 'StoreFailedError'
}

/** The store cannot be opened: another process holds it, it is damaged, or the folder cannot be written. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError'
  readonly reason: 'locked' | 'corrupt' | 'unwritable' | 'other'
  constructor(reason: 'locked' | 'corrupt' | 'unwritable' | 'other', message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
