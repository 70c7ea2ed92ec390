// Deployment of apps/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const deployment = defineKind<KubeObject>({ group: 'apps', version: 'v1', kind: 'Deployment' })
