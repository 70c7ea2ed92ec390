// LocalSubjectAccessReview of authorization.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const localSubjectAccessReview = defineKind<KubeObject>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
})
