// FlowSchema of flowcontrol.apiserver.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const flowSchema = defineKind<KubeObject>({ group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'FlowSchema' })
