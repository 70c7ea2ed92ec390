// Role of rbac.authorization.k8s.io/v1.
// Source: pkg/apis/rbac/validation, ValidateRole; pkg/registry/rbac/role (v1.36)
import type { Role } from '../../api/rbac.ts'
import { field } from '../../apimachinery/field.ts'
import { nameIsPathSegment } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { rbacGroup, validatePolicyRules } from './rules.ts'

export const role = defineKind<Role>({
  group: rbacGroup,
  version: 'v1',
  kind: 'Role',
  validateName: (name) => nameIsPathSegment(name, false),
  strategy: { allowCreateOnUpdate: true, validate: ({ rules }) => validatePolicyRules(rules, true, field('rules')) },
})
