// TokenReview of authentication.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const tokenReview = defineKind<KubeObject>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
})
