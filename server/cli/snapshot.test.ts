// `kubeling snapshot`: what was saved comes back, and what went wrong is said.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openLevelStore } from '../storage/leveldb.ts'
import { Failure } from './failure.ts'
import { restoreSnapshot, saveSnapshot } from './snapshot.ts'

describe('saveSnapshot and restoreSnapshot', () => {
  let folder: string
  let dataDir: string
  let file: string
  let target: string

  /** A cluster's folder with a few keys, and a snapshot of it. */
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kubeling-snapshot-'))
    dataDir = join(folder, 'data')
    file = join(folder, 'snapshot')
    target = join(folder, 'target')
    mkdirSync(dataDir)
    const store = await openLevelStore({ path: join(dataDir, 'store'), durability: 'relaxed' })
    const writes = Array.from({ length: 20 }, (_, at) =>
      store.transact(`/registry/configmaps/default/${at}`, () => ({
        type: 'put',
        object: { data: { at: String(at) } },
      })),
    )
    await Promise.all(writes)
    await store.close()
    await saveSnapshot(file, { dataDir })
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  /** What is left in the folder beside what `beforeEach` made is part of what is told. */
  async function failure(work: Promise<unknown>, exitCode: number): Promise<string> {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).to.be.instanceOf(Failure)
    expect((error as Failure).exitCode, (error as Failure).message).to.equal(exitCode)
    return (error as Failure).message
  }

  it('restores what was saved', async () => {
    const saved = await saveSnapshot(file, { dataDir })
    expect(await restoreSnapshot(file, { dataDir: target })).to.deep.equal(saved)
    const again = await saveSnapshot(join(folder, 'again'), { dataDir: target })
    expect(again).to.deep.equal(saved)
    expect(saved.count).to.equal(20)
  })

  it('says what is wrong with a file, and leaves no folder behind', async () => {
    const bytes = readFileSync(file)
    bytes[bytes.length - 1]! ^= 1
    const damaged = join(folder, 'damaged')
    for (const [content, exitCode, sentence] of [
      [bytes, 4, 'cannot be restored: it is damaged: '],
      [bytes.subarray(0, 100), 4, 'cannot be restored: it ends too early'],
      [Buffer.from('kind: List\n'.repeat(10)), 4, 'cannot be restored: it is not a snapshot'],
    ] as const) {
      writeFileSync(damaged, content)
      expect(await failure(restoreSnapshot(damaged, { dataDir: target }), exitCode)).to.contain(sentence)
    }
    rmSync(damaged)
    expect(await failure(restoreSnapshot(damaged, { dataDir: target }), 1)).to.contain('cannot be read: no such file')
    expect(await failure(restoreSnapshot(folder, { dataDir: target }), 1)).to.contain('cannot be read: it is a folder')
    expect(existsSync(target)).to.equal(false)
  })

  it('says what is wrong with a data folder', async () => {
    expect(await failure(restoreSnapshot(file, { dataDir }), 3)).to.contain('holds a store already')
    const out = join(folder, 'out')
    expect(await failure(saveSnapshot(out, { dataDir: target }), 3)).to.contain('there is no cluster in ')
    const store = await openLevelStore({ path: join(dataDir, 'store') })
    expect(await failure(saveSnapshot(out, { dataDir }), 3)).to.contain('its kubeconfig is not there')
    await store.close()
    const manifest = readdirSync(join(dataDir, 'store')).find((name) => name.startsWith('MANIFEST'))!
    writeFileSync(join(dataDir, 'store', manifest), 'not a manifest')
    expect(await failure(saveSnapshot(out, { dataDir }), 3)).to.contain('is damaged')
    expect(readdirSync(folder).sort()).to.deep.equal(['data', 'snapshot'])
  })

  it('says what cannot be written', async () => {
    expect(await failure(saveSnapshot(join(folder, 'no/x'), { dataDir }), 1)).to.contain('no/x cannot be written: ')
    expect(await failure(saveSnapshot(folder, { dataDir }), 1)).to.contain('cannot be written: there is a folder')
    expect(existsSync(`${folder}.part`)).to.equal(false)
  })

  it('says that a server cannot be reached, and that a kubeconfig is none', async () => {
    const listener = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => listener.once('listening', resolve))
    const { port } = listener.address() as AddressInfo
    await new Promise((resolve) => listener.close(resolve))
    const kubeconfig = join(folder, 'kubeconfig')
    const named = (server: string) => `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: ${server}}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: t}}]
current-context: c
`
    writeFileSync(kubeconfig, named(`https://127.0.0.1:${port}`))
    const out = join(folder, 'out')
    expect(await failure(saveSnapshot(out, { kubeconfig }), 2)).to.contain('cannot be reached: nobody listens there')
    writeFileSync(kubeconfig, 'kind: Config\nclusters: [')
    expect(await failure(saveSnapshot(out, { kubeconfig }), 2)).to.contain('cannot be used: ')
    expect(existsSync(out)).to.equal(false)
  })
})
