// The controller runner: from events to keys, from actions to calls, and what happens when calls fail.
import { expect } from 'chai'
import { FakeClock } from '../apimachinery/clock.ts'
import { newForbidden } from '../apimachinery/errors.ts'
import type { KubeObject } from '../apimachinery/types.ts'
import { batch, create, event, remove, requeueAfter, retry, update, updateStatus, type Action } from './action.ts'
import { defineController, type ControllerDefinition, type Listers } from './controller.ts'
import { FakeClient } from './fake-client.ts'
import { Informers } from './informers.ts'

interface Owner extends KubeObject {
  spec?: { replicas: number }
  status?: { replicas: number }
}

const owner: Owner = {
  kind: 'Owner',
  metadata: { name: 'web', namespace: 'default', uid: 'u1' },
  spec: { replicas: 3 },
  status: { replicas: 0 },
}

function pod(name: string): KubeObject {
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Owner', name: 'web', uid: 'u1', controller: true }]
  return { kind: 'Pod', metadata: { name, namespace: 'default', ownerReferences } }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Runs `reconcile` over a client that holds `objects`, until nothing is left to do. */
async function run(
  reconcile: ControllerDefinition['reconcile'],
  objects: Record<string, readonly KubeObject[]> = { owners: [owner], pods: [] },
  prepare: (client: FakeClient) => void = () => {},
) {
  const client = new FakeClient(objects)
  prepare(client)
  const clock = new FakeClock()
  const informers = new Informers(client, clock)
  const errors: string[] = []
  const controller = defineController({
    name: 'test-controller',
    watches: [
      { resource: 'owners', enqueue: 'self' },
      { resource: 'pods', enqueue: { owner: 'Owner' } },
    ],
    reconcile,
  }).start({
    informers,
    clientFor: () => client,
    clock,
    onError: (_name, key, error) => errors.push(`${key}: ${String(error)}`),
  })
  await informers.start()
  await settle()
  await controller.settled()
  const writes = (): string[] => client.calls.filter((call) => !/^(list|watch) /.test(call))
  return { client, clock, controller, errors, writes }
}

function podsOf(listers: Listers): number {
  return listers.of('pods').byIndex('owner', 'u1').length
}

describe('controller runner', () => {
  it('never creates twice: a key waits until its writes are seen', async () => {
    const counts: number[] = []
    const { client } = await run((_key, listers) => {
      counts.push(podsOf(listers))
      const missing = 3 - podsOf(listers)
      return Array.from({ length: missing }, (_, number) => create('pods', pod(`p${number}`)))
    })
    expect(client.objects('pods').length).to.equal(3)
    expect(counts).to.deep.equal([0, 3])
  })

  it('brings the key of the owner before and after a change', async () => {
    const keys: string[] = []
    const { client, controller } = await run((key) => (keys.push(key), []), { owners: [owner], pods: [pod('a')] })
    keys.length = 0
    const taken = pod('a')
    taken.metadata = {
      ...taken.metadata,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Owner', name: 'other', uid: 'u2', controller: true }],
    }
    await client.update('pods', taken)
    await controller.settled()
    expect(keys).to.deep.equal(['default/web', 'default/other'])
  })

  it('leaves out a status that is there already', async () => {
    const { writes } = await run((_key, listers) => {
      const known = listers.of<Owner>('owners').get('default', 'web')
      return known === undefined ? [] : [updateStatus('owners', { ...known, status: { replicas: 0 } })]
    })
    expect(writes()).to.deep.equal([])
  })

  it('tries again after a conflict without a word', async () => {
    let first = true
    const { client, clock, errors, writes } = await run((_key, listers) => {
      const known = listers.of<Owner>('owners').get('default', 'web')
      if (known === undefined || known.spec?.replicas === 5) return []
      const metadata = first ? { ...known.metadata, resourceVersion: '1' } : known.metadata
      first = false
      return [update('owners', { ...known, metadata, spec: { replicas: 5 } })]
    })
    clock.step(5)
    await settle()
    expect(writes()).to.deep.equal(['update owners default/web', 'update owners default/web'])
    expect(errors).to.deep.equal([])
    expect(client.objects('owners')[0]).to.deep.include({ spec: { replicas: 5 } })
  })

  it('starts slowly and stops asking once refused', async () => {
    let sent = 0
    let outcomes = ''
    const { errors } = await run(
      (_key, listers): Action[] =>
        podsOf(listers) > 0
          ? []
          : [
              batch(
                Array.from({ length: 20 }, (_, number) => create('pods', pod(`p${number}`))),
                {
                  slowStart: true,
                  then: (ended) => {
                    outcomes = ended.map(({ error }) => (error === undefined ? '+' : '-')).join('')
                    return []
                  },
                },
              ),
            ],
      undefined,
      (client) => {
        client.onCall = (call) => {
          if (call.startsWith('create pods') && ++sent > 5)
            throw newForbidden({ group: '', resource: 'pods' }, '', 'exceeded quota')
        }
      },
    )
    expect(outcomes).to.equal('+++++--')
    expect(errors).to.deep.equal([])
  })

  it('hands the outcome of a write on, and reports what nobody handles', async () => {
    const refuse = (client: FakeClient): void => {
      client.onCall = (call) => {
        if (call.startsWith('create pods')) throw newForbidden({ group: '', resource: 'pods' }, '', 'no')
      }
    }
    const subject = { kind: 'Owner', name: 'web', namespace: 'default' }
    const handled = await run(
      () => [
        create('pods', pod('a'), ({ error }) => [event(subject, 'Warning', 'FailedCreate', String(error?.message))]),
      ],
      undefined,
      refuse,
    )
    expect(handled.client.objects('events')[0]).to.deep.include({ message: 'pods is forbidden: no' })
    expect(handled.errors).to.deep.equal([])
    const unhandled = await run(() => [create('pods', pod('a'))], undefined, refuse)
    for (let tries = 0; tries < 8; tries++) {
      unhandled.clock.step(1000)
      await settle()
    }
    expect(unhandled.errors, 'once, as it does not end').to.deep.equal([
      'default/web: StatusError: pods is forbidden: no',
    ])
  })

  it('tells of a failure that is not the server at once, and of a planned retry when it does not end', async () => {
    const broken = await run(() => {
      throw new TypeError('a mistake')
    })
    expect(broken.errors).to.deep.equal(['default/web: TypeError: a mistake'])
    const planned = await run(() => [retry(new Error('not yet'))])
    expect(planned.errors).to.deep.equal([])
    for (let tries = 0; tries < 8; tries++) {
      planned.clock.step(1000)
      await settle()
    }
    expect(planned.errors).to.deep.equal(['default/web: PlannedRetry: not yet'])
  })

  it('deletes what is there and is content when it is gone already', async () => {
    const { errors, client } = await run(
      (_key, listers) => [
        ...listers
          .of('pods')
          .list()
          .map((each) => remove('pods', each)),
        remove('pods', pod('gone')),
      ],
      {
        owners: [owner],
        pods: [pod('a'), pod('b')],
      },
    )
    expect(client.objects('pods')).to.deep.equal([])
    expect(errors).to.deep.equal([])
  })

  it('comes back when asked to', async () => {
    let count = 0
    const { clock, controller } = await run(() => (++count < 3 ? [requeueAfter(9000), requeueAfter(1000)] : []))
    expect(count).to.equal(1)
    clock.step(1000)
    await controller.settled()
    expect(count).to.equal(2)
  })
})
