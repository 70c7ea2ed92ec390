// DeviceClass of resource.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const deviceClass = defineKind<KubeObject>({ group: 'resource.k8s.io', version: 'v1', kind: 'DeviceClass' })
