// RoleBinding of rbac.authorization.k8s.io/v1.
// Source: pkg/apis/rbac/validation, ValidateRoleBinding; pkg/registry/rbac/rolebinding (v1.36)
import type { RoleBinding } from '../../api/rbac.ts'
import { nameIsPathSegment } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { bindingCells, defaultBinding, validateBinding, validateBindingUpdate } from './bindings.ts'
import { rbacGroup } from './rules.ts'

export const roleBinding = defineKind<RoleBinding>({
  group: rbacGroup,
  version: 'v1',
  kind: 'RoleBinding',
  validateName: (name) => nameIsPathSegment(name, false),
  defaults: defaultBinding,
  strategy: {
    allowCreateOnUpdate: true,
    validate: (object) => validateBinding(object, ['Role', 'ClusterRole'], true),
    validateUpdate: validateBindingUpdate,
  },
  cells: bindingCells,
})
