// ClusterRoleBinding of rbac.authorization.k8s.io/v1.
import type { KubeObject } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'

export const clusterRoleBinding = defineKind<KubeObject>({ group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRoleBinding' })
