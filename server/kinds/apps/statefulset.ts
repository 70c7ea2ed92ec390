// StatefulSet of apps/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const statefulSet = defineKind<KubeObject>({ group: 'apps', version: 'v1', kind: 'StatefulSet' })
