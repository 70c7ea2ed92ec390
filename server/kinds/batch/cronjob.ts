// CronJob of batch/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const cronJob = defineKind<KubeObject>({ group: 'batch', version: 'v1', kind: 'CronJob' })
