// PodDisruptionBudget of policy/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const podDisruptionBudget = defineKind<KubeObject>({ group: 'policy', version: 'v1', kind: 'PodDisruptionBudget' })
