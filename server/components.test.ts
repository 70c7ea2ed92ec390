// The loops of a cluster: what starts, what is left out, and that nothing of them stays.
import { expect } from 'chai'
import { InProcessClient } from './client/in-process.ts'
import { startComponents, type Components } from './components.ts'
import { namespace, settled, TestApi } from './endpoints/testing.ts'
import { withDefaults, type ClusterOptions } from './options.ts'

const signToken = () => Promise.reject(new Error('none'))
const noAuthority = { read: () => Promise.reject(new Error('none')), sign: () => Promise.reject(new Error('none')) }

describe('startComponents', () => {
  let api: TestApi
  let problems: string[]

  beforeEach(async () => {
    api = await TestApi.start()
    problems = []
    for (const name of ['kube-system', 'kube-node-lease']) await api.create('namespaces', namespace(name))
    for (const [name, value] of [
      ['system-cluster-critical', 2_000_000_000],
      ['system-node-critical', 2_000_001_000],
    ] as const) {
      await api.resources
        .byName('priorityclasses.scheduling.k8s.io')!
        .store!.seed({ metadata: { name }, value }, api.clock.now())
    }
  })

  afterEach(() => api.store.close())

  function started(options: ClusterOptions): Promise<Components> {
    const complete = withDefaults({
      bare: true,
      clock: api.clock,
      random: () => 0,
      log: (message, error) => void problems.push(`${message}: ${String(error)}`),
      ...options,
    })
    return startComponents({
      options: complete,
      clientFor: (user, agent) => new InProcessClient(api, user, agent),
      rootCA: 'PEM',
      authority: noAuthority,
      mayRequestCertificates: () => false,
      checkPolicyTypes: () => Promise.resolve([]),
      signToken,
      port: 6443,
    })
  }

  it('registers its nodes before it is started', async () => {
    const components = await started({ nodes: 2, disable: ['controllers', 'scheduler'] })
    expect(await api.names('nodes')).to.have.length(2)
    await components.close()
    expect(problems).to.deep.equal([])
  })

  it('starts nothing that is left out', async () => {
    const before = api.revision
    const components = await started({ disable: ['controllers', 'scheduler', 'kubelet'] })
    await settled()
    expect(api.revision).to.equal(before)
    expect(api.clock.pendingTimers).to.be.lessThan(3)
    await components.close()
  })

  it('leaves no timer behind', async () => {
    const components = await started({ nodes: 1 })
    await settled()
    await components.close()
    await settled()
    expect(api.clock.pendingTimers).to.equal(0)
    expect(problems).to.deep.equal([])
  })

  it('makes the pods of a textbook once, goes on where it was stopped, and finds them there again', async () => {
    const start = (): Promise<Components> => started({ bare: false, disable: ['controllers', 'scheduler'] })
    const staticPods = async (): Promise<string[]> =>
      (await api.names('pods', '', 'kube-system')).filter((name) =>
        /^(?:etcd|kube-(?:apiserver|scheduler))-/.test(name),
      )
    await (await start()).close()
    for (let again = 0; again < 2; again++) {
      const components = await start()
      while ((await staticPods()).length < 3) await settled()
      await components.close()
    }
    expect(await staticPods()).to.have.length(3)
    expect(problems).to.deep.equal([])
  })
})
