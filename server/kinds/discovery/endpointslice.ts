// EndpointSlice of discovery.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const endpointSlice = defineKind<KubeObject>({ group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' })
