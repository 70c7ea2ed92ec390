// Opening a data folder: what is found damaged, in use, or not to be written.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { Level } from 'level'
import { openLevelStore } from './leveldb.ts'
import { put, rejection, remove, valueOf } from './store.contract.ts'
import { StoreOpenError } from './store.ts'

describe('openLevelStore', () => {
  let folder: string
  let path: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubeling-leveldb-'))
    path = join(folder, 'store')
  })

  afterEach(() => rm(folder, { recursive: true }))

  async function openError(): Promise<StoreOpenError> {
    const error = await rejection(openLevelStore({ path }))
    expect(error).to.be.instanceOf(StoreOpenError)
    return error as StoreOpenError
  }

  /** A store with a few writes, closed again. */
  async function makeStore(): Promise<void> {
    const store = await openLevelStore({ path })
    await put(store, '/a', 1)
    await put(store, '/b', 1)
    await put(store, '/a', 2)
    await store.close()
  }

  /** Changes the database below the store. */
  async function tamper(change: (database: Level<string, Buffer>) => Promise<void>): Promise<void> {
    const database = new Level<string, Buffer>(path, { valueEncoding: 'buffer' })
    await change(database)
    await database.close()
  }

  it('says that the folder is in use', async () => {
    const store = await openLevelStore({ path })
    const error = await openError()
    expect(error.reason).to.equal('locked')
    expect(error.message).to.equal(`the store in ${path} is in use by another process`)
    await store.close()
  })

  it('says that the folder cannot be written', async () => {
    await writeFile(path, 'a file, not a folder')
    expect((await openError()).reason).to.equal('unwritable')
    path = join(path, 'below')
    expect((await openError()).reason).to.equal('unwritable')
  })

  it('says that a database is damaged', async () => {
    await makeStore()
    const manifest = (await readdir(path)).find((name) => name.startsWith('MANIFEST'))!
    await writeFile(join(path, manifest), 'not a manifest')
    expect((await openError()).reason).to.equal('corrupt')
  })

  it('finds a value that is not as it was written', async () => {
    await makeStore()
    await tamper(async (database) => {
      const key = 'event/0000000000000003'
      const value = (await database.get(key))!
      value[value.length - 3]! ^= 1
      await database.put(key, value)
    })
    const error = await openError()
    expect(error.reason).to.equal('corrupt')
    expect(error.message).to.contain('the event of revision 3 is not as it was written')
  })

  it('finds a missing event', async () => {
    await makeStore()
    await tamper((database) => database.del('event/0000000000000003'))
    const error = await openError()
    expect(error.reason).to.equal('corrupt')
    expect(error.message).to.contain('the event of revision 3 is missing')
  })

  it('leaves alone what a later version wrote, and what is no store', async () => {
    await makeStore()
    await tamper((database) => database.put('meta/format', Buffer.from('2')))
    expect((await openError()).message).to.equal(
      `the store in ${path} has format 2, and this version reads only format 1`,
    )
    await tamper((database) => database.del('meta/format'))
    expect((await openError()).reason).to.equal('corrupt')
  })

  it('can be opened again after a refusal', async () => {
    const store = await openLevelStore({ path })
    await openError()
    await store.close()
    await (await openLevelStore({ path })).close()
  })

  it('keeps of compacted history only the newest event of each living key', async () => {
    const store = await openLevelStore({ path })
    await put(store, '/a', 1)
    await put(store, '/b', 1)
    await put(store, '/a', 2)
    await remove(store, '/b')
    await store.compact(5)
    await store.close()
    const keys: string[] = []
    await tamper(async (database) => {
      for await (const key of database.keys()) keys.push(key)
    })
    expect(keys).to.deep.equal(['event/0000000000000004', 'meta/compacted', 'meta/format'])
  })

  it('refuses writes when the disk does, and keeps what was acknowledged', async () => {
    await mkdir(path)
    const script = fileURLToPath(new URL('./testdata/full-disk-writer.ts', import.meta.url))
    // The shell limits the size of files, in KiB: writes beyond it fail as they do on a full disk.
    const { stdout } = await promisify(execFile)('bash', [
      '-c',
      `ulimit -f 512; exec "$0" "$@"`,
      process.execPath,
      script,
      path,
    ])
    const { acknowledged, refusal, readable } = JSON.parse(stdout) as Record<string, unknown>
    expect(refusal).to.equal('StoreFailedError')
    expect(readable).to.equal(acknowledged)
    const store = await openLevelStore({ path })
    expect(store.count('/full/')).to.be.at.least(Number(acknowledged))
    expect(valueOf(await put(store, '/a', 1))).to.equal(1)
    await store.close()
  }).timeout(10_000)
})
