// What every engine must do: the same suite runs on each (store.test.ts).
import { expect } from 'chai'
import fc from 'fast-check'
import { CompactedError, FutureRevisionError, StoreFailedError } from './store.ts'
import type { Entry, Store, StoreEvent, Watch } from './store.ts'
import type { AnyObject } from '../apimachinery/types.ts'

/** One place where stores can be opened, one after the other. */
export interface StorePlace {
  open(): Promise<Store>
  remove(): Promise<void>
}

export interface EngineUnderTest {
  readonly name: string
  /** What was written is there when the place is opened again. */
  readonly survivesRestart: boolean
  newPlace(): Promise<StorePlace>
}

export function describeStore({ name, survivesRestart, newPlace }: EngineUnderTest): void {
  describe(`store: ${name}`, () => {
    let place: StorePlace
    let store: Store

    beforeEach(async () => {
      place = await newPlace()
      store = await place.open()
    })

    afterEach(async () => {
      await store.close()
      await place.remove()
    })

    async function restart(): Promise<void> {
      await store.close()
      store = await place.open()
    }

    describe('writes', () => {
      it('starts empty at revision 1', () => {
        expect(store.revision).to.equal(1)
        expect(store.compactedRevision).to.equal(0)
        expect(store.count('')).to.equal(0)
      })

      it('counts revisions up by one with each write', async () => {
        const entries = [await put(store, '/a', 1), await put(store, '/b', 1), await put(store, '/a', 2)]
        expect(entries.map((entry) => entry.revision)).to.deep.equal([2, 3, 4])
        expect(entries.map((entry) => entry.createRevision)).to.deep.equal([2, 3, 2])
        expect(store.revision).to.equal(4)
      })

      it('stamps the revision into the object and its bytes', async () => {
        const entry = await put(store, '/a', 1)
        expect(entry.object.metadata?.resourceVersion).to.equal('2')
        expect(JSON.parse(entry.json.toString())).to.deep.equal(entry.object)
      })

      it('shows a write to reads as soon as it is acknowledged, and not before', async () => {
        const write = put(store, '/a', 1)
        expect(store.get('/a')).to.equal(undefined)
        const entry = await write
        expect(store.get('/a')).to.equal(entry)
      })

      it('hands each of many concurrent writers of one key the version before its own', async () => {
        const increment = () =>
          store.transact('/counter', (current) => ({ type: 'put', object: { value: valueOf(current) + 1 } }))
        const entries = await Promise.all(Array.from({ length: 50 }, increment))
        expect(entries.map(valueOf)).to.deep.equal(Array.from({ length: 50 }, (_, at) => at + 1))
        expect(valueOf(store.get('/counter'))).to.equal(50)
      })

      it('refuses what mutate refuses, and writes nothing', async () => {
        const refusal = new Error('conflict')
        expect(await rejection(store.transact('/a', () => raise(refusal)))).to.equal(refusal)
        expect(store.revision).to.equal(1)
      })

      it('shows the version that made mutate refuse to a read after the refusal', async () => {
        const write = put(store, '/a', 1)
        await rejection(store.transact('/a', (current) => raise(new Error(`there is ${current?.key}`))))
        expect(valueOf(store.get('/a'))).to.equal(1)
        await write
      })

      it('answers `none` with the current version, committed', async () => {
        const write = put(store, '/a', 1)
        const entry = await store.transact('/a', () => ({ type: 'none' }))
        expect(store.get('/a')).to.equal(entry)
        expect(await store.transact('/b', () => ({ type: 'none' }))).to.equal(undefined)
        expect(await write).to.equal(entry)
        expect(store.revision).to.equal(2)
      })

      it('stamps a deletion with its own revision, and starts anew after it', async () => {
        await put(store, '/a', 1)
        const gone = await remove(store, '/a')
        expect(gone.revision).to.equal(3)
        expect(gone.object).to.deep.equal({ value: 1, metadata: { resourceVersion: '3' } })
        expect(store.get('/a')).to.equal(undefined)
        expect((await put(store, '/a', 2)).createRevision).to.equal(4)
      })

      it('refuses a deletion of nothing', async () => {
        const error = await rejection(store.transact('/a', () => ({ type: 'delete', object: {} })))
        expect(error).to.be.an('error')
        expect(store.revision).to.equal(1)
      })

      it('finishes the writes under way when it is closed, and refuses later ones', async () => {
        const write = put(store, '/a', 1)
        const closing = store.close()
        expect(await rejection(put(store, '/b', 1))).to.be.instanceOf(StoreFailedError)
        await closing
        expect(valueOf(await write)).to.equal(1)
      })
    })

    describe('lists', () => {
      it('lists a prefix in key order, in pages', async () => {
        for (const key of ['/b/2', '/a/1', '/b/1', '/c/1', '/b/3']) await put(store, key, 1)
        const first = await store.list('/b/', { limit: 2 })
        expect(first.entries.map(keyOf)).to.deep.equal(['/b/1', '/b/2'])
        expect(first.remaining).to.equal(1)
        const second = await store.list('/b/', { limit: 2, after: '/b/2', revision: first.revision })
        expect(second.entries.map(keyOf)).to.deep.equal(['/b/3'])
        expect(second.remaining).to.equal(0)
        expect(store.count('/b/')).to.equal(3)
      })

      it('keeps a snapshot as it was while writes go on', async () => {
        for (let at = 0; at < 100; at++) await put(store, `/a/${at}`, 1)
        const snapshot = store.snapshot()
        for (let at = 0; at < 100; at++) await (at % 2 === 0 ? remove(store, `/a/${at}`) : put(store, `/a/${at}`, 2))
        expect([...snapshot.entries('/a/')].map(valueOf)).to.deep.equal(Array.from({ length: 100 }, () => 1))
        expect(snapshot.count('/a/')).to.equal(100)
        expect(snapshot.revision).to.equal(101)
      })

      it('counts exactly what it lists', async () => {
        for (let at = 0; at < 200; at++) await put(store, `/a/${String(at).padStart(3, '0')}`, 1)
        await put(store, '/b', 1)
        const snapshot = store.snapshot()
        for (const prefix of ['', '/', '/a/', '/a/0', '/a/07', '/a/199', '/b', '/c']) {
          for (const after of ['', '/a/', '/a/050', '/a/0505', '/a/199', '/b', '/z']) {
            const listed = [...snapshot.entries(prefix, after)].length
            expect(snapshot.count(prefix, after), `${prefix} after ${after}`).to.equal(listed)
          }
        }
      })

      it('lists any revision that is not compacted, exactly', async () => {
        await writeHistory(store)
        const listed = (revision: number) => describeList(store, '', revision)
        expect(await listed(1)).to.deep.equal([])
        expect(await listed(3)).to.deep.equal(['/a=1@2', '/b=1@3'])
        expect(await listed(5)).to.deep.equal(['/a=2@4'])
        await store.compact(5)
        expect(await listed(5)).to.deep.equal(['/a=2@4'])
        expect(await listed(6)).to.deep.equal(['/a=2@4', '/b=2@6'])
        expect(await rejection(listed(4))).to.be.instanceOf(CompactedError)
        expect(await rejection(listed(8))).to.be.instanceOf(FutureRevisionError)
      })
    })

    describe('watches', () => {
      it('delivers what comes, with what was there before', async () => {
        const seen = await record(store, '/a', store.revision)
        await writeHistory(store)
        expect(seen.events.map(describeEvent)).to.deep.equal(['put /a=1@2', 'put /a=2@4 was 1', 'put /a=3@7 was 2'])
      })

      it('delivers events before the write that caused them is acknowledged', async () => {
        const seen = await record(store, '', store.revision)
        await put(store, '/a', 1)
        expect(seen.events).to.have.length(1)
      })

      it('delivers what happened since any revision that is not compacted', async () => {
        await writeHistory(store)
        const all = [
          'put /a=1@2',
          'put /b=1@3',
          'put /a=2@4 was 1',
          'delete /b=1@5 was 1',
          'put /b=2@6',
          'put /a=3@7 was 2',
        ]
        for (let revision = 1; revision <= 7; revision++) {
          const seen = await record(store, '', revision)
          expect(seen.events.map(describeEvent)).to.deep.equal(all.slice(revision - 1))
          seen.watch.close()
        }
        await store.compact(4)
        expect(await rejection(record(store, '', 3))).to.be.instanceOf(CompactedError)
        expect((await record(store, '', 4)).events.map(describeEvent)).to.deep.equal(all.slice(3))
      })

      it('waits silently for a revision that is still to come', async () => {
        const seen = await record(store, '', 3)
        await writeHistory(store)
        expect(seen.events[0]!.entry.revision).to.equal(4)
      })

      it('tells prefixes of any form, and only what is below them', async () => {
        const prefixes = [
          '',
          '/',
          '/registry/pods/',
          '/registry/po',
          '/registry/pods/default/x',
          '/registry/pods/default/',
        ]
        const seen = await Promise.all(prefixes.map((prefix) => record(store, prefix, 1)))
        for (const key of [
          '/registry/pods/default/x',
          '/registry/pods/default/xy',
          '/registry/podtemplates/a/b',
          'other',
        ]) {
          await put(store, key, 1)
        }
        expect(seen.map(({ events }) => events.length)).to.deep.equal([4, 3, 2, 3, 2, 2])
      })

      it('hands over no event after close', async () => {
        const seen = await record(store, '', 1)
        await put(store, '/a', 1)
        seen.watch.close()
        await put(store, '/a', 2)
        expect(seen.events).to.have.length(1)
        expect(seen.closed).to.equal(false)
      })

      it('ends the watch whose handler throws, and no other', async () => {
        const failure = new Error('handler')
        let ended: Error | undefined
        await store.watch('', 1, { onEvents: () => raise(failure), onClose: (error) => (ended = error) })
        const other = await record(store, '', 1)
        await put(store, '/a', 1)
        expect(ended).to.equal(failure)
        expect(other.events).to.have.length(1)
      })

      it('delivers nothing twice to a watch that is opened while a commit is being told', async () => {
        let inner: Recording | undefined
        await store.watch('', 1, {
          onEvents: () => {
            if (inner === undefined) void record(store, '', 1).then((recording) => (inner = recording))
          },
          onClose: () => {},
        })
        await put(store, '/a', 1)
        await put(store, '/b', 1)
        expect(inner?.events.map(describeEvent)).to.deep.equal(['put /a=1@2', 'put /b=1@3'])
      })

      it('ends when the store is closed', async () => {
        const seen = await record(store, '', 1)
        await store.close()
        expect(seen.closed).to.equal(true)
      })
    })

    describe('compaction', () => {
      it('refuses what is compacted already and what is not written yet', async () => {
        await writeHistory(store)
        await store.compact(3)
        expect(store.compactedRevision).to.equal(3)
        expect(await rejection(store.compact(3))).to.be.instanceOf(CompactedError)
        expect(await rejection(store.compact(8))).to.be.instanceOf(FutureRevisionError)
      })

      it('leaves the current state alone', async () => {
        await writeHistory(store)
        await store.compact(7)
        expect(await describeList(store, '', 7)).to.deep.equal(['/a=3@7', '/b=2@6'])
      })
    })

    if (survivesRestart) {
      describe('restart', () => {
        it('goes on where it was', async () => {
          await writeHistory(store)
          await restart()
          expect(store.revision).to.equal(7)
          expect(await describeList(store, '', 7)).to.deep.equal(['/a=3@7', '/b=2@6'])
          expect(store.get('/a')?.createRevision).to.equal(2)
          expect((await put(store, '/c', 1)).revision).to.equal(8)
        })

        it('still knows its history', async () => {
          await writeHistory(store)
          await restart()
          await put(store, '/c', 1)
          const seen = await record(store, '', 2)
          await until(() => seen.events.length === 6)
          expect(seen.events.map(describeEvent)).to.deep.equal([
            'put /b=1@3',
            'put /a=2@4 was 1',
            'delete /b=1@5 was 1',
            'put /b=2@6',
            'put /a=3@7 was 2',
            'put /c=1@8',
          ])
          await put(store, '/d', 1)
          expect(seen.events.map(describeEvent).at(-1)).to.equal('put /d=1@9')
          expect(await describeList(store, '', 4)).to.deep.equal(['/a=2@4', '/b=1@3'])
        })

        it('still knows what was compacted, and its revision if only deletions are left', async () => {
          await put(store, '/a', 1)
          await remove(store, '/a')
          await store.compact(3)
          await restart()
          expect(store.revision).to.equal(3)
          expect(store.compactedRevision).to.equal(3)
          expect(await rejection(store.watch('', 2, { onEvents: () => {}, onClose: () => {} }))).to.be.instanceOf(
            CompactedError,
          )
          expect((await put(store, '/a', 2)).revision).to.equal(4)
        })
      })
    }

    it('agrees with a naive model on any sequence of writes, compactions and restarts', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
          const fresh = await newPlace()
          let tested = await fresh.open()
          try {
            const model = new Model()
            for (const each of steps) {
              if (each.type === 'restart') {
                if (!survivesRestart) continue
                await tested.close()
                tested = await fresh.open()
              } else if (each.type === 'compact') {
                const target = model.compacted + 1 + Math.floor(each.part * (model.revision - model.compacted))
                if (target > model.revision) continue
                await tested.compact(target)
                model.compacted = target
              } else {
                await Promise.all(each.writes.map(({ key, value }) => model.write(tested, key, value)))
              }
            }
            expect(tested.revision).to.equal(model.revision)
            for (let revision = Math.max(1, model.compacted); revision <= model.revision; revision++) {
              expect(await describeList(tested, '/', revision)).to.deep.equal(model.list(revision))
            }
            const seen = await record(tested, '/', Math.max(1, model.compacted))
            const expected = model.events.filter((event) => event.revision > Math.max(1, model.compacted))
            await until(() => seen.events.length >= expected.length)
            expect(seen.events.map(describeEvent)).to.deep.equal(expected.map((event) => event.text))
          } finally {
            await tested.close()
            await fresh.remove()
          }
        }),
        { numRuns: survivesRestart ? 30 : 100 },
      )
    }).timeout(20_000)
  })
}

