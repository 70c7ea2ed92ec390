// Types of the group events.k8s.io, as on the wire.
import type { EventsV1Event, EventsV1EventSeries } from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type Event = Wire<EventsV1Event>
export type EventSeries = Wire<EventsV1EventSeries>
