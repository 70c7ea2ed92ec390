// HorizontalPodAutoscaler of autoscaling/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const horizontalPodAutoscalerV1 = defineKind<KubeObject>({ group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' })
