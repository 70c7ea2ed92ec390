// MutatingWebhookConfiguration of admissionregistration.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const mutatingWebhookConfiguration = defineKind<KubeObject>({ group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingWebhookConfiguration' })
