// The garbage collector: its graph, its decisions, and both at work on a small store.
import { expect } from 'chai'
import { FakeClock } from '../../apimachinery/clock.ts'
import type { AnyObject, KubeObject, OwnerReference } from '../../apimachinery/types.ts'
import type { WatchEvent } from '../../client/client.ts'
import { FakeClient } from '../../client/fake-client.ts'
import { Informers } from '../../client/informers.ts'
import { decide, decideWaiting, type OwnerState } from './decision.ts'
import { Graph, type StoredObject } from './graph.ts'
import { garbageCollector } from './index.ts'

interface Options {
  readonly owners?: readonly string[]
  readonly finalizers?: string[]
  readonly deleting?: boolean
  readonly blocking?: boolean
}

function object(name: string, { owners = [], finalizers, deleting, blocking = true }: Options = {}): StoredObject {
  const ownerReferences = owners.map((owner): OwnerReference => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: owner,
    uid: `uid-${owner}`,
    blockOwnerDeletion: blocking,
  }))
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(owners.length === 0 ? {} : { ownerReferences }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(deleting === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
  }
}

function event(type: WatchEvent['type'], of: StoredObject): WatchEvent {
  return { type, object: of } as WatchEvent
}

describe('garbage collector graph', () => {
  const names = (nodes: readonly { object: StoredObject }[]): string[] => nodes.map((node) => node.object.metadata.name)

  it('finds dependents, and has them checked when their owner is gone', () => {
    const graph = new Graph()
    graph.apply('configmaps', event('ADDED', object('owner')))
    expect(names(graph.apply('configmaps', event('ADDED', object('dep', { owners: ['owner'] }))).check)).to.deep.equal(
      [],
    )
    expect(names(graph.dependentsOf('uid-owner'))).to.deep.equal(['dep'])
    expect(names(graph.apply('configmaps', event('DELETED', object('owner'))).check)).to.deep.equal(['dep'])
  })

  it('has an object checked whose owner was never seen', () => {
    expect(
      names(new Graph().apply('configmaps', event('ADDED', object('dep', { owners: ['owner'] }))).check),
    ).to.deep.equal(['dep'])
  })

  it('forgets owners that an object no longer names', () => {
    const graph = new Graph()
    graph.apply('configmaps', event('ADDED', object('owner')))
    graph.apply('configmaps', event('ADDED', object('dep', { owners: ['owner'] })))
    graph.apply('configmaps', event('MODIFIED', object('dep')))
    expect(graph.dependentsOf('uid-owner')).to.deep.equal([])
  })

  it('has all dependents checked when foreground deletion begins, and the owner when one of them goes', () => {
    const graph = new Graph()
    graph.apply('configmaps', event('ADDED', object('owner')))
    graph.apply('configmaps', event('ADDED', object('dep', { owners: ['owner'] })))
    const deleting = object('owner', { finalizers: ['foregroundDeletion'], deleting: true })
    expect(names(graph.apply('configmaps', event('MODIFIED', deleting)).check)).to.deep.equal(['owner', 'dep'])
    expect(
      names(graph.apply('configmaps', event('DELETED', object('dep', { owners: ['owner'] }))).check),
    ).to.deep.equal(['owner'])
  })

  it('has an owner orphaned that is deleted so', () => {
    const graph = new Graph()
    const deleting = object('owner', { finalizers: ['orphan'], deleting: true })
    expect(names(graph.apply('configmaps', event('ADDED', deleting)).orphan)).to.deep.equal(['owner'])
  })
})