type Step =
  | { type: 'writes'; writes: { key: string; value: number | undefined }[] }
  | { type: 'compact'; part: number }
  | { type: 'restart' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('writes' as const),
      writes: fc.array(
        fc.record({ key: fc.constantFrom('/a', '/b', '/c/d'), value: fc.option(fc.nat(99), { nil: undefined }) }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('compact' as const),
      part: fc.double({ min: 0, max: 0.99, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
)

/** Remembers every event and works everything out from them. */
class Model {
  revision = 1
  compacted = 0
  readonly events: { revision: number; key: string; value: number | undefined; text: string }[] = []

  /** `undefined` deletes, where there is something. Decisions are made in the order of the calls. */
  async write(store: Store, key: string, value: number | undefined): Promise<void> {
    const before = this.events.findLast((event) => event.key === key)?.value
    if (value === undefined && before === undefined) return
    const revision = ++this.revision
    const was = before === undefined ? '' : ` was ${before}`
    const text =
      value === undefined ? `delete ${key}=${before}@${revision}${was}` : `put ${key}=${value}@${revision}${was}`
    this.events.push({ revision, key, value, text })
    await (value === undefined ? remove(store, key) : put(store, key, value))
  }

  list(revision: number): string[] {
    const current = new Map<string, string>()
    for (const event of this.events) {
      if (event.revision > revision) break
      if (event.value === undefined) current.delete(event.key)
      else current.set(event.key, `${event.key}=${event.value}@${event.revision}`)
    }
    return [...current.values()].sort()
  }
}

export async function put(store: Store, key: string, value: number): Promise<Entry> {
  return (await store.transact(key, () => ({ type: 'put', object: { value, metadata: {} } })))!
}

export async function remove(store: Store, key: string): Promise<Entry> {
  return (await store.transact(key, (current) => ({ type: 'delete', object: { ...(current!.object as AnyObject) } })))!
}

/** a=1 (2), b=1 (3), a=2 (4), b gone (5), b=2 (6), a=3 (7) */
async function writeHistory(store: Store): Promise<void> {
  await put(store, '/a', 1)
  await put(store, '/b', 1)
  await put(store, '/a', 2)
  await remove(store, '/b')
  await put(store, '/b', 2)
  await put(store, '/a', 3)
}

export interface Recording {
  readonly events: StoreEvent[]
  readonly watch: Watch
  closed: boolean
}

export async function record(store: Pick<Store, 'watch'>, prefix: string, fromRevision: number): Promise<Recording> {
  const events: StoreEvent[] = []
  const recording = { events, closed: false }
  const watch = await store.watch(prefix, fromRevision, {
    onEvents: (run) => events.push(...run),
    onClose: () => (recording.closed = true),
  })
  return Object.assign(recording, { watch })
}

export function describeEvent({ type, entry, prev }: StoreEvent): string {
  return `${type} ${describeEntry(entry)}${prev === undefined ? '' : ` was ${valueOf(prev)}`}`
}

function describeEntry(entry: Entry): string {
  return `${entry.key}=${valueOf(entry)}@${entry.revision}`
}

async function describeList(store: Store, prefix: string, revision: number): Promise<string[]> {
  return (await store.list(prefix, { revision })).entries.map(describeEntry)
}

export function valueOf(entry: Entry | undefined): number {
  return (entry?.object['value'] as number | undefined) ?? 0
}

function keyOf(entry: Entry): string {
  return entry.key
}

function raise(error: Error): never {
  throw error
}

export function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Lets others have their turn until it is so; mocha's timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
