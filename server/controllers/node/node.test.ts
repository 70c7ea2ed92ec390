// Node life cycle, taint eviction and pods of lost nodes: objects → actions.
import { expect } from 'chai'
import type * as coordination from '../../api/coordination.ts'
import type * as core from '../../api/core.ts'
import type { KubeObject, Stored } from '../../apimachinery/types.ts'
import type { Action } from '../../client/action.ts'
import { listersOf, type Controller, type ControllerDefinition } from '../../client/controller.ts'
import { ago, node, NOW, pod, TIME, told, written } from '../testing.ts'
import { KnownNodes, nodeLifecycle, reconcileNode } from './lifecycle.ts'
import { podGarbageCollector, reconcileMissingNode, reconcileTerminating } from './pod-garbage-collector.ts'
import { Evictions, reconcileEviction, taintEviction } from './taint-eviction.ts'
import { wantedTaints, type Taint } from './taints.ts'
import { EvictionLimits, isAllDisrupted } from './zones.ts'

function listers(make: () => Controller, objects: Record<string, readonly KubeObject[]>) {
  return listersOf((make() as Controller & { definition: ControllerDefinition }).definition, objects)
}

const condition = (type: string, status: string, seconds = 10): core.NodeCondition => ({
  type,
  status,
  lastHeartbeatTime: ago(seconds),
  lastTransitionTime: ago(seconds),
})
const ready = (status: string, seconds = 10): core.NodeStatus => ({ conditions: [condition('Ready', status, seconds)] })

