// ClusterRoleBinding of rbac.authorization.k8s.io/v1.
// Source: pkg/apis/rbac/validation, ValidateClusterRoleBinding; pkg/registry/rbac/clusterrolebinding (v1.36)
import type { ClusterRoleBinding } from '../../api/rbac.ts'
import { nameIsPathSegment } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { bindingCells, defaultBinding, validateBinding, validateBindingUpdate } from './bindings.ts'
import { rbacGroup } from './rules.ts'

export const clusterRoleBinding = defineKind<ClusterRoleBinding>({
  group: rbacGroup,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  validateName: (name) => nameIsPathSegment(name, false),
  defaults: defaultBinding,
  strategy: {
    allowCreateOnUpdate: true,
    validate: (object) => validateBinding(object, ['ClusterRole'], false),
    validateUpdate: validateBindingUpdate,
  },
  cells: bindingCells,
})
