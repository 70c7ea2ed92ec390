// Group commit, the order of events, and decisions about keys.
import { expect } from 'chai'
import { DecodedCache } from './decoded-cache.ts'
import type { Log } from './log.ts'
import { MvccStore } from './mvcc.ts'
import { put, record, rejection, until, valueOf } from './store.contract.ts'
import { CompactedError, StoreFailedError } from './store.ts'
import type { StoreEvent } from './store.ts'

/** A disk whose appends end when the test says so. */
class SlowLog implements Log {
  readonly batches: StoreEvent[][] = []
  readonly #waiting: { resolve(): void; reject(error: Error): void }[] = []
  readonly #kept: StoreEvent[] = []
  /** Called between two runs of events. */
  betweenRuns: () => Promise<void> = () => Promise.resolve()

  append(events: readonly StoreEvent[]): Promise<void> {
    this.batches.push([...events])
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ resolve, reject })
    return promise
  }

  /** Ends the append under way, once there is one. */
  async finish(error?: Error): Promise<void> {
    await until(() => this.#waiting.length > 0)
    const { resolve, reject } = this.#waiting.shift()!
    if (error !== undefined) return reject(error)
    this.#kept.push(...this.batches.at(-1)!)
    resolve()
  }

  async *events(after: number, upTo: number): AsyncGenerator<readonly StoreEvent[], void> {
    for (const event of this.#kept) {
      if (event.entry.revision <= after || event.entry.revision > upTo) continue
      yield [event]
      await this.betweenRuns()
    }
  }

  compact(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

function newStore({ ringSize = 100 } = {}) {
  const log = new SlowLog()
  const store = new MvccStore({ log, decoded: new DecodedCache(), ringSize, ringBytes: Number.POSITIVE_INFINITY })
  /** Writes and lets the disk answer. */
  const write = async (key: string, value: number) => {
    const written = put(store, key, value)
    await log.finish()
    return written
  }
  return { log, store, write }
}

/** Whatever could happen by itself has happened. */
const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 5; turns++) await new Promise<void>((resolve) => setImmediate(resolve))
}

const revisionsOf = (events: readonly StoreEvent[]) => events.map(({ entry }) => entry.revision)

describe('group commit', () => {
  it('puts everything that arrives in one turn into one batch', async () => {
    const { log, store } = newStore()
    const writes = Promise.all([1, 2, 3].map((value) => put(store, `/${value}`, value)))
    await log.finish()
    await writes
    expect(log.batches.map(revisionsOf)).to.deep.equal([[2, 3, 4]])
  })

  it('puts everything that arrives while a batch is under way into the next', async () => {
    const { log, store } = newStore()
    const first = put(store, '/a', 1)
    await until(() => log.batches.length === 1)
    const others = Promise.all([2, 3, 4].map((value) => put(store, '/a', value)))
    expect(store.revision).to.equal(1)
    await log.finish()
    await first
    expect(store.revision).to.equal(2)
    await log.finish()
    await others
    expect(log.batches.map(revisionsOf)).to.deep.equal([[2], [3, 4, 5]])
    expect(valueOf(store.get('/a'))).to.equal(4)
  })

  it('tells watches one run per commit, and acknowledges in the order of revisions', async () => {
    const { log, store } = newStore()
    const runs: number[][] = []
    store.subscribe('', { onEvents: (events) => runs.push(revisionsOf(events)), onClose: () => {} })
    const acknowledged: number[] = []
    const writes = [1, 2, 3].map(async (value) => acknowledged.push((await put(store, '/a', value)).revision))
    await log.finish()
    await Promise.all(writes)
    expect(runs).to.deep.equal([[2, 3, 4]])
    expect(acknowledged).to.deep.equal([2, 3, 4])
  })

  it('tells first subscriptions before the others', async () => {
    const { store, write } = newStore()
    const told: string[] = []
    store.subscribe('', { onEvents: () => told.push('watch'), onClose: () => {} })
    store.subscribe('', { onEvents: () => told.push('cache'), onClose: () => {} }, { first: true })
    await write('/a', 1)
    expect(told).to.deep.equal(['cache', 'watch'])
  })

  it('lets no mutate write the key it decides on', async () => {
    const { log, store } = newStore()
    let inner: Promise<unknown> | undefined
    const outer = store.transact('/a', () => {
      inner = put(store, '/a', 1)
      return { type: 'put', object: {} }
    })
    expect(await rejection(outer)).to.be.an('error')
    await log.finish()
    await inner
  })
})

