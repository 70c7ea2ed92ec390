// CustomResourceDefinition of apiextensions.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const customResourceDefinition = defineKind<KubeObject>({ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' })
