// Event of events.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const eventsEvent = defineKind<KubeObject>({ group: 'events.k8s.io', version: 'v1', kind: 'Event' })
