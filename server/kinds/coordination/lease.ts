// Lease of coordination.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const lease = defineKind<KubeObject>({ group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' })
