// Snapshots, indexes and watches of one resource.
import { expect } from 'chai'
import { openMemoryStore } from './memory.ts'
import { describeEvent, put, record, rejection, remove, valueOf } from './store.contract.ts'
import { WatchCache } from './watch-cache.ts'
import { CompactedError } from './store.ts'
import type { Entry, Store } from './store.ts'

const pods = '/registry/pods/'

describe('WatchCache', () => {
  let store: Store
  let cache: WatchCache

  beforeEach(() => {
    store = openMemoryStore()
    cache = new WatchCache(store, pods, { ringSize: 4 })
    cache.addIndex('parity', (object) => [Number(object['value']) % 2 === 0 ? 'even' : 'odd'])
  })

  afterEach(() => store.close())

  const keys = (entries: Iterable<Entry>) => Array.from(entries, ({ key }) => key)

  it('shows what was there before its first use', async () => {
    await put(store, '/registry/pods/a/x', 2)
    expect(valueOf(cache.get('/registry/pods/a/x'))).to.equal(2)
    expect(cache.snapshot().count(pods)).to.equal(1)
    expect(keys(cache.byIndex('parity', 'even'))).to.deep.equal(['/registry/pods/a/x'])
  })

  it('keeps a snapshot exact while writes go on, and knows those of old revisions', async () => {
    await put(store, '/registry/pods/a/x', 1)
    await put(store, '/registry/pods/b/y', 1)
    const snapshot = cache.snapshot()
    await remove(store, '/registry/pods/a/x')
    await put(store, '/registry/pods/b/z', 1)
    for (const each of [snapshot, await cache.snapshotAt(snapshot.revision)]) {
      expect(keys(each.entries(pods))).to.deep.equal(['/registry/pods/a/x', '/registry/pods/b/y'])
      expect(each.count('/registry/pods/b/')).to.equal(1)
      expect(each.revision).to.equal(3)
    }
    expect(cache.revision).to.equal(5)
  })

  it('gives the next page the same snapshot', async () => {
    await put(store, '/registry/pods/a/x', 1)
    await put(store, '/registry/pods/a/y', 1)
    expect(await cache.snapshotAt(2)).to.equal(await cache.snapshotAt(2))
    await store.compact(3)
    expect(await rejection(cache.snapshotAt(2))).to.be.instanceOf(CompactedError)
  })

  it('moves entries between the values of an index, in key order', async () => {
    await put(store, '/registry/pods/a/y', 1)
    expect(keys(cache.byIndex('parity', 'odd'))).to.deep.equal(['/registry/pods/a/y'])
    await put(store, '/registry/pods/a/x', 3)
    await put(store, '/registry/nodes/x', 3)
    expect(keys(cache.byIndex('parity', 'odd'))).to.deep.equal(['/registry/pods/a/x', '/registry/pods/a/y'])
    await put(store, '/registry/pods/a/y', 2)
    expect(keys(cache.byIndex('parity', 'odd'))).to.deep.equal(['/registry/pods/a/x'])
    expect(keys(cache.byIndex('parity', 'even'))).to.deep.equal(['/registry/pods/a/y'])
    await remove(store, '/registry/pods/a/y')
    expect(cache.byIndex('parity', 'even')).to.deep.equal([])
  })

  it('finds entries by any label, in key order, as they change', async () => {
    const label = (key: string, labels?: Record<string, string>) =>
      store.transact(key, () => ({ type: 'put', object: labels === undefined ? {} : { metadata: { labels } } }))
    const app = new Map([['app', 'x']])
    await label('/registry/pods/a/y', { app: 'x', tier: '1' })
    await label('/registry/nodes/n', { app: 'x' })
    expect(keys(cache.byLabels(app))).to.deep.equal(['/registry/pods/a/y'])
    await label('/registry/pods/a/x', { app: 'x' })
    await label('/registry/pods/a/z')
    const both = new Map([...app, ['tier', '1']])
    expect(keys(cache.byLabels(both)), 'the rarer of two').to.deep.equal(['/registry/pods/a/y'])
    expect(keys(cache.byLabels(app))).to.deep.equal(['/registry/pods/a/x', '/registry/pods/a/y'])
    await label('/registry/pods/a/y', { tier: '1' })
    expect(keys(cache.byLabels(app))).to.deep.equal(['/registry/pods/a/x'])
    await remove(store, '/registry/pods/a/x')
    expect(cache.byLabels(app)).to.deep.equal([])
    // More labels than have indexes.
    for (let at = 0; at < 100; at++) expect(cache.byLabels(new Map([[`other-${at}`, 'x']]))).to.deep.equal([])
    expect(keys(cache.byLabels(new Map([['tier', '1']])))).to.deep.equal(['/registry/pods/a/y'])
  })

  it('has a write in its indexes when watches are told of it', async () => {
    const found: number[] = []
    await store.watch('', 1, {
      onEvents: () => found.push(cache.byIndex('parity', 'odd').length),
      onClose: () => {},
    })
    await put(store, '/registry/pods/a/x', 1)
    await put(store, '/registry/pods/a/y', 1)
    expect(found).to.deep.equal([1, 2])
  })

  it('watches a namespace from any revision, also one its ring has lost', async () => {
    await record(cache, pods, 1)
    for (let value = 1; value <= 10; value++) {
      await put(store, `/registry/pods/${value % 2 === 0 ? 'even' : 'odd'}/x`, value)
      await put(store, '/registry/nodes/x', value)
    }
    const recent = await record(cache, '/registry/pods/even/', 16)
    expect(recent.events.map(describeEvent)).to.deep.equal(['put /registry/pods/even/x=10@20 was 8'])
    const old = await record(cache, '/registry/pods/odd/', 1)
    expect(old.events.map(valueOfEvent)).to.deep.equal([1, 3, 5, 7, 9])
    await put(store, '/registry/pods/odd/x', 11)
    expect(old.events.map(valueOfEvent)).to.deep.equal([1, 3, 5, 7, 9, 11])
    expect(recent.events).to.have.length(1)
  })

  it('costs a quiet resource no history: its watch goes on although others were compacted', async () => {
    await record(cache, pods, 1)
    await put(store, '/registry/pods/a/x', 1)
    for (let value = 1; value <= 50; value++) await put(store, '/registry/nodes/x', value)
    await store.compact(store.revision)
    const seen = await record(cache, pods, 1)
    expect(seen.events.map(describeEvent)).to.deep.equal(['put /registry/pods/a/x=1@2'])
  })

  it('keeps few events when the store forgets its history', async () => {
    cache = new WatchCache(store, pods, { ringSize: 4, quietRingSize: 1 })
    await record(cache, pods, 1)
    for (let value = 2; value <= 5; value++) await put(store, '/registry/pods/a/x', value)
    await store.compact(4)
    const seen = await record(cache, pods, 4)
    expect(seen.events.map(describeEvent)).to.deep.equal(['put /registry/pods/a/x=5@5 was 4'])
    expect(await rejection(record(cache, pods, 3))).to.be.instanceOf(CompactedError)
  })

  it('refuses a revision that neither it nor the store remembers', async () => {
    await record(cache, pods, 1)
    for (let value = 1; value <= 20; value++) await put(store, '/registry/pods/a/x', value)
    await store.compact(store.revision)
    expect(await rejection(record(cache, pods, 2))).to.be.instanceOf(CompactedError)
  })

  it('does not go on with an index whose function fails', async () => {
    cache.addIndex('broken', ({ value }) => [String(value).repeat(Number(value))])
    cache.byIndex('broken', '')
    await put(store, '/registry/pods/a/x', -1)
    expect(() => cache.byIndex('parity', 'odd')).to.throw(RangeError)
    expect(valueOf(cache.get('/registry/pods/a/x'))).to.equal(-1)
  })

  it('follows nothing any more once closed', async () => {
    cache.byIndex('parity', 'odd')
    cache.close()
    await put(store, '/registry/pods/a/x', 1)
    expect(keys(cache.byIndex('parity', 'odd'))).to.deep.equal(['/registry/pods/a/x'])
  })
})

function valueOfEvent({ entry }: { entry: Entry }): number {
  return valueOf(entry)
}
