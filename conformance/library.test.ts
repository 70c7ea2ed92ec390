// The library in the process of a test: many clusters, side by side and one after the other, and nothing left of them.
import { CoreV1Api } from '@kubernetes/client-node'
import { expect } from 'chai'
import { get } from 'node:https'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startCluster, type Cluster } from '../server/index.ts'

const clusters = 200
const atOnce = 4
/** What may stay of one cluster, on average, beyond what the first ones warmed up. */
const allowedBytesEach = 50_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('startCluster', function () {
  this.timeout(120_000)

  it('serves an API on a port of its own, until the end of the scope', async () => {
    let url: string
    {
      await using cluster = await startCluster()
      url = cluster.url
      const core = (await cluster.kubeConfig()).makeApiClient(CoreV1Api)
      const { items } = await core.listNode()
      expect(items).to.have.length(1)
      expect(cluster.kubeconfig).to.contain(`server: ${url}`)
    }
    const refused = await new Promise<NodeJS.ErrnoException>((resolve) => get(url, () => {}).on('error', resolve))
    expect(refused.code).to.equal('ECONNREFUSED')
  })

  it('keeps clusters apart that run side by side', async () => {
    await using first = await startCluster()
    await using second = await startCluster()
    const names = async (cluster: Cluster): Promise<(string | undefined)[]> => {
      const core = (await cluster.kubeConfig()).makeApiClient(CoreV1Api)
      return (await core.listNamespace()).items.map((one) => one.metadata?.name)
    }
    const core = (await first.kubeConfig()).makeApiClient(CoreV1Api)
    await core.createNamespace({ body: { metadata: { name: 'only-here' } } })
    expect(await names(first)).to.include('only-here')
    expect(await names(second)).to.not.include('only-here')
  })

  it(`starts and stops ${clusters} clusters in one process, and leaves no memory, sockets or timers behind`, async () => {
    const lifetime = async (): Promise<void> => {
      await using cluster = await startCluster()
      const core = (await cluster.kubeConfig()).makeApiClient(CoreV1Api)
      await core.createNamespacedConfigMap({
        namespace: 'default',
        body: { metadata: { name: 'a' }, data: { b: 'c' } },
      })
    }
    const round = (): Promise<void[]> => Promise.all(Array.from({ length: atOnce }, lifetime))
    // What is loaded, compiled and cached once.
    for (let done = 0; done < clusters / 10; done += atOnce) await round()
    const before = await settled()
    for (let done = 0; done < clusters; done += atOnce) await round()
    const after = await settled()

    expect(after.resources, 'sockets, servers and timers').to.deep.equal(before.resources)
    expect(after.heapBytes - before.heapBytes, 'bytes on the heap').to.be.lessThan(clusters * allowedBytesEach)
  })
})

/** What keeps the process busy, and how much memory is in use, once closed connections of the client are gone too. */
async function settled(): Promise<{ resources: string[]; heapBytes: number }> {
  const deadline = Date.now() + 10_000
  for (;;) {
    collectGarbage()
    await nextTurn()
    const resources = process
      .getActiveResourcesInfo()
      .filter((name) => !/^(TTYWrap|PipeWrap|Immediate|CloseReq)$/.test(name))
    // Mocha's own timer for this test is one of them.
    if (resources.length <= 1 || Date.now() > deadline) return { resources, heapBytes: process.memoryUsage().heapUsed }
    await delay(20)
  }
}
