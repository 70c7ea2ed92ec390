// The event recorder: form, counting, combining and dropping.
import { expect } from 'chai'
import type { Event } from '../api/core.ts'
import { FakeClock } from '../apimachinery/clock.ts'
import { newForbidden } from '../apimachinery/errors.ts'
import { EventRecorder, MAX_WRITES, subjectOf } from './events.ts'
import { FakeClient } from './fake-client.ts'

const subject = subjectOf(
  { metadata: { name: 'web', namespace: 'default', uid: 'u1' } },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
)

function setUp() {
  const client = new FakeClient()
  const clock = new FakeClock()
  const recorder = new EventRecorder({ client, clock, component: 'replicaset-controller' })
  const stored = (): Event[] => client.objects('events') as unknown as Event[]
  return { client, clock, recorder, stored }
}

describe('event recorder', () => {
  it('writes a core event', async () => {
    const { recorder, stored } = setUp()
    recorder.event(subject, 'Normal', 'SuccessfulCreate', 'Created pod: web-1')
    await recorder.flush()
    const [written] = stored()
    expect(written?.metadata.name).to.equal('web.18867251edfa0000')
    expect(written).to.deep.include({
      involvedObject: { kind: 'ReplicaSet', apiVersion: 'apps/v1', namespace: 'default', name: 'web', uid: 'u1' },
      reason: 'SuccessfulCreate',
      message: 'Created pod: web-1',
      source: { component: 'replicaset-controller' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      count: 1,
      type: 'Normal',
      reportingComponent: 'replicaset-controller',
      reportingInstance: '',
    })
  })

  it('counts repeats in one event', async () => {
    const { recorder, clock, stored } = setUp()
    for (let repeat = 0; repeat < 3; repeat++) {
      recorder.event(subject, 'Warning', 'FailedCreate', 'no')
      clock.step(1000)
    }
    await recorder.flush()
    expect(
      stored().map(({ count, firstTimestamp, lastTimestamp }) => [count, firstTimestamp, lastTimestamp]),
    ).to.deep.equal([[3, '2026-01-01T00:00:00Z', '2026-01-01T00:00:02Z']])
  })

  it('combines events about different parts of an object', async () => {
    const { recorder, stored } = setUp()
    for (let number = 1; number <= 12; number++)
      recorder.event({ ...subject, fieldPath: `spec.containers{c${number}}` }, 'Normal', 'Pulled', `Image ${number}`)
    await recorder.flush()
    expect(stored().length).to.equal(10)
  })

  it('writes a few at a time, in order, and all in the end', async () => {
    const { client, recorder, stored } = setUp()
    for (let number = 0; number < 5 * MAX_WRITES; number++)
      recorder.event({ ...subject, name: `web-${number}`, uid: `u${number}` }, 'Normal', 'Pulled', 'there')
    await Promise.resolve()
    expect(client.calls.length).to.equal(MAX_WRITES)
    await recorder.flush()
    expect(stored().map(({ involvedObject }) => involvedObject.name)).to.deep.equal(
      Array.from({ length: 5 * MAX_WRITES }, (_, number) => `web-${number}`),
    )
  })

  it('begins anew with an object it was told to forget', async () => {
    const { recorder, stored } = setUp()
    recorder.event(subject, 'Normal', 'Pulled', 'there')
    await recorder.flush()
    recorder.forget(subject)
    recorder.event(subject, 'Normal', 'Pulled', 'there')
    await recorder.flush()
    expect(stored().map(({ count }) => count)).to.deep.equal([1, 1])
  })

  it('waits for nothing when it is closed while the server is away', async () => {
    const { client, clock, recorder, stored } = setUp()
    client.onCall = () => {
      throw new Error('the server is away')
    }
    recorder.event(subject, 'Normal', 'Pulled', 'there')
    await new Promise((resolve) => setImmediate(resolve))
    expect(clock.pendingTimers).to.equal(1)
    await recorder.close()
    expect(clock.pendingTimers).to.equal(0)
    recorder.event(subject, 'Normal', 'Pulled', 'too late')
    await recorder.flush()
    expect(stored()).to.deep.equal([])
  })

  it('combines events that differ only in their message from the tenth on', async () => {
    const { recorder, stored } = setUp()
    for (let number = 1; number <= 12; number++)
      recorder.event(subject, 'Normal', 'SuccessfulCreate', `Created pod: ${number}`)
    await recorder.flush()
    expect(stored().length).to.equal(10)
    expect(stored().at(-1)).to.deep.include({ message: '(combined from similar events): Created pod: 12', count: 3 })
  })

  it('drops a flood about one object and lets one pass per five minutes', async () => {
    const { recorder, clock, stored } = setUp()
    for (let number = 0; number < 30; number++) recorder.event(subject, 'Normal', 'Same', 'same')
    await recorder.flush()
    expect(stored()[0]?.count).to.equal(25)
    clock.step(300_000)
    recorder.event(subject, 'Normal', 'Same', 'same')
    recorder.event(subject, 'Normal', 'Same', 'same')
    await recorder.flush()
    expect(stored()[0]?.count).to.equal(26)
  })

  it('gives up what the server refuses and writes again what has expired', async () => {
    const { recorder, client, stored } = setUp()
    client.onCall = () => {
      throw newForbidden({ group: '', resource: 'events' }, '', 'namespace is being terminated')
    }
    recorder.event(subject, 'Normal', 'Same', 'same')
    await recorder.flush()
    client.onCall = () => {}
    recorder.event(subject, 'Normal', 'Same', 'same')
    await recorder.flush()
    await client.delete('events', 'default', stored()[0]?.metadata.name ?? '')
    recorder.event(subject, 'Normal', 'Same', 'same')
    await recorder.flush()
    expect(stored().map(({ count }) => count)).to.deep.equal([2])
  })
})
