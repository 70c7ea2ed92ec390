// CSIStorageCapacity of storage.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const csiStorageCapacity = defineKind<KubeObject>({ group: 'storage.k8s.io', version: 'v1', kind: 'CSIStorageCapacity' })
