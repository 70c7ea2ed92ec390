// Events of the newer kind: one is written once, many become a series.
import { expect } from 'chai'
import { FakeClock } from '../apimachinery/clock.ts'
import { FakeClient } from '../client/fake-client.ts'
import type { EventSubject } from '../client/events.ts'
import { EventSeriesRecorder } from './event-series.ts'

const regarding: EventSubject = {
  apiVersion: 'v1',
  kind: 'Pod',
  namespace: 'default',
  name: 'p',
  uid: 'u',
  resourceVersion: '1',
}
const failed = { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', note: 'no' } as const

describe('EventSeriesRecorder', () => {
  it('writes an event once, and a series when it happens again to the same version', async () => {
    const client = new FakeClient()
    const clock = new FakeClock()
    const recorder = new EventSeriesRecorder({ client, clock, controller: 'default-scheduler' })
    recorder.event(regarding, failed)
    clock.step(1000)
    recorder.event(regarding, failed)
    recorder.event(regarding, failed)
    recorder.event({ ...regarding, resourceVersion: '2' }, failed)
    await recorder.close()
    const events = client.objects('events') as { series?: unknown; action?: string }[]
    expect(events).to.have.length(2)
    // Counted on in memory, and not told of again before it is over.
    expect(events[0]?.series).to.deep.include({ lastObservedTime: '2026-01-01T00:00:01.000000Z' })
    expect(events[1]?.series).to.equal(undefined)
    expect(events[1]?.action).to.equal('Scheduling')
  })

  it('tells how long a series has become when it is over', async () => {
    const client = new FakeClient()
    const clock = new FakeClock()
    const recorder = new EventSeriesRecorder({ client, clock, controller: 'default-scheduler' })
    for (let time = 0; time < 5; time++) {
      recorder.event(regarding, failed)
      await new Promise((resolve) => setImmediate(resolve))
    }
    clock.step(400_000)
    recorder.event({ ...regarding, name: 'q' }, failed)
    await recorder.close()
    const [first] = client.objects('events') as { series?: { count: number } }[]
    expect(first?.series?.count).to.equal(5)
  })
})
