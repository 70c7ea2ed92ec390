// Two that want to lead, and a Lease.
import { expect } from 'chai'
import type { Lease } from '../api/coordination.ts'
import { FakeClock } from '../apimachinery/clock.ts'
import { FakeClient } from './fake-client.ts'
import { LeaderElection } from './leader-election.ts'

describe('leader election', () => {
  let clock: FakeClock
  let client: FakeClient
  let told: string[]

  beforeEach(() => {
    clock = new FakeClock()
    client = new FakeClient()
    told = []
  })

  const elect = (identity: string): LeaderElection =>
    new LeaderElection({
      client,
      clock,
      name: 'kube-scheduler',
      identity,
      onStarted: () => void told.push(`${identity} leads`),
      onStopped: () => void told.push(`${identity} stops`),
    })
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  const pass = async (seconds: number): Promise<void> => {
    for (let passed = 0; passed < seconds; passed++) {
      clock.step(1000)
      await settle()
    }
  }
  const lease = () => client.objects('leases.coordination.k8s.io')[0] as Lease

  it('takes a Lease that nobody holds, renews it every two seconds and tells of it', async () => {
    const a = elect('a')
    await a.start()
    expect(told).to.deep.equal(['a leads'])
    expect([lease().metadata?.namespace, lease().metadata?.name]).to.deep.equal(['kube-system', 'kube-scheduler'])
    expect(lease().spec).to.deep.equal({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    })
    await pass(5)
    expect(lease().spec?.renewTime).to.equal('2026-01-01T00:00:04.000000Z')
    await a.close()
    const [event] = client.objects('events') as { reason?: string; message?: string }[]
    expect([event?.reason, event?.message]).to.deep.equal(['LeaderElection', 'a became leader'])
  })

  it('waits while another leads, and takes the Lease once it is let go', async () => {
    const a = elect('a')
    const b = elect('b')
    await a.start()
    await b.start()
    await pass(60)
    expect(told).to.deep.equal(['a leads'])
    await a.close()
    await pass(3)
    expect(told).to.deep.equal(['a leads', 'a stops', 'b leads'])
    expect(lease().spec?.leaseTransitions).to.equal(1)
    await b.close()
  })

  it('takes over a Lease that has run out', async () => {
    const spec = { holderIdentity: 'gone', leaseDurationSeconds: 15, leaseTransitions: 3 }
    await client.create('leases.coordination.k8s.io', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'kube-scheduler', namespace: 'kube-system' },
      spec,
    } as Lease)
    const a = elect('a')
    await a.start()
    await pass(14)
    expect(told).to.deep.equal([])
    await pass(3)
    expect(told).to.deep.equal(['a leads'])
    expect(lease().spec?.leaseTransitions).to.equal(4)
    await a.close()
  })

  it('is at once back where it led before', async () => {
    const a = elect('a')
    await a.start()
    client.onCall = (call) => {
      if (call.startsWith('update leases')) throw new Error('cut off')
    }
    await a.close()
    client.onCall = () => {}
    const again = elect('a')
    await again.start()
    expect(told).to.deep.equal(['a leads', 'a stops', 'a leads'])
    await again.close()
  })

  it('stops when it cannot renew in time, and when somebody else has taken the Lease', async () => {
    const a = elect('a')
    await a.start()
    client.onCall = (call) => {
      if (call.includes('leases')) throw new Error('cut off')
    }
    await pass(9)
    expect(told).to.deep.equal(['a leads'])
    await pass(3)
    expect(told).to.deep.equal(['a leads', 'a stops'])
    client.onCall = () => {}
    await pass(2)
    expect(told).to.deep.equal(['a leads', 'a stops', 'a leads'])
    await client.patch('leases.coordination.k8s.io', 'kube-system', 'kube-scheduler', 'application/merge-patch+json', {
      spec: { holderIdentity: 'b' },
    })
    await pass(4)
    expect(told).to.deep.equal(['a leads', 'a stops', 'a leads', 'a stops'])
    await a.close()
  })
})
