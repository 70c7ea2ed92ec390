// The scheduler at work against a client over a Map.
import { expect } from 'chai'
import type { Binding, Pod } from '../api/core.ts'
import { FakeClock } from '../apimachinery/clock.ts'
import { seededRandom } from '../apimachinery/names.ts'
import { newConflict } from '../apimachinery/errors.ts'
import type { KubeObject } from '../apimachinery/types.ts'
import { FakeClient } from '../client/fake-client.ts'
import { Informers } from '../client/informers.ts'
import { node, pod } from './builders.ts'
import { startScheduler } from './index.ts'

/** Everything that only waits for promises and immediates has happened. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function started(objects: Record<string, readonly KubeObject[]>) {
  const clock = new FakeClock()
  const client = new FakeClient(objects)
  const informers = new Informers(client, clock)
  const bindings: string[] = []
  const create = client.create.bind(client)
  // The client over a Map has no binding of its own: this is what the server does with one.
  client.create = async (resource, object, options) => {
    const made = await create(resource, object, options)
    if (options?.subresource !== 'binding') return made
    const { metadata, target } = object as unknown as Binding
    bindings.push(`${metadata?.name} ${target.name}`)
    await client.patch('pods', metadata?.namespace, metadata?.name ?? '', 'application/merge-patch+json', {
      spec: { nodeName: target.name },
    })
    return made
  }
  const scheduler = startScheduler({ client, informers, clock, random: seededRandom(1) })
  await informers.start()
  await settle()
  const events = () =>
    client.objects('events').map((event) => `${event['type']} ${event['reason']} ${event['message']}`)
  return { clock, client, informers, scheduler, bindings, events }
}

describe('Scheduler', () => {
  it('binds a pod and says so', async () => {
    const { bindings, events, scheduler } = await started({ nodes: [node('node-1')], pods: [pod('x')] })
    expect(bindings).to.deep.equal(['x node-1'])
    expect(events()).to.deep.equal(['Normal Scheduled Successfully assigned default/x to node-1'])
    await scheduler.close()
  })

  it('leaves pods alone that are placed, finished, being deleted or meant for another scheduler', async () => {
    const finished: Pod = { ...pod('finished'), status: { phase: 'Succeeded' } }
    const { bindings, scheduler } = await started({
      nodes: [node('n')],
      pods: [
        pod('placed', { nodeName: 'n' }),
        finished,
        pod('leaving', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
        pod('foreign', { schedulerName: 'mine' }),
      ],
    })
    expect(bindings).to.deep.equal([])
    await scheduler.close()
  })

  it('counts pods it has just placed: two that need a whole node do not share one', async () => {
    const whole = { containers: [{ name: 'c', resources: { requests: { cpu: '5' } } }] }
    const { bindings, scheduler } = await started({
      nodes: [node('a'), node('b')],
      pods: [pod('x', whole), pod('y', whole)],
    })
    expect(bindings.map((binding) => binding.split(' ')[1])).to.have.members(['a', 'b'])
    await scheduler.close()
  })

  it('tells a pod why it has no node, once, and places it when one comes', async () => {
    const { client, clock, bindings, events, scheduler } = await started({
      nodes: [node('a')],
      pods: [pod('x', { nodeSelector: { zone: 'z' } })],
    })
    const message =
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. " +
      'no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'
    expect(events()).to.deep.equal([`Warning FailedScheduling ${message}`])
    expect((client.objects('pods')[0] as Pod).status?.conditions).to.deep.equal([
      {
        type: 'PodScheduled',
        status: 'False',
        lastProbeTime: null,
        lastTransitionTime: '2026-01-01T00:00:00Z',
        reason: 'Unschedulable',
        message,
      },
    ])
    await client.create('nodes', node('b', {}, { labels: { zone: 'z' } }))
    await settle()
    expect(bindings).to.deep.equal(['x b'])
    await scheduler.close()
    expect(clock.pendingTimers).to.equal(0)
  })

  it('waits for nodes when there are none', async () => {
    const { client, bindings, events, scheduler } = await started({ pods: [pod('x')] })
    expect(events()).to.deep.equal(['Warning FailedScheduling no nodes available to schedule pods'])
    await client.create('nodes', node('a'))
    await settle()
    expect(bindings).to.deep.equal(['x a'])
    await scheduler.close()
  })

  it('tries again after a binding that failed', async () => {
    const { client, clock, bindings, scheduler } = await started({ nodes: [node('a')] })
    let refusals = 1
    client.onCall = (call) => {
      if (call.startsWith('create pods/binding') && refusals-- > 0)
        throw newConflict({ group: '', resource: 'pods' }, 'x', 'try again')
    }
    await client.create('pods', pod('x'))
    await settle()
    expect(bindings).to.deep.equal([])
    clock.step(1000)
    await settle()
    expect(bindings).to.deep.equal(['x a'])
    await scheduler.close()
  })

  it('evicts a pod of lower priority, and takes its place when it is gone', async () => {
    const half = { containers: [{ name: 'c', resources: { requests: { cpu: '5' } } }] }
    const { client, bindings, events, scheduler } = await started({
      nodes: [node('a')],
      pods: [pod('small', { nodeName: 'a', priority: 0, ...half })],
    })
    await client.create('pods', pod('big', { priority: 10, ...half }))
    await settle()
    expect(client.calls.filter((call) => call.endsWith('default/small'))).to.deep.equal([
      'patch pods/status default/small',
      'delete pods default/small',
    ])
    expect(bindings).to.deep.equal(['big a'])
    const [big] = client.objects('pods') as Pod[]
    expect(big?.status?.nominatedNodeName).to.equal('a')
    expect(events()).to.deep.equal([
      'Warning FailedScheduling 0/1 nodes are available: 1 Insufficient cpu.',
      'Normal Preempted Preempted by pod uid-big on node a',
      'Normal Scheduled Successfully assigned default/big to a',
    ])
    await scheduler.close()
  })

  it('has a volume made for the node it has chosen, and waits for it', async () => {
    const claim = {
      metadata: { name: 'c', namespace: 'default', uid: 'c' },
      spec: { storageClassName: 'dynamic', resources: { requests: { storage: '1Gi' } } },
    }
    const { client, bindings, scheduler, clock } = await started({
      nodes: [node('a')],
      persistentvolumeclaims: [claim],
      'storageclasses.storage.k8s.io': [
        { metadata: { name: 'dynamic' }, provisioner: 'd', volumeBindingMode: 'WaitForFirstConsumer' } as KubeObject,
      ],
      pods: [pod('x', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] })],
    })
    const [marked] = client.objects('persistentvolumeclaims')
    expect(marked?.metadata?.annotations).to.deep.equal({ 'volume.kubernetes.io/selected-node': 'a' })
    expect(bindings).to.deep.equal([])
    await client.patch('persistentvolumeclaims', 'default', 'c', 'application/merge-patch+json', {
      metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
      spec: { volumeName: 'v' },
    })
    await settle()
    expect(bindings).to.deep.equal(['x a'])
    await scheduler.close()
    expect(clock.pendingTimers).to.equal(0)
  })

  it('goes on when a plugin cannot make sense of a pod', async () => {
    const labelSelector = { matchExpressions: [{ key: 'a', operator: 'Nonsense' }] }
    const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector }
    const { bindings, events, scheduler } = await started({
      nodes: [node('a')],
      pods: [pod('odd', { topologySpreadConstraints: [spread] }), pod('x')],
    })
    expect(bindings).to.deep.equal(['x a'])
    expect(events()).to.include(
      'Warning FailedScheduling running PreFilter plugin "PodTopologySpread": "Nonsense" is not a valid label selector operator',
    )
    await scheduler.close()
  })

  it('explains what it would do', async () => {
    const { scheduler } = await started({ nodes: [node('a', { unschedulable: true }), node('b')] })
    const decision = scheduler.explain(pod('x'))
    expect(decision.nodeName).to.equal('b')
    expect([...decision.verdicts.keys()]).to.deep.equal(['a'])
    await scheduler.close()
  })

  it('explains a pod that is placed as if it were not, and leaves it where it is', async () => {
    const half = { containers: [{ name: 'c', resources: { requests: { cpu: '5' } } }] }
    const { scheduler } = await started({
      nodes: [node('a'), node('b')],
      pods: [pod('x', { nodeName: 'a', ...half }), pod('y', { nodeName: 'b', ...half })],
    })
    for (const _ of [1, 2]) {
      const explanation = await scheduler.explanation('default', 'x')
      expect(explanation).to.deep.include({ pod: 'x', assigned: 'a', choice: 'a' })
      expect(explanation?.nodes.find(({ name }) => name === 'b')).to.deep.equal({
        name: 'b',
        rejectedBy: 'NodeResourcesFit',
        reasons: ['Insufficient cpu'],
      })
    }
    expect(await scheduler.explanation('default', 'z')).to.equal(undefined)
    await scheduler.close()
  })
})
