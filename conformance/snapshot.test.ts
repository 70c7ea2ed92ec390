// `kubeling snapshot` as a person runs it: of a running and of a stopped cluster, into a new one, and what it says when it cannot.
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevelStore } from '../server/storage/leveldb.ts'
import { Command, run } from './command.ts'

const bareServer = ['up', '--port', '0', '--bare', '--disable=controllers,scheduler,kubelet']

describe('kubeling snapshot', function () {
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'kubeling-snapshot-'))
  const dataDir = join(folder, 'data')
  const online = join(folder, 'online.snapshot')
  const offline = join(folder, 'offline.snapshot')
  after(() => rmSync(folder, { recursive: true }))

  function core(kubeconfig: string): CoreV1Api {
    const config = new KubeConfig()
    config.loadFromFile(kubeconfig)
    return config.makeApiClient(CoreV1Api)
  }

  async function configMaps(kubeconfig: string): Promise<Map<string, string>> {
    const { items } = await core(kubeconfig).listNamespacedConfigMap({ namespace: 'default' })
    return new Map(items.map(({ metadata }) => [metadata!.name!, metadata!.resourceVersion!]))
  }

  async function storedConfigMaps(from: string): Promise<string[]> {
    const prefix = '/registry/configmaps/default/'
    const store = await openLevelStore({ path: join(from, 'store') })
    const names = [...store.snapshot().entries(prefix)].map(({ key }) => key.slice(prefix.length))
    await store.close()
    return names
  }

  async function create(kubeconfig: string, name: string): Promise<void> {
    await core(kubeconfig).createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name } } })
  }

  it('saves a running cluster and the same one stopped, and restores both with their revisions', async () => {
    let saved: Map<string, string>
    {
      await using server = new Command([...bareServer, '--data-dir', dataDir])
      await server.ready()
      const kubeconfig = join(dataDir, 'kubeconfig')
      await create(kubeconfig, 'a')
      await create(kubeconfig, 'b')
      saved = await configMaps(kubeconfig)
      const done = await run(['snapshot', 'save', online, '--data-dir', dataDir])
      expect(done.stderr).to.equal('')
      expect(done.stdout).to.match(/^saved \S+: \d+ objects at revision \d+, \d+ bytes, sha256 [0-9a-f]{64}\n$/)
      await create(kubeconfig, 'c')
    }
    const stopped = await run(['snapshot', 'save', offline, '--data-dir', dataDir])
    expect(stopped.exitCode, stopped.stderr).to.equal(0)
    if (process.platform !== 'win32') expect(statSync(offline).mode & 0o777).to.equal(0o600)
    expect(readdirSync(folder).sort()).to.deep.equal(['data', 'offline.snapshot', 'online.snapshot'])

    const [first, second] = [join(folder, 'first'), join(folder, 'second')]
    const restores = await Promise.all([
      run(['snapshot', 'restore', online, '--data-dir', first]),
      run(['snapshot', 'restore', offline, '--data-dir', second]),
    ])
    for (const { exitCode, stderr } of restores) expect([exitCode, stderr]).to.deep.equal([0, ''])
    expect(await storedConfigMaps(second)).to.deep.equal(['a', 'b', 'c'])
    // With the certificates, the old kubeconfig goes on.
    cpSync(join(dataDir, 'pki'), join(first, 'pki'), { recursive: true })
    await using server = new Command([...bareServer, '--data-dir', first])
    await server.ready()
    const found = await configMaps(join(first, 'kubeconfig'))
    expect(Object.fromEntries(found)).to.deep.equal(Object.fromEntries(saved))
  })

  it('fails with one sentence and an exit code', async () => {
    const { exitCode, stdout, stderr } = await run(['snapshot', 'save', offline, '--data-dir', join(folder, 'none')])
    expect([exitCode, stdout]).to.deep.equal([3, ''])
    expect(stderr).to.match(/^kubeling: there is no cluster in .*\n$/)
  })
})
