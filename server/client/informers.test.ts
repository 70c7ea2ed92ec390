// Informers: listers, indexes, and what happens when a watch ends.
import { expect } from 'chai'
import { FakeClock } from '../apimachinery/clock.ts'
import { newResourceExpired } from '../apimachinery/errors.ts'
import type { KubeObject } from '../apimachinery/types.ts'
import { FakeClient } from './fake-client.ts'
import { keyOf, splitKey } from './indexer.ts'
import { Informers } from './informers.ts'

interface Pod extends KubeObject {
  spec?: { nodeName?: string }
}

function pod(name: string, nodeName?: string, namespace = 'default'): Pod {
  return { kind: 'Pod', metadata: { name, namespace }, ...(nodeName === undefined ? {} : { spec: { nodeName } }) }
}

/** Lets every pending promise run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function started(client: FakeClient, clock = new FakeClock()) {
  const informers = new Informers(client, clock)
  const pods = informers.for<Pod>('pods')
  const events: string[] = []
  pods.onEvents((run) => events.push(...run.map(({ type, object }) => `${type} ${object.metadata.name}`)))
  await informers.start()
  await settle()
  return { informers, pods, events, clock }
}

describe('informers', () => {
  it('lists what is there and follows changes', async () => {
    const client = new FakeClient({ pods: [pod('a')] })
    const { pods, events } = await started(client)
    await client.create('pods', pod('b'))
    await client.update('pods', pod('b', 'node1'))
    await client.delete('pods', 'default', 'a')
    expect(events).to.deep.equal(['ADDED a', 'ADDED b', 'MODIFIED b', 'DELETED a'])
    expect(pods.lister.list().map((each) => each.metadata.name)).to.deep.equal(['b'])
    expect(pods.lister.get('default', 'b')?.spec?.nodeName).to.equal('node1')
  })

  it('keeps indexes up to date', async () => {
    const client = new FakeClient({ pods: [pod('a', 'node1'), pod('b', undefined, 'other')] })
    const { pods } = await started(client)
    pods.addIndex('name', (object) => [object.metadata.name])
    await client.update('pods', pod('b', 'node1', 'other'))
    expect(pods.lister.byIndex('node', 'node1').map(keyOf)).to.deep.equal(['default/a', 'other/b'])
    expect(pods.lister.list('other').map(keyOf)).to.deep.equal(['other/b'])
    await client.delete('pods', 'default', 'a')
    expect(pods.lister.byIndex('node', 'node1').map(keyOf)).to.deep.equal(['other/b'])
    expect(pods.lister.byIndex('name', 'b').map(keyOf)).to.deep.equal(['other/b'])
  })

  it('brings an event to all handlers when one of them throws', async () => {
    const client = new FakeClient({})
    const failures: string[] = []
    const informers = new Informers(client, new FakeClock(), (resource, error) =>
      failures.push(`${resource}: ${String(error)}`),
    )
    const pods = informers.for<Pod>('pods')
    const seen: string[] = []
    pods.onEvents(() => {
      throw new Error('not my day')
    })
    pods.onEvents((run) => seen.push(...run.map(({ type, object }) => `${type} ${object.metadata.name}`)))
    await informers.start()
    await client.create('pods', pod('a'))
    await client.create('pods', pod('b'))
    expect(seen).to.deep.equal(['ADDED a', 'ADDED b'])
    expect(failures).to.deep.equal(['pods: Error: not my day', 'pods: Error: not my day'])
  })

  it('tells a late handler what is there', async () => {
    const { pods } = await started(new FakeClient({ pods: [pod('a')] }))
    const seen: string[] = []
    pods.onEvents((run) => seen.push(...run.map(({ type, object }) => `${type} ${object.metadata.name}`)))
    expect(seen).to.deep.equal(['ADDED a'])
  })

  it('tells a handler nothing more once it wants no more', async () => {
    const client = new FakeClient({ pods: [] })
    const informers = new Informers(client, new FakeClock())
    const told: string[] = []
    const unsubscribe = informers.for('pods').onEvents((events) => told.push(...events.map(({ type }) => type)))
    await informers.start()
    await client.create('pods', { metadata: { name: 'a', namespace: 'default' } })
    unsubscribe()
    await client.create('pods', { metadata: { name: 'b', namespace: 'default' } })
    expect(told).to.deep.equal(['ADDED'])
    await informers.close()
  })

  it('lists again after the history is gone and reports the difference', async () => {
    const client = new FakeClient({ pods: [pod('a'), pod('b')] })
    const { events, clock } = await started(client)
    client.closeWatches(newResourceExpired('too old resource version'))
    await client.delete('pods', 'default', 'a')
    await client.create('pods', pod('c'))
    clock.step(0)
    await settle()
    expect(events).to.deep.equal(['ADDED a', 'ADDED b', 'ADDED c', 'DELETED a'])
    await client.create('pods', pod('d'))
    expect(events.at(-1)).to.equal('ADDED d')
  })

  it('tries again with growing pauses while the server does not answer', async () => {
    const client = new FakeClient()
    client.onCall = () => {
      throw new Error('connection refused')
    }
    const clock = new FakeClock()
    const informers = new Informers(client, clock)
    const pods = informers.for('pods')
    void informers.start()
    for (const [stepMs, calls] of [
      [0, 1],
      [100, 2],
      [100, 2],
      [100, 3],
      [400, 4],
    ] as const) {
      clock.step(stepMs)
      await settle()
      expect(client.calls.length).to.equal(calls)
    }
    client.onCall = () => {}
    clock.step(800)
    await pods.synced
  })

  it('waits for a condition, but not for ever', async () => {
    const client = new FakeClient()
    const { pods, clock } = await started(client)
    const seen = pods.waitFor(() => pods.lister.get('default', 'a') !== undefined, 1000)
    await client.create('pods', pod('a'))
    await seen
    const never = pods.waitFor(() => false, 1000)
    clock.step(1000)
    await never
  })

  it('splits keys', () => {
    expect(splitKey('ns/a')).to.deep.equal({ namespace: 'ns', name: 'a' })
    expect(splitKey('a')).to.deep.equal({ namespace: '', name: 'a' })
  })
})
