// HorizontalPodAutoscaler of autoscaling/v2.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const horizontalPodAutoscaler = defineKind<KubeObject>({ group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' })
