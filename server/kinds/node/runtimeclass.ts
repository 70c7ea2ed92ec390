// RuntimeClass of node.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const runtimeClass = defineKind<KubeObject>({ group: 'node.k8s.io', version: 'v1', kind: 'RuntimeClass' })
