// The multi-version core both engines share: decides writes in memory, commits them in groups, tells the watches.
//
//   transact ──decides──▶ open batch ──(one append at a time)──▶ commit: tree, ring, caches, watches, promises
//
// A batch takes everything that arrives while the one before it is on its way to disk. No lock is needed: between a
// decision and its place in the batch there is no await.
import type { DecodedCache } from './decoded-cache.ts'
import { Dispatcher } from './dispatcher.ts'
import { StoredEntry } from './entry.ts'
import { EventRing } from './event-ring.ts'
import { newKeyTree, TreeSnapshot } from './key-tree.ts'
import type { KeyTree } from './key-tree.ts'
import type { Log } from './log.ts'
import { Turnstile } from './turnstile.ts'
import { CompactedError, FutureRevisionError, StoreFailedError } from './store.ts'
import type {
  Entry,
  ListOptions,
  ListResult,
  Mutation,
  Snapshot,
  Store,
  StoreEvent,
  SubscribeOptions,
  Watch,
  WatchHandlers,
} from './store.ts'

/** The revision of a store nothing was written to yet, as in etcd. */
export const firstRevision = 1

export type CommitObserver = (events: readonly StoreEvent[], seconds: number) => void

export interface MvccOptions {
  readonly log: Log
  readonly decoded: DecodedCache
  /** Events kept in memory; older ones are read from the log. */
  readonly ringSize: number
  /** The bytes of their objects. */
  readonly ringBytes: number
  /** Told of each commit, before all others; `seconds` from the first decision in it until it was on disk. */
  readonly onCommit?: CommitObserver | undefined
  /** What the log holds already. */
  readonly initial?: { readonly tree: KeyTree; readonly revision: number; readonly compactedRevision: number }
}

/** Writes that go to the log together. */
interface Batch {
  readonly events: StoreEvent[]
  /** Of its first decision, on the clock of `performance`. */
  readonly startedAt: number
  readonly committed: Promise<void>
  resolve(): void
  reject(error: Error): void
}

/** The newest decided version of a key that is not committed yet; no entry: it will be gone. */
interface Pending {
  readonly entry: Entry | undefined
  readonly revision: number
  readonly batch: Batch
}

export class MvccStore implements Store {
  readonly #log: Log
  readonly #decoded: DecodedCache
  readonly #onCommit: CommitObserver | undefined
  readonly #tree: KeyTree
  readonly #ring: EventRing
  readonly #caches = new Dispatcher()
  readonly #watches = new Dispatcher()
  readonly #pending = new Map<string, Pending>()
  #decidedRevision: number
  #revision: number
  #compactedRevision: number
  readonly #kept = new Map<number, TreeSnapshot>()
  readonly #historyTurns = new Turnstile(historyReaders)
  #snapshot: TreeSnapshot | undefined
  #open: Batch | undefined
  #flushing: Promise<void> | undefined
  #compacting: Promise<void> = Promise.resolve()
  #ended: Error | undefined
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined

  constructor({ log, decoded, ringSize, ringBytes, onCommit, initial }: MvccOptions) {
    this.#log = log
    this.#onCommit = onCommit
    this.#decoded = decoded
    this.#tree = initial?.tree ?? newKeyTree()
    this.#revision = initial?.revision ?? firstRevision
    this.#decidedRevision = this.#revision
    this.#compactedRevision = initial?.compactedRevision ?? 0
    this.#ring = new EventRing(this.#revision, ringSize, ringBytes)
  }

  get revision(): number {
    return this.#revision
  }

  get compactedRevision(): number {
    return this.#compactedRevision
  }

  get(key: string): Entry | undefined {
    return this.#tree.get(key)
  }

  count(prefix: string): number {
    return this.snapshot().count(prefix)
  }

