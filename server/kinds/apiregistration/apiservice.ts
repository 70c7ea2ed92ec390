// APIService of apiregistration.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const apiService = defineKind<KubeObject>({ group: 'apiregistration.k8s.io', version: 'v1', kind: 'APIService' })
