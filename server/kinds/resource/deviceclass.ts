// DeviceClass of resource.k8s.io/v1. Selectors and configurations are taken as they are.
// Source: pkg/registry/resource/deviceclass (v1.36)
import type { DeviceClass } from '../../api/resource.ts'
import { defineKind } from '../../registry/kind.ts'

export const deviceClass = defineKind<DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  generation: true,
  strategy: { returnsDeletedObject: true },
})