describe('failing disk', () => {
  const noSpace = new Error('no space left on device')

  it('refuses the writes under way and all later ones, and stays readable', async () => {
    const { log, store, write } = newStore()
    await write('/a', 1)
    const inFlight = put(store, '/a', 2)
    await until(() => log.batches.length === 2)
    const waiting = put(store, '/b', 1)
    await log.finish(noSpace)
    for (const refused of [inFlight, waiting, put(store, '/c', 1)]) {
      const error = await rejection(refused)
      expect(error).to.be.instanceOf(StoreFailedError)
      expect((error as Error).cause).to.equal(noSpace)
    }
    expect(valueOf(store.get('/a'))).to.equal(1)
    expect(store.revision).to.equal(2)
    expect((await store.list('')).entries).to.have.length(1)
    expect(log.batches).to.have.length(2)
  })

  it('ends the watches with the failure', async () => {
    const { log, store } = newStore()
    let ended: Error | undefined
    await store.watch('', 1, { onEvents: () => {}, onClose: (error) => (ended = error) })
    const write = put(store, '/a', 1)
    await log.finish(noSpace)
    await rejection(write)
    expect(ended).to.be.instanceOf(StoreFailedError)
    expect(await rejection(record(store, '', 1))).to.be.instanceOf(StoreFailedError)
  })
})

describe('history beyond the ring', () => {
  it('is read from the log, and goes over into what is new without a gap', async () => {
    const { log, store, write } = newStore({ ringSize: 2 })
    for (let value = 1; value <= 20; value++) await write('/a', value)
    let more = 5
    // Writes that come while the watch is on its way through history.
    log.betweenRuns = async () => {
      if (more-- > 0) await write('/a', 100)
    }
    const seen = await record(store, '/a', 3)
    await until(() => seen.events.length === 23)
    await write('/a', 200)
    expect(revisionsOf(seen.events)).to.deep.equal(Array.from({ length: 24 }, (_, at) => at + 4))
  })

  it('comes as fast as the watch takes it, and none of it is read meanwhile', async () => {
    const { log, store, write } = newStore({ ringSize: 2 })
    for (let value = 1; value <= 20; value++) await write('/a', value)
    let gate: PromiseWithResolvers<void> | undefined
    let read = 0
    log.betweenRuns = async () => void read++
    const seen: StoreEvent[] = []
    const onEvents = (events: readonly StoreEvent[]): void => {
      seen.push(...events)
      gate = Promise.withResolvers()
    }
    const watch = await store.watch('/a', 3, { onEvents, onClose: () => {}, room: () => gate?.promise })
    for (let count = 1; count <= 5; count++) {
      await until(() => seen.length === count)
      await settle()
      expect(revisionsOf(seen)).to.deep.equal(Array.from({ length: count }, (_, at) => at + 4))
      expect(read).to.equal(0)
      const { resolve } = gate!
      gate = undefined
      resolve()
    }
    watch.close()
    gate?.resolve()
    await settle()
    expect(seen.length).to.be.lessThan(7)
  })

  it('makes old lists exact', async () => {
    const { store, write } = newStore({ ringSize: 2 })
    for (let value = 1; value <= 20; value++) await write(`/${value % 3}`, value)
    const { entries } = await store.list('', { revision: 6 })
    expect(entries.map(valueOf)).to.deep.equal([3, 4, 5])
  })

  it('ends a watch that compaction overtakes', async () => {
    const { log, store, write } = newStore({ ringSize: 2 })
    for (let value = 1; value <= 20; value++) await write('/a', value)
    let ended: Error | undefined
    log.betweenRuns = async () => {
      if (store.compactedRevision > 0) return
      for (let value = 0; value < 10; value++) await write('/a', value)
      await store.compact(store.revision - 1)
    }
    await store.watch('', 3, { onEvents: () => {}, onClose: (error) => (ended = error) })
    await until(() => ended !== undefined)
    expect(ended).to.be.instanceOf(CompactedError)
  })
})
