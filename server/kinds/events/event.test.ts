// The two faces of an event.
import { expect } from 'chai'
import type { Event } from '../../api/events.ts'
import type { AnyObject } from '../../apimachinery/types.ts'
import { fromCore, toCore } from './conversion.ts'
import { eventsEvent } from './event.ts'

const now = Date.parse('2024-06-01T00:00:00Z')

function event(): Event {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'default' },
    eventTime: '2024-05-31T23:59:00.000000Z',
    regarding: { kind: 'Pod', name: 'p', fieldPath: 'spec.containers{c}' },
    note: 'Pulled it \n',
    reason: 'Pulled',
    type: 'Normal',
    reportingController: 'example.com/c',
    reportingInstance: 'i-0',
  }
}

describe('conversion of an event', () => {
  it('gives core names to what is stored', () => {
    expect(toCore(event())).to.include({
      apiVersion: 'v1',
      message: 'Pulled it \n',
      reportingComponent: 'example.com/c',
    })
    expect(toCore(event()).involvedObject).to.deep.equal(event().regarding)
  })

  it('comes back unchanged', () => {
    expect(fromCore(toCore(event()))).to.deep.equal(event())
  })
})

describe('table of events', () => {
  const cell = (name: string, object: Event): unknown => eventsEvent.cells![name]!(object as unknown as AnyObject, now)

  it('shows when, what and by whom', () => {
    const names = ['Last Seen', 'Object', 'Subobject', 'Source', 'Message', 'First Seen', 'Count']
    expect(names.map((name) => cell(name, event()))).to.deep.equal([
      '60s',
      'pod/p',
      'spec.containers{c}',
      'example.com/c, i-0',
      'Pulled it',
      '60s',
      1,
    ])
  })

  it('takes time and count of a series', () => {
    const series = { count: 7, lastObservedTime: '2024-05-31T23:59:50.000000Z' }
    expect(cell('Last Seen', { ...event(), series })).to.equal('10s')
    expect(cell('Count', { ...event(), series })).to.equal(7)
  })

  it('is selected by the names of its own version, on the stored form', () => {
    const stored = toCore(event()) as unknown as AnyObject
    expect(eventsEvent.selectableFields!['regarding.name']!(stored)).to.equal('p')
    expect(eventsEvent.selectableFields!['reportingController']!(stored)).to.equal('example.com/c')
  })
})
