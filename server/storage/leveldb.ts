// The engine on disk: LevelDB holds the log of all events that are still needed, and nothing else.
//
//   meta/format                  the layout of this file: 1
//   meta/compacted               history up to this revision has been dropped
//   event/<revision, 16 digits>  one event each (level-record.ts)
//
// Worked example. put a (2), put b (3), put a (4), delete b (5), compact(5): the record at 4 replaces 2, the one at 5
// replaces 3 and is a deletion itself. What is left is [4: put a] and meta/compacted = 5.
// So the newest record of every living key always is in the log: replaying it gives the current state, which is kept in
// memory whole. Each value is written once, in the order of the keys on disk, which LevelDB merges at no cost.
import type { Level } from 'level'
import { DecodedCache } from './decoded-cache.ts'
import { StoredEntry } from './entry.ts'
import { newKeyTree } from './key-tree.ts'
import { decodeRecord, encodeRecord } from './level-record.ts'
import type { LogRecord } from './level-record.ts'
import type { Log } from './log.ts'
import { firstRevision, MvccStore, type CommitObserver } from './mvcc.ts'
import { StoreOpenError } from './store.ts'
import type { Store, StoreEvent } from './store.ts'

export interface LevelStoreOptions {
  /** The folder; made when it is not there. */
  readonly path: string
  /** `sync` (default): acknowledged means on disk. `relaxed`: survives the process, but not a power cut. */
  readonly durability?: 'sync' | 'relaxed'
  readonly onCommit?: CommitObserver
}

type Database = Level<string, Buffer>
type Snapshot = ReturnType<Database['snapshot']>

const format = '1'
const formatKey = 'meta/format'
const compactedKey = 'meta/compacted'
const eventPrefix = 'event/'
const eventEnd = 'event0'

/** Records read at one go. */
const runLength = 512
const runBytes = 4 * 1024 * 1024
/** The same for who wants only some of them: there may be many who do. */
const shortRunBytes = 512 * 1024
/** Events in memory for watches that come back; older ones are read from the log. */
const ringSize = 4096
const ringBytes = 32 * 1024 * 1024

/** @throws StoreOpenError */
export async function openLevelStore({ path, durability = 'sync', onCommit }: LevelStoreOptions): Promise<Store> {
  const database = await openDatabase(path)
  try {
    await checkFormat(database, path)
    const compactedRevision = Number((await database.get(compactedKey))?.toString() ?? 0)
    const decoded = new DecodedCache()
    const { tree, revision } = await load(database, path, compactedRevision, decoded)
    const log = new LevelLog(database, durability === 'sync', compactedRevision)
    return new MvccStore({
      log,
      decoded,
      ringSize,
      ringBytes,
      onCommit,
      initial: { tree, revision, compactedRevision },
    })
  } catch (error) {
    await database.close()
    throw error instanceof StoreOpenError ? error : openError(path, error)
  }
}

/** @throws StoreOpenError */
export async function openDatabase(path: string): Promise<Database> {
  // Loaded here: a process that keeps everything in memory does without the native module.
  const { Level } = await import('level')
  const database: Database = new Level(path, { keyEncoding: 'utf8', valueEncoding: 'buffer' })
  try {
    await database.open()
    return database
  } catch (error) {
    throw openError(path, error)
  }
}

function openError(path: string, error: unknown): StoreOpenError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (cause as { code?: string }).code ?? ''
  const detail = cause instanceof Error ? cause.message : String(cause)
  if (code === 'LEVEL_LOCKED') {
    return new StoreOpenError('locked', `the store in ${path} is in use by another process`, { cause })
  }
  // A file that another one names is not there.
  const isIncomplete = code === 'LEVEL_IO_ERROR' && /no such file/i.test(detail)
  if (code === 'LEVEL_CORRUPTION' || isIncomplete) return damaged(path, detail, { cause })
  if (code === 'LEVEL_IO_ERROR' || /^E(ACCES|PERM|ROFS|NOTDIR|EXIST|NOSPC|DQUOT)$/.test(code)) {
    return new StoreOpenError('unwritable', `the folder ${path} cannot be written: ${detail}`, { cause })
  }
  return new StoreOpenError('other', `the store in ${path} cannot be opened: ${detail}`, { cause })
}

function damaged(path: string, detail: string, options?: ErrorOptions): StoreOpenError {
  return new StoreOpenError('corrupt', `the store in ${path} is damaged: ${detail}`, options)
}

async function checkFormat(database: Database, path: string): Promise<void> {
  const found = (await database.get(formatKey))?.toString()
  if (found === format) return
  if (found !== undefined) {
    const message = `the store in ${path} has format ${found}, and this version reads only format ${format}`
    throw new StoreOpenError('other', message)
  }
  for await (const _key of database.keys({ limit: 1 })) throw damaged(path, 'its format record is missing')
  await database.put(formatKey, Buffer.from(format), { sync: true })
}

/** What a database holds beside events, where all history up to `compacted` has been dropped. */
export function layoutOf(compacted: number): { type: 'put'; key: string; value: Buffer }[] {
  const put = (key: string, value: string) => ({ type: 'put' as const, key, value: Buffer.from(value) })
  return [put(formatKey, format), put(compactedKey, String(compacted))]
}

