// Many objects, and few that change for ever: what a store costs when it is opened again, and on disk.
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openLevelStore } from './leveldb.ts'
import { record } from './store.contract.ts'
import type { Store } from './store.ts'

describe('a LevelDB store over time', () => {
  let path: string

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'kubeling-leveldb-size-'))
  })

  afterEach(() => rm(path, { recursive: true }))

  const open = (): Promise<Store> => openLevelStore({ path, durability: 'relaxed' })

  /** Values of about so many bytes that nothing can compress. */
  async function write(store: Store, keys: readonly string[], valueBytes: number): Promise<void> {
    const text = randomBytes((keys.length * valueBytes) / 2).toString('hex')
    await Promise.all(
      keys.map((key, at) => {
        const value = text.slice(at * valueBytes, (at + 1) * valueBytes)
        return store.transact(key, () => ({ type: 'put', object: { metadata: { name: key }, value } }))
      }),
    )
  }

  /** A file may go while its size is asked for. */
  async function folderBytes(): Promise<number> {
    const files = await readdir(path)
    const sizes = await Promise.all(
      files.map((file) =>
        stat(join(path, file)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    )
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  const namesOf = (count: number): string[] => Array.from({ length: count }, (_, at) => `/registry/pods/a/pod-${at}`)

  it('has all of many objects when it is opened again, and watches go on from before', async () => {
    const before = await open()
    const names = namesOf(5000)
    await write(before, names, 1000)
    const { revision } = before
    await write(before, names.slice(0, 10), 1000)
    await before.close()

    const after = await open()
    expect(after.revision).to.equal(revision + 10)
    expect(after.count('/registry/pods/')).to.equal(5000)
    const seen = await record(after, '/registry/pods/', revision)
    while (!seen.watch.isLive) await new Promise((resolve) => setImmediate(resolve))
    expect(seen.events.map(({ entry }) => entry.key)).to.deep.equal(names.slice(0, 10))
    await after.close()
  })

  it('does not grow with the number of heartbeats, as long as history is forgotten', async () => {
    const store = await open()
    const names = namesOf(100)
    const turns = 300
    let written = 0
    let largest = 0
    for (let turn = 0; turn < turns; turn++) {
      await write(store, names, 2000)
      written += names.length * 2000
      if (turn % 5 === 4) await store.compact(store.revision - names.length)
      largest = Math.max(largest, await folderBytes())
    }
    expect(written).to.equal(60_000_000)
    // LevelDB merges when it has four tables of 4 MB, or 10 MB that are merged already: so much there may be for nothing.
    expect(largest).to.be.below(40_000_000)
    expect(store.count('')).to.equal(names.length)
    await store.close()
  })
})
