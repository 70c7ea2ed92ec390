// Event of events.k8s.io/v1: another face of the event of the core group, which is the one that is stored.
// Source: pkg/apis/events/v1; pkg/printers/internalversion, printEvent (v1.36)
import type { Event as CoreEvent } from '../../api/core.ts'
import type { Event } from '../../api/events.ts'
import type { AnyObject } from '../../apimachinery/types.ts'
import { translateTimestampSince } from '../../registry/age.ts'
import { defineKind } from '../../registry/kind.ts'
import { fromCore, toCore } from './conversion.ts'

export const eventsEvent = defineKind<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  storedAs: { group: '', version: 'v1', toStored, fromStored },
  selectableFields: selectableFields(),
  cells: {
    'Last Seen': lastSeen,
    Type: ({ type }) => type ?? '',
    Reason: ({ reason }) => reason ?? '',
    Object: ({ regarding }) => {
      const kind = (regarding?.kind ?? '').toLowerCase()
      return regarding?.name ? `${kind}/${regarding.name}` : kind
    },
    Subobject: ({ regarding }) => regarding?.fieldPath ?? '',
    Source: ({ deprecatedSource, reportingController, reportingInstance }) => {
      const component = deprecatedSource?.component || reportingController || ''
      const instance = deprecatedSource?.host || reportingInstance || ''
      return instance === '' ? component : `${component}, ${instance}`
    },
    Message: ({ note }) => (note ?? '').trim(),
    'First Seen': firstSeen,
    Count: ({ series, deprecatedCount }) => series?.count ?? (deprecatedCount || 1),
  },
})

// Casts at the edge: the registry hands over objects of the version it knows them to be.
function toStored(object: AnyObject): AnyObject {
  return toCore(object as unknown as Event) as unknown as AnyObject
}

function fromStored(object: AnyObject): AnyObject {
  return fromCore(object as unknown as CoreEvent) as unknown as AnyObject
}

/** Selectors are matched against the stored event, so each field is read under its core name. */
function selectableFields(): Record<string, (object: Event) => string> {
  const read = (name: keyof CoreEvent['involvedObject']) => (object: Event) =>
    String((object as unknown as CoreEvent).involvedObject?.[name] ?? '')
  const members = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const
  return {
    ...Object.fromEntries(members.map((name) => [`regarding.${name}`, read(name)])),
    reportingController: (object) => (object as unknown as CoreEvent).reportingComponent ?? '',
  }
}

function firstSeen({ deprecatedFirstTimestamp, eventTime }: Event, now: number): string {
  return translateTimestampSince(deprecatedFirstTimestamp ?? eventTime, now)
}

function lastSeen(event: Event, now: number): string {
  if (event.series !== undefined) return translateTimestampSince(event.series.lastObservedTime, now)
  if (!event.deprecatedLastTimestamp) return firstSeen(event, now)
  return translateTimestampSince(event.deprecatedLastTimestamp, now)
}
