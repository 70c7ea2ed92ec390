// Rules that roles and cluster roles share.
// Source: pkg/apis/rbac/validation, ValidatePolicyRule (v1.36)
import type { PolicyRule } from '../../api/rbac.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, required } from '../../apimachinery/field.ts'

export const rbacGroup = 'rbac.authorization.k8s.io'

export function validatePolicyRules(
  rules: readonly PolicyRule[] | undefined,
  namespaced: boolean,
  path: FieldPath,
): FieldError[] {
  return (rules ?? []).flatMap((rule, at) => validatePolicyRule(rule, namespaced, path.index(at)))
}

function validatePolicyRule(rule: PolicyRule, namespaced: boolean, path: FieldPath): FieldError[] {
  const verbs = rule.verbs ?? []
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  const errors: FieldError[] = []
  if (verbs.length === 0) errors.push(required(path.child('verbs'), 'verbs must contain at least one value'))
  if (nonResourceURLs.length > 0) {
    const urlsPath = path.child('nonResourceURLs')
    if (namespaced) {
      errors.push(invalid(urlsPath, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'))
    }
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      errors.push(
        invalid(urlsPath, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
      )
    }
    return errors
  }
  if (apiGroups.length === 0) {
    errors.push(required(path.child('apiGroups'), 'resource rules must supply at least one api group'))
  }
  if (resources.length === 0) {
    errors.push(required(path.child('resources'), 'resource rules must supply at least one resource'))
  }
  return errors
}
