// ResourceClaim of resource.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const resourceClaim = defineKind<KubeObject>({ group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaim' })
