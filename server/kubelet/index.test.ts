// The fleet at work against a client over a Map.
import { expect } from 'chai'
import type { Lease } from '../api/coordination.ts'
import type { Event, Node, Pod, PodSpec } from '../api/core.ts'
import { FakeClock } from '../apimachinery/clock.ts'
import { newConflict } from '../apimachinery/errors.ts'
import { seededRandom } from '../apimachinery/names.ts'
import type { KubeObject, UserInfo } from '../apimachinery/types.ts'
import { FakeClient } from '../client/fake-client.ts'
import { Informers } from '../client/informers.ts'
import { nodeSet, startKubelets } from './index.ts'

/** Everything that only waits for promises and immediates has happened. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function pod(name: string, spec: Partial<PodSpec> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', generation: 1 },
    spec: { nodeName: 'kubeling-node-1', restartPolicy: 'Always', containers: [{ name: 'c', image: 'c:1' }], ...spec },
    status: { phase: 'Pending' },
  }
}

async function started(objects: Record<string, readonly KubeObject[]> = {}, count = 1) {
  const clock = new FakeClock()
  const client = new FakeClient(objects)
  const informers = new Informers(client, clock)
  const users: UserInfo[] = []
  const clientFor = (user: UserInfo) => {
    users.push(user)
    return client
  }
  // Listens first: a client that answers at once tells later listeners of the answer before the question.
  const states: string[] = []
  informers.for<Pod>('pods').onEvents((events) => {
    for (const { type, object } of events) {
      const { state } = object.status?.containerStatuses?.[0] ?? {}
      states.push(
        type === 'DELETED'
          ? 'gone'
          : `${object.status?.phase} ${state?.waiting?.reason ?? Object.keys(state ?? {})[0] ?? '-'}`,
      )
    }
  })
  const kubelets = startKubelets({
    clientFor,
    informers,
    clock,
    random: seededRandom(1),
    nodes: nodeSet({ count, bare: true }),
  })
  await informers.start()
  await settle()
  const podNamed = (name: string) =>
    client.objects('pods').find(({ metadata }) => metadata?.name === name) as Pod | undefined
  const step = async (ms: number) => {
    clock.step(ms)
    await settle()
  }
  return { clock, client, kubelets, users, states, step, podNamed }
}

describe('Kubelets', () => {
  it('registers nodes that are ready at once, with a lease each, as users of their own', async () => {
    const { client, users, kubelets } = await started({}, 2)
    const nodes = client.objects('nodes') as Node[]
    expect(nodes.map(({ metadata }) => metadata?.name)).to.deep.equal(['kubeling-node-1', 'kubeling-node-2'])
    expect(nodes.map(({ spec }) => spec?.podCIDR)).to.deep.equal(['10.244.0.0/24', '10.244.1.0/24'])
    expect(nodes[0]?.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).to.deep.equal([
      'MemoryPressure=False',
      'DiskPressure=False',
      'PIDPressure=False',
      'Ready=True',
    ])
    const leases = client.objects('leases.coordination.k8s.io') as Lease[]
    expect(leases[1]?.metadata?.ownerReferences?.[0]).to.deep.include({
      kind: 'Node',
      name: 'kubeling-node-2',
      uid: nodes[1]?.metadata?.uid,
    })
    expect(users[0]).to.deep.equal({ name: 'system:node:kubeling-node-1', groups: ['system:nodes'] })
    await kubelets.close()
  })

  it('takes over a Node that is there already and leaves its spec alone', async () => {
    const cordoned: Node = { metadata: { name: 'kubeling-node-1' }, spec: { unschedulable: true } }
    const { client, kubelets } = await started({ nodes: [cordoned] })
    const [node] = client.objects('nodes') as Node[]
    expect(node?.spec).to.deep.equal({ unschedulable: true })
    expect(node?.status?.conditions?.at(-1)).to.deep.include({ type: 'Ready', status: 'True' })
    await kubelets.close()
  })

  it('renews leases every 10 s and reports the status every 5 min, or when the node is held for lost', async () => {
    const { client, step, kubelets } = await started()
    client.calls.length = 0
    await step(10_000)
    expect(client.calls).to.deep.equal(['update leases.coordination.k8s.io kube-node-lease/kubeling-node-1'])
    expect((client.objects('leases.coordination.k8s.io')[0] as Lease).spec?.renewTime).to.equal(
      '2026-01-01T00:00:10.000000Z',
    )
    await client.patch('nodes', undefined, 'kubeling-node-1', 'application/merge-patch+json', {
      status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
    })
    client.calls.length = 0
    await step(10_000)
    expect(client.calls).to.include('update nodes/status kubeling-node-1')
    client.calls.length = 0
    for (let beat = 0; beat < 30; beat++) await step(10_000)
    expect(client.calls.filter((call) => call.startsWith('update nodes/status'))).to.have.length(1)
    await kubelets.close()
  })

  it('takes a pod from bound to running in visible steps', async () => {
    const { client, states, step, podNamed, kubelets } = await started()
    await client.create('pods', pod('web'))
    await settle()
    await step(100)
    expect(states).to.deep.equal(['Pending -', 'Pending ContainerCreating', 'Running running'])
    expect(podNamed('web')?.status).to.deep.include({
      podIP: '10.244.0.2',
      hostIP: '172.18.0.2',
      observedGeneration: 1,
    })
    const events = client.objects('events') as Event[]
    expect(
      events.filter(({ involvedObject }) => involvedObject.kind === 'Pod').map(({ reason }) => reason),
    ).to.deep.equal(['Pulling', 'Pulled', 'Created', 'Started'])
    expect(events.at(-1)).to.deep.include({ source: { component: 'kubelet', host: 'kubeling-node-1' } })
    expect(events.at(-1)?.involvedObject.fieldPath).to.equal('spec.containers{c}')
    await kubelets.close()
  })

  it('stops a pod that is being deleted, and then removes it', async () => {
    const { client, states, step, podNamed, kubelets } = await started()
    await client.create('pods', pod('web'))
    await settle()
    await step(100)
    states.length = 0
    await client.patch('pods', 'default', 'web', 'application/merge-patch+json', {
      metadata: { deletionTimestamp: '2026-01-01T00:01:00Z', deletionGracePeriodSeconds: 30 },
    })
    await settle()
    await step(200)
    expect(states).to.deep.equal(['Running running', 'Succeeded terminated', 'gone'])
    expect(podNamed('web')).to.equal(undefined)
    await kubelets.close()
  })

  it('runs init containers in order and ends the pods of a Job', async () => {
    const { client, step, podNamed, kubelets } = await started()
    const task = pod('task', {
      restartPolicy: 'Never',
      initContainers: [
        { name: 'a', image: 'a' },
        { name: 'b', image: 'b' },
      ],
    })
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true }
    await client.create('pods', { ...task, metadata: { ...task.metadata, ownerReferences: [owner] } })
    await settle()
    const seen = new Set<string>()
    for (let at = 0; at < 100; at++) {
      await step(2)
      const { initContainerStatuses = [], containerStatuses = [] } = podNamed('task')?.status ?? {}
      seen.add(
        [...initContainerStatuses, ...containerStatuses].map(({ state }) => Object.keys(state ?? {})[0]?.[0]).join(''),
      )
    }
    expect([...seen]).to.deep.equal(['www', 'rww', 'trw', 'ttw', 'ttr', 'ttt'])
    expect(podNamed('task')?.status?.phase).to.equal('Succeeded')
    await kubelets.close()
  })

  it('gives each pod an address of its own and the node address to host network pods', async () => {
    const { client, step, podNamed, kubelets } = await started()
    for (const name of ['a', 'b']) await client.create('pods', pod(name))
    await client.create('pods', pod('c', { hostNetwork: true }))
    await settle()
    await step(100)
    expect(['a', 'b', 'c'].map((name) => podNamed(name)?.status?.podIP)).to.deep.equal([
      '10.244.0.2',
      '10.244.0.3',
      '172.18.0.2',
    ])
    await kubelets.close()
  })

  it('leaves pods of other nodes alone', async () => {
    const { client, step, podNamed, kubelets } = await started()
    await client.create('pods', pod('foreign', { nodeName: 'made-by-hand' }))
    await settle()
    await step(1000)
    expect(podNamed('foreign')?.status).to.deep.equal({ phase: 'Pending' })
    await kubelets.close()
  })

  it('tries again after a conflict and after a failure', async () => {
    const { client, step, podNamed, kubelets } = await started()
    let failures = 3
    client.onCall = (call) => {
      if (!call.startsWith('update pods/status') || failures-- <= 0) return
      throw failures === 2
        ? newConflict({ group: '', resource: 'pods' }, 'web', 'the object has been modified')
        : new Error('no answer')
    }
    await client.create('pods', pod('web'))
    await settle()
    for (let second = 0; second < 10; second++) await step(1000)
    expect(podNamed('web')?.status?.phase).to.equal('Running')
    await kubelets.close()
  })

  it('goes on after a conflict as soon as the watch has the newer version', async () => {
    const { client, states, step, kubelets } = await started()
    let refusals = 1
    client.onCall = (call) => {
      if (call.startsWith('update pods/status') && refusals-- > 0)
        throw newConflict({ group: '', resource: 'pods' }, 'web', 'the object has been modified')
    }
    await client.create('pods', pod('web'))
    await settle()
    expect(states).to.deep.equal(['Pending -'])
    await client.patch('pods', 'default', 'web', 'application/merge-patch+json', { metadata: { labels: { a: 'b' } } })
    await settle()
    expect(states.at(-1)).to.equal('Pending ContainerCreating')
    await step(100)
    expect(states.at(-1)).to.equal('Running running')
    await kubelets.close()
  })

  it('takes on more nodes while it runs, and leaves no timers when closed', async () => {
    const { client, clock, step, podNamed, kubelets } = await started()
    await client.create('pods', pod('early', { nodeName: 'later' }))
    await kubelets.add({ name: 'later', internalIP: '172.18.0.9', podCIDR: '10.244.9.0/24' })
    await settle()
    await step(100)
    expect(podNamed('early')?.status?.podIP).to.equal('10.244.9.2')
    await client.create('pods', pod('starting'))
    await settle()
    await kubelets.close()
    expect(clock.pendingTimers).to.equal(0)
  })

  it('starts a pod that found no address when one is freed', async () => {
    const clock = new FakeClock()
    const first = { ...nodeSet({ count: 1, bare: true })[0]!, podCIDR: '10.0.0.0/30' }
    const client = new FakeClient({ pods: [pod('a'), pod('b')] })
    const informers = new Informers(client, clock)
    const kubelets = startKubelets({
      clientFor: () => client,
      informers,
      clock,
      random: seededRandom(1),
      nodes: [first],
    })
    await informers.start()
    const addresses = () => client.objects('pods').map((one) => (one as Pod).status?.podIP)
    const step = async () => {
      clock.step(100)
      await settle()
    }
    await settle()
    await step()
    expect(addresses()).to.deep.equal(['10.0.0.2', undefined])
    await client.delete('pods', 'default', 'a')
    await step()
    expect(addresses()).to.deep.equal(['10.0.0.2'])
    await kubelets.close()
  })

  it('gives no new pod the address of one that it has not come to yet', async () => {
    const before = { ...pod('before'), status: { phase: 'Pending', podIP: '10.244.0.2' } }
    const { podNamed, step, kubelets } = await started({ pods: [pod('after'), before] })
    await step(100)
    expect(podNamed('after')?.status?.podIP).to.equal('10.244.0.3')
    expect(podNamed('before')?.status?.podIP).to.equal('10.244.0.2')
    await kubelets.close()
  })
})