describe('node-lifecycle-controller', () => {
  const lease = (seconds: number): Stored<coordination.Lease> => ({
    metadata: { name: 'n1', namespace: 'kube-node-lease', uid: 'l', resourceVersion: '1', creationTimestamp: ago(999) },
    spec: { renewTime: ago(seconds).replace('Z', '.000000Z') },
  })

  /** @param seenSeconds for how long nothing has been heard of the first node */
  function run(objects: Record<string, readonly KubeObject[]>, seenSeconds = 10): readonly Action[] {
    const known = new KnownNodes()
    const [first] = objects['nodes'] ?? []
    known.see(first as Stored<core.Node>, NOW - seenSeconds * 1000)
    known.register('n1', NOW)
    return reconcileNode('n1', listers(nodeLifecycle, objects), NOW, known, new EvictionLimits())
  }

  it('tells of nodes that come and go', () => {
    const known = new KnownNodes()
    const limits = new EvictionLimits()
    const there = listers(nodeLifecycle, { nodes: [node('n1', { status: ready('True') })] })
    const at = (world: typeof there, seconds: number) =>
      told(reconcileNode('n1', world, NOW + seconds * 1000, known, limits))
    expect(at(there, 0)).to.deep.equal(['requeueAfter 5000'])
    expect(at(there, 5)).to.deep.equal([
      'event RegisteredNode: Node n1 event: Registered Node n1 in Controller',
      'requeueAfter 45000',
    ])
    expect(at(there, 6)).to.deep.equal(['requeueAfter 44000'])
    expect(at(listers(nodeLifecycle, {}), 7)).to.deep.equal([
      'event RemovingNode: Node n1 event: Removing Node n1 from Controller',
    ])
  })

  it('waits as long as a heart-beat or a lease is fresh enough', () => {
    const nodes = [node('n1', { status: ready('True', 300) })]
    expect(told(run({ nodes }, 20))).to.deep.equal(['requeueAfter 30000'])
    expect(told(run({ nodes, 'leases.coordination.k8s.io': [lease(5)] }, 300))).to.deep.equal(['requeueAfter 45000'])
  })

  it('marks a silent node Unknown and its pods not ready', () => {
    const pods = [pod({ name: 'a', node: 'n1', readySeconds: 100 }), pod({ name: 'b', node: 'n2', readySeconds: 100 })]
    const actions = run({ nodes: [node('n1', { status: ready('True', 60) })], pods }, 60)
    expect(told(actions)).to.deep.equal([
      'update nodes/status n1',
      'event NodeNotReady: Node n1 status is now: NodeNotReady',
      'event NodeNotReady: Node is not ready',
      'patch pods/status a',
    ])
    const [first, second] = written<core.Node>(actions, 'nodes', 'status')?.status?.conditions ?? []
    expect(first).to.deep.equal({
      ...condition('Ready', 'Unknown', 60),
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: TIME,
    })
    expect(second).to.include({ type: 'MemoryPressure', status: 'Unknown', reason: 'NodeStatusNeverUpdated' })
  })

  it('gives a node that never spoke a minute', () => {
    expect(told(run({ nodes: [node('n1', { createdSeconds: 59 })] }))).to.deep.equal(['requeueAfter 1000'])
    const actions = run({ nodes: [node('n1', { createdSeconds: 60 })] })
    expect(told(actions)).to.deep.equal(['update nodes/status n1'])
    expect(
      written<core.Node>(actions, 'nodes', 'status')?.status?.conditions?.map(
        ({ type, reason }) => `${type} ${reason}`,
      ),
    ).to.deep.equal([
      'Ready NodeStatusNeverUpdated',
      'MemoryPressure NodeStatusNeverUpdated',
      'DiskPressure NodeStatusNeverUpdated',
      'PIDPressure NodeStatusNeverUpdated',
    ])
  })

  it('gives nodes the old names of labels, too', () => {
    const actions = run({ nodes: [node('n1', { labels: { 'kubernetes.io/os': 'linux' }, status: ready('True') })] })
    const [first] = actions
    expect(first?.do === 'patch' && first.patch).to.deep.equal({
      metadata: { labels: { 'beta.kubernetes.io/os': 'linux' } },
    })
  })

  describe('empties nodes', () => {
    const failed = (name: string, zone = 'z') =>
      node(name, { labels: { 'topology.kubernetes.io/zone': zone }, status: ready('Unknown') })
    const fine = (name: string) => node(name, { status: ready('True') })

    it('one after the other in a zone, and each zone by itself', () => {
      const limits = new EvictionLimits()
      const nodes = [failed('a'), failed('b'), failed('c', 'other'), fine('d')]
      expect(limits.ask(nodes[0]!, nodes, NOW)).to.deep.equal({ mayEvict: 'yes' })
      expect(limits.ask(nodes[1]!, nodes, NOW + 4000)).to.deep.equal({ mayEvict: 'wait', waitMs: 6000 })
      expect(limits.ask(nodes[2]!, nodes, NOW + 4000)).to.deep.equal({ mayEvict: 'yes' })
      expect(limits.ask(nodes[1]!, nodes, NOW + 10_000)).to.deep.equal({ mayEvict: 'yes' })
    })

    it('not where most of a small zone fails', () => {
      const nodes = ['a', 'b', 'c'].map((name) => failed(name, ''))
      expect(new EvictionLimits().ask(nodes[0]!, [...nodes, fine('d')], NOW)).to.deep.equal({ mayEvict: 'wait' })
    })

    it('not when none is ready', () => {
      const nodes = [failed('a'), failed('b')]
      expect(isAllDisrupted(nodes)).to.equal(true)
      expect(new EvictionLimits().ask(nodes[0]!, nodes, NOW)).to.deep.equal({ mayEvict: 'never' })
      const tainted = {
        ...nodes[0]!,
        spec: { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }] },
      }
      const effects = (mayEvict: 'yes' | 'never') => wantedTaints(tainted, NOW, mayEvict).map(({ effect }) => effect)
      expect(effects('yes')).to.deep.equal(['NoExecute', 'NoSchedule'])
      expect(effects('never')).to.deep.equal(['NoSchedule'])
    })
  })

  describe('taints', () => {
    const taint = (key: string, effect: string): Taint => ({ key: `node.kubernetes.io/${key}`, effect })
    const cases: { name: string; spec: core.NodeSpec; status?: core.NodeStatus; then: string[] }[] = [
      {
        name: 'none on a ready node',
        spec: { taints: [taint('not-ready', 'NoSchedule')] },
        status: ready('True'),
        then: [],
      },
      {
        name: 'unreachable with both effects',
        spec: {},
        status: ready('Unknown'),
        then: ['unreachable:NoSchedule', 'unreachable:NoExecute'],
      },
      {
        name: 'not-ready in place of unreachable',
        spec: { taints: [taint('unreachable', 'NoSchedule'), taint('unreachable', 'NoExecute')] },
        status: ready('False'),
        then: ['not-ready:NoSchedule', 'not-ready:NoExecute'],
      },
      {
        name: 'unschedulable',
        spec: { unschedulable: true },
        status: ready('True'),
        then: ['unschedulable:NoSchedule'],
      },
      {
        name: 'pressure',
        spec: {},
        status: { conditions: [condition('Ready', 'True'), condition('DiskPressure', 'True')] },
        then: ['disk-pressure:NoSchedule'],
      },
      {
        name: 'those of others as they are',
        spec: { taints: [{ key: 'node.kubernetes.io/mine', effect: 'NoExecute' }] },
        status: ready('True'),
        then: ['mine:NoExecute'],
      },
    ]
    for (const { name, spec, status, then } of cases) {
      it(name, () => {
        const found = wantedTaints(node('n1', { spec, ...(status === undefined ? {} : { status }) }), NOW)
        expect(found.map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`)).to.deep.equal(
          then,
        )
      })
    }

    it('are written when they change', () => {
      const actions = run({ nodes: [node('n1', { spec: { unschedulable: true }, status: ready('True') })] })
      expect(told(actions)).to.deep.equal(['patch nodes n1', 'requeueAfter 40000'])
    })
  })
})

describe('taint-eviction-controller', () => {
  const tainted = node('n1', { spec: { taints: [{ key: 'k', effect: 'NoExecute' }] } })
  const tolerating = (seconds?: number): Stored<core.Pod> => {
    const toleration = {
      key: 'k',
      operator: 'Exists',
      ...(seconds === undefined ? {} : { tolerationSeconds: seconds }),
    }
    return pod({ name: 'a', node: 'n1', spec: { tolerations: [toleration] } })
  }
  const run = (objects: Record<string, readonly KubeObject[]>, evictions = new Evictions(), now = NOW): string[] =>
    told(reconcileEviction('default/a', listers(taintEviction, objects), now, evictions))

  it('evicts at once what does not tolerate the taint', () => {
    expect(run({ nodes: [tainted], pods: [pod({ name: 'a', node: 'n1' })] })).to.deep.equal([
      'event TaintManagerEviction: Marking for deletion Pod default/a',
      'patch pods/status a',
      'delete pods a',
    ])
  })

  it('evicts when the time of toleration is over', () => {
    const evictions = new Evictions()
    const objects = { nodes: [tainted], pods: [tolerating(30)] }
    expect(run(objects, evictions)).to.deep.equal(['requeueAfter 30000'])
    expect(run(objects, evictions, NOW + 10_000)).to.deep.equal(['requeueAfter 20000'])
    expect(run(objects, evictions, NOW + 30_000)[2]).to.equal('delete pods a')
  })

  it('changes its mind when the taint goes', () => {
    const evictions = new Evictions()
    run({ nodes: [tainted], pods: [tolerating(30)] }, evictions)
    expect(run({ nodes: [node('n1')], pods: [tolerating(30)] }, evictions)).to.deep.equal([
      'event TaintManagerEviction: Cancelling deletion of Pod default/a',
    ])
    expect(run({ nodes: [node('n1')], pods: [tolerating(30)] }, evictions)).to.deep.equal([])
  })

  it('leaves alone what tolerates for ever, and what is being deleted', () => {
    expect(run({ nodes: [tainted], pods: [tolerating()] })).to.deep.equal([])
    expect(run({ nodes: [tainted], pods: [pod({ name: 'a', node: 'n1', deleting: true })] })).to.deep.equal([])
  })
})

describe('pod-garbage-collector-controller', () => {
  const run = (objects: Record<string, readonly KubeObject[]>, missing: Map<string, number>, now = NOW): string[] =>
    told(reconcileMissingNode('n1', listers(podGarbageCollector, objects), now, missing))

  it('deletes the pods of a node that stays away', () => {
    const missing = new Map<string, number>()
    const pods = [
      pod({ name: 'a', node: 'n1' }),
      pod({ name: 'b', node: 'n1', phase: 'Succeeded' }),
      pod({ name: 'c', node: 'n2' }),
    ]
    expect(run({ pods }, missing)).to.deep.equal(['requeueAfter 40000'])
    expect(run({ pods }, missing, NOW + 40_000)).to.deep.equal([
      'patch pods/status a',
      'delete pods a',
      'delete pods b',
    ])
  })

  it('forgets a node that comes back', () => {
    const missing = new Map([['n1', NOW - 60_000]])
    expect(run({ nodes: [node('n1')], pods: [pod({ name: 'a', node: 'n1' })] }, missing)).to.deep.equal([])
    expect(missing.size).to.equal(0)
  })

  const leaving = (name: string, seconds: number, nodeName?: string): Stored<core.Pod> => {
    const made = pod({ name, ...(nodeName === undefined ? {} : { node: nodeName }) })
    return { ...made, metadata: { ...made.metadata, deletionTimestamp: ago(seconds) } }
  }
  const terminating = (objects: Record<string, readonly KubeObject[]>): string[] =>
    told(reconcileTerminating('default/a', listers(podGarbageCollector, objects), NOW))

  it('ends pods that go without ever having had a node', () => {
    expect(terminating({ pods: [leaving('a', 4)] })).to.deep.equal(['requeueAfter 6000'])
    expect(terminating({ pods: [leaving('a', 10)] })).to.deep.equal(['patch pods/status a', 'delete pods a'])
  })

  it('ends pods that go on a node out of service', () => {
    const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }]
    const out = node('n1', { spec: { taints }, status: ready('Unknown') })
    const pods = [leaving('a', 0, 'n1')]
    expect(terminating({ pods, nodes: [out] })).to.deep.equal(['patch pods/status a', 'delete pods a'])
    expect(terminating({ pods, nodes: [node('n1', { spec: { taints }, status: ready('True') })] })).to.deep.equal([])
  })
})
