// What webhooks and admission policies match: rules with operations, match resources, match conditions.
// Source: pkg/apis/admissionregistration/validation, validateRuleWithOperations, validateMatchResources,
// validateMatchConditions (v1.36)
import type {
  MatchCondition,
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from '../../api/admissionregistration.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, invalid, notSupported, required, tooMany } from '../../apimachinery/field.ts'
import { isPathSegmentName, isQualifiedName, validateLabelSelector } from '../../apimachinery/validation.ts'
import { problemOfExpression, wantsBool } from '../rules/expressions.ts'

export const failurePolicies = ['Fail', 'Ignore']
export const matchPolicies = ['Equivalent', 'Exact']
const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const scopes = ['*', 'Cluster', 'Namespaced']
const maxMatchConditions = 64

export function validateRule(rule: RuleWithOperations, path: FieldPath): FieldError[] {
  const { operations: used = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule
  const errors = validateWildcard(used, 'operations', path.child('operations'))
  for (const [at, operation] of used.entries()) {
    if (!operations.includes(operation))
      errors.push(notSupported(path.child('operations').index(at), operation, operations))
  }
  errors.push(
    ...validateWildcard(apiGroups, 'API groups', path.child('apiGroups')),
    ...validateWildcard(apiVersions, 'API versions', path.child('apiVersions')),
  )
  for (const [at, version] of apiVersions.entries()) {
    if (version === '') errors.push(required(path.child('apiVersions').index(at)))
  }
  errors.push(...validateResources(resources, path.child('resources')))
  if (scope !== undefined && !scopes.includes(scope)) errors.push(notSupported(path.child('scope'), scope, scopes))
  return errors
}

/** There must be one at least; `*` stands alone. */
function validateWildcard(values: readonly string[], what: string, path: FieldPath): FieldError[] {
  if (values.length === 0) return [required(path)]
  if (values.length === 1 || !values.includes('*')) return []
  return [invalid(path, values, `if '*' is present, must not specify other ${what}`)]
}

function validateResources(resources: readonly string[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = resources.length === 0 ? [required(path)] : []
  const withAnySubresource = new Set<string>()
  const ofAnyResource = new Set<string>()
  let hasPlainResource = false
  for (const [at, name] of resources.entries()) {
    const here = path.index(at)
    if (name === '') {
      errors.push(required(here))
      continue
    }
    const slash = name.indexOf('/')
    if (slash < 0) {
      hasPlainResource = name !== '*'
      continue
    }
    const resource = name.slice(0, slash)
    const subresource = name.slice(slash + 1)
    if (withAnySubresource.has(resource)) {
      errors.push(invalid(here, name, `if '${resource}/*' is present, must not specify ${name}`))
    }
    if (ofAnyResource.has(subresource)) {
      errors.push(invalid(here, name, `if '*/${subresource}' is present, must not specify ${name}`))
    }
    if (subresource === '*') withAnySubresource.add(resource)
    if (resource === '*') ofAnyResource.add(subresource)
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"))
  }
  if (resources.includes('*') && hasPlainResource) {
    errors.push(invalid(path, resources, "if '*' is present, must not specify other resources without subresources"))
  }
  return errors
}

export function validateMatchResources(match: MatchResources, path: FieldPath): FieldError[] {
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = match
  const errors: FieldError[] = []
  if (matchPolicy === undefined) errors.push(required(path.child('matchPolicy')))
  else if (!matchPolicies.includes(matchPolicy)) {
    errors.push(notSupported(path.child('matchPolicy'), matchPolicy, matchPolicies))
  }
  for (const [name, selector] of Object.entries({ namespaceSelector, objectSelector })) {
    if (selector === undefined) errors.push(required(path.child(name)))
    else errors.push(...validateLabelSelector(selector, path.child(name)))
  }
  return [
    ...errors,
    ...resourceRules.flatMap((rule, at) => validateNamedRule(rule, path.child('resourceRules').index(at))),
    ...excludeResourceRules.flatMap((rule, at) =>
      validateNamedRule(rule, path.child('excludeResourceRules').index(at)),
    ),
  ]
}

function validateNamedRule(rule: NamedRuleWithOperations, path: FieldPath): FieldError[] {
  const names = rule.resourceNames ?? []
  const errors = names.flatMap((name, at) => {
    const here = path.child('resourceNames').index(at)
    const problems = isPathSegmentName(name).map((text) => invalid(here, name, text))
    return names.indexOf(name) < at ? [...problems, duplicate(here, name)] : problems
  })
  return [...errors, ...validateRule(rule, path)]
}

const mutatingOperations = ['*', 'CONNECT', 'CREATE', 'UPDATE']

/** Nothing can be mutated at a deletion. The path names no index, as upstream's does not. */
export function validateMutatingOperations(match: MatchResources, path: FieldPath): FieldError[] {
  return (match.resourceRules ?? []).flatMap((rule) =>
    (rule.operations ?? []).flatMap((operation) =>
      mutatingOperations.includes(operation)
        ? []
        : [notSupported(path.child('resourceRules', 'operations'), operation, mutatingOperations)],
    ),
  )
}

export function validateMatchConditions(
  conditions: readonly MatchCondition[],
  path: FieldPath,
  hasParams = false,
): FieldError[] {
  const errors = conditions.length > maxMatchConditions ? [tooMany(path, conditions.length, maxMatchConditions)] : []
  const names = new Set<string>()
  for (const [at, { name = '', expression = '' }] of (conditions as Partial<MatchCondition>[]).entries()) {
    const here = path.index(at)
    const text = expression.trim()
    if (text === '') errors.push(required(here.child('expression')))
    else {
      const problem = problemOfExpression(text, { hasParams, hasAuthorizer: true }, wantsBool)
      if (problem !== undefined) errors.push(invalid(here.child('expression'), text, problem))
    }
    if (name === '') errors.push(required(here.child('name')))
    else {
      errors.push(...isQualifiedName(name).map((text) => invalid(here.child('name'), name, text)))
      if (names.has(name)) errors.push(duplicate(here.child('name'), name))
      names.add(name)
    }
  }
  return errors
}
