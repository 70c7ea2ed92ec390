// CertificateSigningRequest of certificates.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const certificateSigningRequest = defineKind<KubeObject>({ group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest' })