/** Replays the log. Above the compacted revision not one event may be missing. */
async function load(database: Database, path: string, compactedRevision: number, decoded: DecodedCache) {
  const tree = newKeyTree()
  let revision = Math.max(firstRevision, compactedRevision)
  for await (const run of readRecords(database, 0)) {
    for (const { at, record } of run) {
      if (at > compactedRevision) {
        if (at !== revision + 1) throw damaged(path, `the event of revision ${revision + 1} is missing`)
        revision = at
      }
      const { type, key, createRevision, bytes } = record
      if (type === 'put') tree.set(key, new StoredEntry(key, at, createRevision, bytes, decoded))
      else tree.delete(key)
    }
  }
  return { tree, revision }
}

interface Located {
  /** The event's revision. */
  readonly at: number
  readonly record: LogRecord
}

/** Where the record of a revision is. */
export function eventKey(revision: number): string {
  return eventPrefix + String(revision).padStart(16, '0')
}

/** The records with after < revision <= upTo, in runs. @throws an error with code LEVEL_CORRUPTION */
async function* readRecords(
  database: Database,
  after: number,
  upTo?: number,
  snapshot?: Snapshot,
  atMost?: number,
): AsyncGenerator<readonly Located[], void> {
  const iterator = database.iterator({
    gt: eventKey(after),
    ...(upTo === undefined ? { lt: eventEnd } : { lte: eventKey(upTo) }),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(atMost === undefined ? {} : { limit: atMost }),
    highWaterMarkBytes: atMost === undefined ? runBytes : shortRunBytes,
  })
  let reading = iterator.nextv(runLength)
  try {
    for (;;) {
      const run = await reading
      if (run.length === 0) return
      // The next one is read while this one is looked at. What goes wrong with it is told when its turn comes.
      reading = iterator.nextv(runLength)
      reading.catch(() => {})
      yield run.map(([key, value]) => locate(Number(key.slice(eventPrefix.length)), value))
    }
  } finally {
    await iterator.close()
  }
}

function locate(at: number, value: Buffer): Located {
  const record = decodeRecord(value)
  if (record !== undefined) return { at, record }
  throw Object.assign(new Error(`the event of revision ${at} is not as it was written`), { code: 'LEVEL_CORRUPTION' })
}

class LevelLog implements Log {
  readonly #database: Database
  readonly #sync: boolean
  #compacted: number

  constructor(database: Database, sync: boolean, compacted: number) {
    this.#database = database
    this.#sync = sync
    this.#compacted = compacted
  }

  append(events: readonly StoreEvent[]): Promise<void> {
    const operations = events.map((event) => ({
      type: 'put' as const,
      key: eventKey(event.entry.revision),
      value: encodeRecord(event),
    }))
    return this.#database.batch(operations, { sync: this.#sync })
  }

  async *events(after: number, upTo: number, atMost?: number): AsyncGenerator<readonly StoreEvent[], void> {
    // Compaction may drop, meanwhile, what this reads.
    const snapshot = this.#database.snapshot()
    try {
      for await (const run of readRecords(this.#database, after, upTo, snapshot, atMost)) {
        const previous = await this.#entriesAt(
          run.map(({ record }) => record.prevRevision).filter((revision) => revision > 0),
          snapshot,
        )
        yield run.map(({ at, record }) => ({
          type: record.type,
          entry: historicEntry(at, record),
          prev: previous.get(record.prevRevision),
        }))
      }
    } finally {
      await snapshot.close()
    }
  }

  async #entriesAt(revisions: readonly number[], snapshot: Snapshot): Promise<Map<number, StoredEntry>> {
    const values = await this.#database.getMany(revisions.map(eventKey), { snapshot })
    const entries = new Map<number, StoredEntry>()
    for (const [index, revision] of revisions.entries()) {
      entries.set(revision, historicEntry(revision, locate(revision, values[index] ?? Buffer.alloc(0)).record))
    }
    return entries
  }

  async compact(revision: number, signal: AbortSignal): Promise<void> {
    for await (const run of readRecords(this.#database, this.#compacted, revision)) {
      if (signal.aborted) return
      await this.#drop(run, run.at(-1)!.at)
    }
    await this.#drop([], revision)
  }

  /** Not synced: after a crash, history may be longer than promised, never shorter. */
  async #drop(run: readonly Located[], compacted: number): Promise<void> {
    if (compacted <= this.#compacted) return
    const keys: string[] = []
    for (const { at, record } of run) {
      if (record.prevRevision > 0) keys.push(eventKey(record.prevRevision))
      if (record.type === 'delete') keys.push(eventKey(at))
    }
    // One batch: a newest event that is dropped as a deletion leaves its revision in meta/compacted.
    await this.#database.batch([
      ...keys.map((key) => ({ type: 'del' as const, key })),
      { type: 'put' as const, key: compactedKey, value: Buffer.from(String(compacted)) },
    ])
    this.#compacted = compacted
  }

  close(): Promise<void> {
    return this.#database.close()
  }
}

function historicEntry(at: number, { key, createRevision, bytes }: LogRecord): StoredEntry {
  return new StoredEntry(key, at, createRevision, bytes)
}
