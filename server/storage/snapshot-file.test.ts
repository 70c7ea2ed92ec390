// A snapshot file is a picture of one moment, and is refused if anything of it is not as written.
import { existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { restoreLevelStore } from './level-restore.ts'
import { openLevelStore } from './leveldb.ts'
import { openMemoryStore } from './memory.ts'
import { readSnapshot, snapshotChunks, SnapshotFileError, type SnapshotSummary } from './snapshot-file.ts'
import { put, rejection, remove, valueOf } from './store.contract.ts'
import { CompactedError, StoreOpenError, type Store } from './store.ts'

/** In pieces of a length that fits nothing. */
async function* inPieces(bytes: Buffer, length = 7): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function summaryOf(bytes: Buffer): Promise<SnapshotSummary> {
  const records = readSnapshot(inPieces(bytes))
  for (;;) {
    const next = await records.next()
    if (next.done === true) return next.value
  }
}

async function reasonOf(bytes: Buffer): Promise<string> {
  const error = await rejection(summaryOf(bytes))
  expect(error).to.be.instanceOf(SnapshotFileError)
  return (error as SnapshotFileError).reason
}

/** Revisions 2 to 6; what is left is /a at 4 and /c at 5. */
async function filledStore(): Promise<Store> {
  const store = openMemoryStore()
  await put(store, '/a', 1)
  await put(store, '/b', 1)
  await put(store, '/a', 2)
  await put(store, '/c', 3)
  await remove(store, '/b')
  return store
}

describe('snapshot file', () => {
  let store: Store
  let bytes: Buffer

  beforeEach(async () => {
    store = await filledStore()
    bytes = Buffer.concat([...snapshotChunks(store.snapshot())])
  })

  afterEach(() => store.close())

  it('holds each key once, and says what it is a picture of', async () => {
    const { revision, count, bytes: length, sha256 } = await summaryOf(bytes)
    expect({ revision, count, length }).to.deep.equal({ revision: 6, count: 2, length: bytes.length })
    expect(sha256).to.equal(bytes.subarray(-32).toString('hex'))
  })

  it('is a picture of one moment, whatever is written while it is read', async () => {
    const chunks = snapshotChunks(store.snapshot())
    await put(store, '/a', 9)
    await put(store, '/d', 9)
    expect(Buffer.concat([...chunks]).equals(bytes)).to.equal(true)
  })

  it('comes in chunks of a bounded size', async () => {
    for (let at = 0; at < 40; at++) {
      await store.transact(`/big/${at}`, () => ({ type: 'put', object: { value: 'x'.repeat(40_000) } }))
    }
    const sizes = [...snapshotChunks(store.snapshot())].map((chunk) => chunk.length)
    expect(Math.max(...sizes)).to.be.lessThan(320 * 1024)
    expect(sizes.length).to.be.greaterThan(4)
  })

  it('is refused wherever one bit has changed', async () => {
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      expect(await rejection(summaryOf(changed)), `byte ${at}`).to.be.instanceOf(SnapshotFileError)
    }
  })

  it('is refused wherever it is cut', async () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(await reasonOf(bytes.subarray(0, length)), `${length} bytes`).to.equal('truncated')
    }
  })

  it('is refused for what it is not', async () => {
    expect(await reasonOf(Buffer.concat([bytes, Buffer.from('x')]))).to.equal('damaged')
    expect(await reasonOf(Buffer.from('apiVersion: v1\nkind: List\n'))).to.equal('foreign')
    expect(await reasonOf(Buffer.concat([Buffer.from('kubeling snapshot 2\n'), bytes.subarray(20)]))).to.equal(
      'version',
    )
  })

  describe('restored', () => {
    let folder: string
    let path: string

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'kubeling-restore-'))
      path = join(folder, 'store')
    })

    afterEach(() => rmSync(folder, { recursive: true }))

    it('is the same keys at the same revisions, without the history', async () => {
      await restoreLevelStore(path, inPieces(bytes))
      const restored = await openLevelStore({ path })
      try {
        expect(restored.revision).to.equal(6)
        for (const key of ['/a', '/b', '/c']) {
          const { revision, createRevision, json } = store.get(key) ?? {}
          const found = restored.get(key)
          expect([found?.revision, found?.createRevision], key).to.deep.equal([revision, createRevision])
          expect(found?.json.toString()).to.equal(json?.toString())
        }
        expect(await rejection(restored.list('', { revision: 5 }))).to.be.instanceOf(CompactedError)
        expect((await put(restored, '/a', 10)).revision).to.equal(7)
        expect((await restored.list('', { revision: 6 })).entries.map(valueOf)).to.deep.equal([2, 3])
        await restored.compact(7)
      } finally {
        await restored.close()
      }
      const again = await openLevelStore({ path })
      expect([again.revision, valueOf(again.get('/a')), valueOf(again.get('/c'))]).to.deep.equal([7, 10, 3])
      await again.close()
    })

    it('leaves nothing behind when the file is damaged', async () => {
      bytes[bytes.length - 1]! ^= 1
      expect(await rejection(restoreLevelStore(path, inPieces(bytes)))).to.be.instanceOf(SnapshotFileError)
      expect(readdirSync(folder)).to.deep.equal([])
    })

    it('takes the place of an empty folder, and of nothing else', async () => {
      mkdirSync(path)
      await restoreLevelStore(path, inPieces(bytes))
      expect(existsSync(join(path, 'CURRENT'))).to.equal(true)
      const error = await rejection(restoreLevelStore(path, inPieces(bytes)))
      expect(error).to.be.instanceOf(StoreOpenError)
      expect((error as StoreOpenError).message).to.equal(`the folder ${path} holds a store already`)
    })
  })
})
