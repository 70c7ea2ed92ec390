// ServiceCIDR of networking.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const serviceCIDR = defineKind<KubeObject>({ group: 'networking.k8s.io', version: 'v1', kind: 'ServiceCIDR' })