describe('garbage collector decisions', () => {
  const cases: {
    name: string
    of: StoredObject
    states?: Record<string, OwnerState>
    dependents?: StoredObject[]
    then: unknown
  }[] = [
    { name: 'keeps what has no owner', of: object('a'), then: { do: 'keep' } },
    {
      name: 'keeps what is being deleted already',
      of: object('a', { owners: ['o'], deleting: true }),
      states: { o: 'absent' },
      then: { do: 'keep' },
    },
    {
      name: 'keeps what has an owner',
      of: object('a', { owners: ['o'] }),
      states: { o: 'solid' },
      then: { do: 'keep' },
    },
    {
      name: 'deletes with the last owner',
      of: object('a', { owners: ['o', 'p'] }),
      states: { o: 'absent', p: 'absent' },
      then: { do: 'delete', propagationPolicy: 'Background' },
    },
    {
      name: 'lets go of an absent owner while another stays',
      of: object('a', { owners: ['o', 'p'] }),
      states: { o: 'absent', p: 'solid' },
      then: {
        do: 'setOwners',
        ownerReferences: object('a', { owners: ['p'] }).metadata.ownerReferences,
        thenDelete: false,
      },
    },
    {
      name: 'deletes in the foreground what has dependents itself, if its owner waits',
      of: object('a', { owners: ['o'] }),
      states: { o: 'waiting' },
      dependents: [object('b', { owners: ['a'] })],
      then: { do: 'delete', propagationPolicy: 'Foreground' },
    },
    {
      name: 'breaks a circle of objects that wait for each other',
      of: object('a', { owners: ['o'] }),
      states: { o: 'waiting' },
      dependents: [object('o', { owners: ['a'], finalizers: ['foregroundDeletion'], deleting: true })],
      then: {
        do: 'setOwners',
        ownerReferences: object('a', { owners: ['o'], blocking: false }).metadata.ownerReferences,
        thenDelete: true,
      },
    },
    {
      name: 'honours a finalizer that orphans',
      of: object('a', { owners: ['o'], finalizers: ['orphan'] }),
      states: { o: 'absent' },
      then: { do: 'delete', propagationPolicy: 'Orphan' },
    },
  ]
  for (const { name, of, states = {}, dependents = [], then } of cases) {
    it(name, () =>
      expect(decide(of, (reference) => states[reference.name] ?? 'absent', dependents)).to.deep.equal(then),
    )
  }

  it('keeps a waiting owner while a dependent blocks it', () => {
    const owner = object('o', { finalizers: ['foregroundDeletion'], deleting: true })
    expect(decideWaiting(owner, [object('a', { owners: ['o'] })])).to.deep.equal({ do: 'keep' })
    expect(decideWaiting(owner, [object('a', { owners: ['o'], blocking: false })])).to.deep.equal({
      do: 'removeFinalizer',
      finalizer: 'foregroundDeletion',
    })
  })
})

describe('garbage collector', () => {
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  async function run(objects: readonly StoredObject[]) {
    const client = new FakeClient({ configmaps: objects as unknown as KubeObject[] })
    const clock = new FakeClock()
    const informers = new Informers(client, clock)
    const controller = garbageCollector.start({ informers, clientFor: () => client, clock })
    await informers.start()
    for (let turn = 0; turn < 5; turn++) {
      await settle()
      await controller.settled()
    }
    const names = (): (string | undefined)[] =>
      client.objects('configmaps').map((each: AnyObject) => each.metadata?.name)
    return { client, controller, names }
  }

  it('deletes what depends on nothing, and what depends on that', async () => {
    const { names } = await run([
      object('keep'),
      object('a', { owners: ['gone'] }),
      object('b', { owners: ['a'] }),
      object('c', { owners: ['keep'] }),
    ])
    expect(names()).to.deep.equal(['keep', 'c'])
  })

  it('lets dependents go on their own, then the owner', async () => {
    const owner = object('owner', { finalizers: ['orphan'], deleting: true })
    const { client } = await run([owner, object('dep', { owners: ['owner'] })])
    const [first, second] = client.objects('configmaps')
    expect(first?.metadata).to.not.have.property('finalizers')
    expect(second?.metadata).to.not.have.property('ownerReferences')
  })

  it('asks once for an absent owner of many', async () => {
    const { client, names } = await run([1, 2, 3].map((number) => object(`d${number}`, { owners: ['gone'] })))
    expect(names()).to.deep.equal([])
    expect(client.calls.filter((call) => call === 'get configmaps default/gone').length).to.be.at.most(3)
  })
})
