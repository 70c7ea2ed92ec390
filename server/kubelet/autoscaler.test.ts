// Nodes that come for pods without a place, and go when they are empty.
import { expect } from 'chai'
import type { Event, Node, Pod } from '../api/core.ts'
import { FakeClock } from '../apimachinery/clock.ts'
import { FakeClient } from '../client/fake-client.ts'
import { Informers } from '../client/informers.ts'
import { NodeAutoscaler } from './autoscaler.ts'
import { nodeObject, nodeSet } from './node-object.ts'

describe('node autoscaler', () => {
  let clock: FakeClock
  let client: FakeClient
  let informers: Informers
  let autoscaler: NodeAutoscaler
  let problems: string[]
  let kubelets: Set<string>

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  const step = async (ms: number): Promise<void> => {
    clock.step(ms)
    await settle()
  }
  const names = (): string[] => (client.objects('nodes') as Node[]).map(({ metadata }) => metadata!.name!).toSorted()
  const told = (): string[] =>
    (client.objects('events') as Event[]).map(
      ({ involvedObject, reason, message }) => `${involvedObject.name} ${reason}: ${message}`,
    )

  beforeEach(async () => {
    clock = new FakeClock()
    problems = []
    kubelets = new Set()
    const nodes = nodeSet({ count: 3, bare: true })
    client = new FakeClient({ nodes: [nodeObject(nodes[0]!, () => 0, clock.now())] })
    informers = new Informers(client, clock)
    autoscaler = new NodeAutoscaler({
      client,
      informers,
      clock,
      min: 1,
      nodes,
      add: async (node) => {
        if (kubelets.has(node.name)) throw new Error(`node ${node.name} is here already`)
        kubelets.add(node.name)
        const object = nodeObject(node, () => 0, clock.now())
        await client.create('nodes', object)
      },
      remove: async (name) => void kubelets.delete(name),
      onError: (node, error) => void problems.push(`${node}: ${String(error)}`),
    })
    await informers.start()
  })

  afterEach(async () => {
    await autoscaler.close()
    await informers.close()
    expect(problems).to.deep.equal([])
  })

  const pending = (name: string, spec: Partial<NonNullable<Pod['spec']>> = {}, cpu = '5'): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu } } }], ...spec },
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }],
    },
  })

  it('adds as many nodes as the pods fill, and says which pods it was for', async () => {
    await client.create('pods', pending('a'))
    await client.create('pods', pending('b'))
    await settle()
    await step(100)
    expect(names()).to.deep.equal(['kubeling-node-1', 'kubeling-node-2', 'kubeling-node-3'])
    expect(told()).to.deep.equal([
      'a TriggeredScaleUp: pod triggered scale-up: [{kubeling 1->3 (max: 3)}]',
      'b TriggeredScaleUp: pod triggered scale-up: [{kubeling 1->3 (max: 3)}]',
    ])
  })

  it('replaces a node that somebody deleted', async () => {
    await client.create('pods', pending('a'))
    await settle()
    await step(100)
    expect(names()).to.deep.equal(['kubeling-node-1', 'kubeling-node-2'])
    await client.delete('nodes', undefined, 'kubeling-node-2')
    await client.create('pods', pending('b'))
    await settle()
    await step(100)
    expect(names()).to.deep.equal(['kubeling-node-1', 'kubeling-node-2'])
  })

  it('puts small pods together', async () => {
    for (const name of ['a', 'b', 'c']) await client.create('pods', pending(name, {}, '2'))
    await settle()
    await step(100)
    expect(names()).to.deep.equal(['kubeling-node-1', 'kubeling-node-2'])
  })

  it('says once why a new node would not help', async () => {
    await client.create('pods', pending('large', {}, '100'))
    await client.create('pods', pending('picky', { nodeSelector: { disk: 'ssd' } }))
    await settle()
    await step(100)
    await client.create('pods', pending('another', {}, '100'))
    await settle()
    await step(100)
    expect(names()).to.deep.equal(['kubeling-node-1'])
    expect(told()).to.deep.equal([
      "large NotTriggerScaleUp: pod didn't trigger scale-up: 1 Insufficient cpu",
      "picky NotTriggerScaleUp: pod didn't trigger scale-up: 1 node(s) didn't match Pod's node affinity/selector",
      "another NotTriggerScaleUp: pod didn't trigger scale-up: 1 Insufficient cpu",
    ])
  })

  it('stops at the largest size', async () => {
    for (const name of ['a', 'b', 'c']) await client.create('pods', pending(name))
    await settle()
    await step(100)
    expect(names()).to.have.length(3)
    expect(told()).to.include("c NotTriggerScaleUp: pod didn't trigger scale-up: 1 max node group size reached")
  })

  it('removes nodes that have been empty for ten minutes, never the first ones', async () => {
    await client.create('pods', pending('a'))
    await settle()
    await step(100)
    expect(names()).to.have.length(2)
    await client.patch('pods', 'default', 'a', 'application/merge-patch+json', {
      spec: { nodeName: 'kubeling-node-2' },
    })
    await settle()
    await step(20 * 60_000)
    expect(names()).to.have.length(2)
    await client.delete('pods', 'default', 'a')
    await settle()
    await step(100)
    await step(9 * 60_000)
    expect(names()).to.have.length(2)
    await step(61_000)
    expect(names()).to.deep.equal(['kubeling-node-1'])
    expect(told()).to.include('kubeling-node-2 ScaleDown: marked the node as toBeDeleted/unschedulable')
  })
})
