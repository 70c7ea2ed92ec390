// An event of events.k8s.io/v1 to and from the core one, which is stored.
// Source: pkg/apis/events/v1, Convert_v1_Event_To_core_Event and its inverse (v1.36)
import type { Event as CoreEvent } from '../../api/core.ts'
import type { Event } from '../../api/events.ts'

/** Core name by the name in events.k8s.io, where they differ. */
const coreNames = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
} as const
const eventNames = Object.fromEntries(Object.entries(coreNames).map(([name, core]) => [core, name]))

export function toCore(event: Event): CoreEvent {
  // An event always prints what it is about, even if that is nothing.
  return { involvedObject: {}, ...renamed(event, coreNames), apiVersion: 'v1', kind: 'Event' } as unknown as CoreEvent
}

export function fromCore(event: CoreEvent): Event {
  const converted = renamed(event, eventNames)
  // The core group prints these even if they are empty.
  for (const name of ['reportingController', 'reportingInstance']) if (converted[name] === '') delete converted[name]
  return { ...converted, apiVersion: 'events.k8s.io/v1', kind: 'Event' } as unknown as Event
}

function renamed(object: object, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [names[name] ?? name, value]))
}
