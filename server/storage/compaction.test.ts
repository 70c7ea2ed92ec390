// History is forgotten by age and by size.
import { expect } from 'chai'
import { FakeClock } from '../apimachinery/clock.ts'
import { startCompaction } from './compaction.ts'
import { openMemoryStore } from './memory.ts'
import { put } from './store.contract.ts'
import type { Store } from './store.ts'

const minute = 60_000

describe('startCompaction', () => {
  let store: Store
  let clock: FakeClock

  beforeEach(() => {
    store = openMemoryStore()
    clock = new FakeClock()
  })

  afterEach(() => store.close())

  async function write(count: number): Promise<void> {
    for (let at = 0; at < count; at++) await put(store, '/a', at)
  }

  it('forgets what is older than an interval', async () => {
    startCompaction(store, clock)
    await write(10)
    clock.step(5 * minute)
    await write(10)
    clock.step(5 * minute)
    expect(store.compactedRevision).to.equal(11)
    clock.step(5 * minute)
    expect(store.compactedRevision).to.equal(21)
  })

  it('has nothing to do while nothing is written', async () => {
    startCompaction(store, clock, { intervalMs: minute, onError: (error) => expect.fail(String(error)) })
    await write(3)
    clock.step(10 * minute)
    await write(1)
    expect(store.compactedRevision).to.equal(4)
  })

  it('forgets what is too much, whatever its age', async () => {
    startCompaction(store, clock, { maxHistoryBytes: 10_000 })
    await write(1000)
    const entryBytes = store.get('/a')!.bytes.length
    expect((store.revision - store.compactedRevision) * entryBytes).to.be.within(8_000, 12_000)
  })

  it('stops', async () => {
    const compaction = startCompaction(store, clock, { maxHistoryBytes: 1000 })
    compaction.stop()
    await write(100)
    clock.step(30 * minute)
    expect(store.compactedRevision).to.equal(0)
    expect(clock.pendingTimers).to.equal(0)
  })

  it('ends with its store', async () => {
    startCompaction(store, clock)
    await store.close()
    expect(clock.pendingTimers).to.equal(0)
  })
})
