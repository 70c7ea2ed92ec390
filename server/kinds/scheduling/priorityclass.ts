// PriorityClass of scheduling.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const priorityClass = defineKind<KubeObject>({ group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass' })
