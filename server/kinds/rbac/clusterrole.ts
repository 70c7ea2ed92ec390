// ClusterRole of rbac.authorization.k8s.io/v1.
// Source: pkg/apis/rbac/validation, ValidateClusterRole; pkg/registry/rbac/clusterrole (v1.36)
import type { ClusterRole } from '../../api/rbac.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid, required } from '../../apimachinery/field.ts'
import { nameIsPathSegment, validateLabelSelector } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { compileSelector } from '../rules/selectors.ts'
import { rbacGroup, validatePolicyRules } from './rules.ts'

export const clusterRole = defineKind<ClusterRole>({
  group: rbacGroup,
  version: 'v1',
  kind: 'ClusterRole',
  validateName: (name) => nameIsPathSegment(name, false),
  strategy: { allowCreateOnUpdate: true, validate },
})

function validate({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const errors = validatePolicyRules(rules, false, field('rules'))
  if (aggregationRule === undefined) return errors
  const path = field('aggregationRule', 'clusterRoleSelectors')
  const selectors = aggregationRule.clusterRoleSelectors ?? []
  if (selectors.length === 0) {
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'))
  }
  for (const [at, selector] of selectors.entries()) {
    errors.push(...validateLabelSelector(selector, path.index(at)))
    if (compileSelector(selector) === undefined) errors.push(invalid(path.index(at), null, 'invalid label selector.'))
  }
  return errors
}