  snapshot(): Snapshot {
    return (this.#snapshot ??= new TreeSnapshot(this.#revision, this.#tree.clone()))
  }

  async snapshotAt(revision: number): Promise<Snapshot> {
    if (revision < this.#compactedRevision) throw new CompactedError(revision, this.#compactedRevision)
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision)
    if (revision === this.#revision) return this.snapshot()
    const kept = this.#kept.get(revision)
    if (kept !== undefined) return this.#keep(kept)
    const tree = this.#tree.clone()
    const undone = new Set<string>()
    const recent = this.#ring.after(revision)
    if (recent !== undefined) undo(tree, recent, undone)
    else for await (const events of this.#log.events(revision, this.#revision)) undo(tree, events, undone)
    return this.#keep(new TreeSnapshot(revision, tree))
  }

  async list(prefix: string, { limit, after = '', revision = this.#revision }: ListOptions = {}): Promise<ListResult> {
    const snapshot = await this.snapshotAt(revision)
    const entries: Entry[] = []
    for (const entry of snapshot.entries(prefix, after)) {
      if (entries.length === limit) {
        return { entries, revision, remaining: snapshot.count(prefix, entries.at(-1)?.key ?? after) }
      }
      entries.push(entry)
    }
    return { entries, revision, remaining: 0 }
  }

  async transact(key: string, mutate: (current: Entry | undefined) => Mutation): Promise<Entry | undefined> {
    if (this.#ended !== undefined) throw this.#ended
    const pending = this.#pending.get(key)
    const current = pending === undefined ? this.#tree.get(key) : pending.entry
    let mutation: Mutation
    try {
      mutation = mutate(current)
    } catch (error) {
      // Who is refused because of a version must find that version when reading next.
      await pending?.batch.committed.catch(() => undefined)
      throw error
    }
    if (this.#pending.get(key) !== pending)
      throw new Error(`mutate must not itself write the key it decides on: ${key}`)
    if (mutation.type === 'none') {
      await pending?.batch.committed
      return current
    }
    if (mutation.type === 'delete' && current === undefined) throw new Error(`there is nothing to delete at ${key}`)

    const revision = this.#decidedRevision + 1
    const entry = StoredEntry.fromObject(
      key,
      revision,
      current?.createRevision ?? revision,
      mutation.object,
      mutation.membersSorted ?? false,
      this.#decoded,
      current,
    )
    this.#decidedRevision = revision
    const batch = (this.#open ??= newBatch())
    batch.events.push({ type: mutation.type, entry, prev: current })
    this.#pending.set(key, { entry: mutation.type === 'put' ? entry : undefined, revision, batch })
    this.#flushing ??= this.#flush()
    await batch.committed
    return entry
  }

  async watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Promise<Watch> {
    if (this.#ended !== undefined) throw this.#ended
    if (fromRevision < this.#compactedRevision) throw new CompactedError(fromRevision, this.#compactedRevision)
    const watch = new CatchUp(prefix, fromRevision, handlers)
    void this.#catchUp(watch)
    return watch
  }

  subscribe(prefix: string, handlers: WatchHandlers, { first = false }: SubscribeOptions = {}): Watch {
    // A cache of a failed store is right for ever: nothing comes any more.
    if (this.#ended !== undefined && !first) throw this.#ended
    return (first ? this.#caches : this.#watches).add(prefix, this.#revision, handlers)
  }

  async compact(revision: number): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended
    if (revision <= this.#compactedRevision) throw new CompactedError(revision, this.#compactedRevision)
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision)
    this.#compactedRevision = revision
    this.#ring.forget(revision)
    this.#caches.compact(revision)
    for (const kept of this.#kept.keys()) {
      if (kept < revision) this.#kept.delete(kept)
    }
    const before = this.#compacting
    const compacting = (async () => {
      await before.catch(() => undefined)
      await this.#log.compact(revision, this.#closing.signal)
    })()
    this.#compacting = compacting
    await compacting
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#ended ??= new StoreFailedError('the store is closed')
    this.#closing.abort()
    await this.#flushing
    await this.#compacting.catch(() => undefined)
    this.#watches.end()
    this.#caches.end()
    await this.#log.close()
  }

  async #flush(): Promise<void> {
    // Writes that arrive in one turn of the event loop go together, and a chain of writes lets others have their turn.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.#open !== undefined) {
      const batch = this.#open
      this.#open = undefined
      try {
        await this.#log.append(batch.events)
      } catch (error) {
        this.#fail(batch, error)
        break
      }
      this.#commit(batch)
    }
    this.#flushing = undefined
  }

  #commit(batch: Batch): void {
    const { events } = batch
    for (const { type, entry } of events) {
      if (type === 'put') this.#tree.set(entry.key, entry)
      else this.#tree.delete(entry.key)
      if (this.#pending.get(entry.key)?.revision === entry.revision) this.#pending.delete(entry.key)
    }
    this.#revision = events.at(-1)!.entry.revision
    this.#snapshot = undefined
    this.#onCommit?.(events, (performance.now() - batch.startedAt) / 1000)
    this.#ring.push(events)
    this.#caches.dispatch(events)
    this.#watches.dispatch(events)
    for (const { type, entry, prev } of events) {
      if (prev !== undefined) this.#decoded.release(prev)
      if (type === 'delete') this.#decoded.release(entry)
    }
    batch.resolve()
  }

  #fail(batch: Batch, cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause)
    const error = new StoreFailedError(`a write to the store failed, it is read-only now: ${why}`, { cause })
    this.#ended ??= error
    this.#pending.clear()
    batch.reject(error)
    this.#open?.reject(error)
    this.#open = undefined
    this.#watches.end(error)
  }

  /**
   * Delivers history until what is left is in the ring, then, in the same breath, joins the others. History is read as fast as
   * it is taken, in short runs, between which nothing of it is held: hundreds of watches may come back at once.
   */
  async #catchUp(watch: CatchUp): Promise<void> {
    try {
      for (;;) {
        // What is in memory is told before the caller goes on.
        const room = watch.room()
        if (room !== undefined) await room
        if (watch.closed) return
        if (this.#ended !== undefined) return watch.end(this.#ended)
        const recent = this.#ring.after(watch.revision)
        if (recent !== undefined) {
          watch.deliver(recent)
          if (!watch.closed) watch.join(this.#watches)
          return
        }
        // Compaction has passed the watch on its way.
        if (watch.revision < this.#compactedRevision) throw new CompactedError(watch.revision, this.#compactedRevision)
        await this.#historyTurns.take(() => this.#tellHistory(watch))
      }
    } catch (error) {
      watch.end(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** The next run of history. */
  async #tellHistory(watch: CatchUp): Promise<void> {
    const after = watch.revision
    // Compaction has passed it while it waited: the next round says so.
    if (watch.closed || after < this.#compactedRevision) return
    const upTo = this.#revision
    for await (const events of this.#log.events(after, upTo, historyRunLength)) {
      watch.deliver(events)
      if (watch.closed || watch.room() !== undefined) return
    }
    // Nothing is left of what was written up to there.
    if (watch.revision === after) watch.revision = upTo
  }

  /** Keeps the snapshots of old revisions that were asked for last: their next page is asked for soon. */
  #keep(snapshot: TreeSnapshot): TreeSnapshot {
    const { revision } = snapshot
    this.#kept.delete(revision)
    // It may have been compacted while it was made.
    if (revision >= this.#compactedRevision) this.#kept.set(revision, snapshot)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > maxKept && oldest !== undefined) this.#kept.delete(oldest)
    return snapshot
  }
}

/** Snapshots of old revisions that are kept. */
const maxKept = 4
/** Events of history that are read for a watch at a time. */
const historyRunLength = 128
/** Watches for which history is being read at the same time. */
const historyReaders = 4

function newBatch(): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { events: [], startedAt: performance.now(), committed: promise, resolve, reject }
}

/** Brings a tree back to before `events`; keys in `undone` have gone back further already. */
function undo(tree: KeyTree, events: readonly StoreEvent[], undone: Set<string>): void {
  for (const { entry, prev } of events) {
    if (undone.has(entry.key)) continue
    undone.add(entry.key)
    if (prev === undefined) tree.delete(entry.key)
    else tree.set(entry.key, prev)
  }
}

/** A watch from an old revision, on its way to the present. */
class CatchUp implements Watch {
  /** Events up to it have been delivered. */
  revision: number
  readonly #prefix: string
  readonly #handlers: WatchHandlers
  #live: Watch | undefined
  #closed = false

  constructor(prefix: string, revision: number, handlers: WatchHandlers) {
    this.#prefix = prefix
    this.revision = revision
    this.#handlers = handlers
  }

  get closed(): boolean {
    return this.#closed
  }

  get isLive(): boolean {
    return this.#live !== undefined
  }

  close(): void {
    this.#closed = true
    this.#live?.close()
  }

  room(): Promise<void> | undefined {
    return this.#handlers.room?.()
  }

  deliver(events: readonly StoreEvent[]): void {
    const last = events.at(-1)
    if (last === undefined) return
    const wanted = events.filter(({ entry }) => entry.key.startsWith(this.#prefix))
    if (wanted.length > 0) this.#handlers.onEvents(wanted)
    this.revision = last.entry.revision
  }

  join(dispatcher: Dispatcher): void {
    this.#live = dispatcher.add(this.#prefix, this.revision, this.#handlers)
  }

  end(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.#handlers.onClose(error)
  }
}
