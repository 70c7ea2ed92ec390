// Quotas are counted anew when they are new, and when something that counts has gone.
import { expect } from 'chai'
import type { ResourceQuota } from '../api/core.ts'
import { FakeClock } from '../apimachinery/clock.ts'
import type { AnyObject, KubeObject } from '../apimachinery/types.ts'
import { FakeClient } from '../client/fake-client.ts'
import { Informers } from '../client/informers.ts'
import { resourcequota } from './resourcequota.ts'
import { pod } from './testing.ts'

async function started(objects: Record<string, readonly KubeObject[]>) {
  const clock = new FakeClock()
  const client = new FakeClient(objects)
  const informers = new Informers(client, clock)
  const controller = resourcequota.start({ informers, clock, clientFor: () => client })
  await informers.start()
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    await controller.settled()
  }
  await settle()
  const status = () => (client.objects('resourcequotas')[0] as unknown as ResourceQuota).status
  return { client, clock, controller, settle, status }
}

const quota = (hard: Record<string, string>): ResourceQuota => ({
  metadata: { name: 'q', namespace: 'default' },
  spec: { hard },
})

describe('resourcequota-controller', () => {
  it('counts what is there', async () => {
    const { status, controller } = await started({
      resourcequotas: [quota({ pods: '5', 'count/unheard.of': '1' })],
      pods: [pod({ name: 'a' }), pod({ name: 'b', phase: 'Failed' }), pod({ name: 'c', namespace: 'other' })],
    })
    expect(status()).to.deep.equal({ hard: { pods: '5', 'count/unheard.of': '1' }, used: { pods: '1' } })
    await controller.close()
  })

  it('counts again when something has gone or ended, not for what comes', async () => {
    const { client, settle, status, controller } = await started({
      resourcequotas: [quota({ pods: '5' })],
      pods: [pod({ name: 'a' }), pod({ name: 'b' }), pod({ name: 'c' })],
    })
    expect(status()?.used).to.deep.equal({ pods: '3' })
    await client.create('pods', pod({ name: 'd' }))
    await settle()
    expect(status()?.used).to.deep.equal({ pods: '3' })
    await client.delete('pods', 'default', 'a')
    await settle()
    expect(status()?.used).to.deep.equal({ pods: '3' })
    const ended = { status: { phase: 'Succeeded' } }
    await client.patch('pods', 'default', 'b', 'application/merge-patch+json', ended)
    await settle()
    expect(status()?.used).to.deep.equal({ pods: '2' })
    await controller.close()
  })

  it('waits until what was charged just now can be counted', async () => {
    const { client, clock, settle, status, controller } = await started({
      resourcequotas: [quota({ pods: '5' })],
      pods: [pod({ name: 'a' }), pod({ name: 'b' })],
    })
    const charged = { status: { hard: { pods: '5' }, used: { pods: '3' } } }
    await client.patch('resourcequotas', 'default', 'q', 'application/merge-patch+json', charged)
    await client.delete('pods', 'default', 'a')
    await settle()
    expect(status()?.used).to.deep.equal({ pods: '3' })
    await client.create('pods', pod({ name: 'c' }) as unknown as AnyObject)
    clock.step(300)
    await settle()
    expect(status()?.used).to.deep.equal({ pods: '2' })
    await controller.close()
  })

  it('counts again when the limits are others, and every five minutes', async () => {
    const { client, clock, settle, status, controller } = await started({
      resourcequotas: [quota({ pods: '5' })],
      pods: [pod({ name: 'a' })],
    })
    const body = { spec: { hard: { pods: '9' } } }
    await client.patch('resourcequotas', 'default', 'q', 'application/merge-patch+json', body)
    await settle()
    expect(status()).to.deep.equal({ hard: { pods: '9' }, used: { pods: '1' } })
    await client.create('pods', pod({ name: 'b' }) as unknown as AnyObject)
    clock.step(300_000)
    await settle()
    expect(status()?.used).to.deep.equal({ pods: '2' })
    await controller.close()
  })
})
