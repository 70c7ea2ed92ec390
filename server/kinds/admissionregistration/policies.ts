// What both admission policies, and both of their bindings, share.
// Source: pkg/apis/admissionregistration/validation, validateParamKind, validateVariable, validateParamRef;
// pkg/printers/internalversion, printValidatingAdmissionPolicyBinding (v1.36)
import type { MatchCondition, MatchResources, ParamKind, ParamRef, Variable } from '../../api/admissionregistration.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import type { LabelSelectorLike } from '../../apimachinery/selectors.ts'
import {
  isDNS1035Label,
  isDNS1123Subdomain,
  isPathSegmentName,
  nameIsDNSSubdomain,
  validateLabelSelector,
} from '../../apimachinery/validation.ts'
import { compileAdmissionExpression, type Scope } from '../rules/expressions.ts'
import { failurePolicies, validateMatchConditions, validateMatchResources } from './rules.ts'

interface PolicySpec {
  readonly failurePolicy?: string
  readonly paramKind?: ParamKind
  readonly matchConstraints?: MatchResources
  readonly matchConditions?: MatchCondition[]
  readonly variables?: Variable[]
}

/**
 * What both kinds of policies say before they say what they do.
 * @param validateConstraints what the kind asks of `matchConstraints` beyond what both do
 * @returns what is wrong, and the scope of the expressions that may use the variables
 */
export function validatePolicySpec(
  spec: PolicySpec,
  old: PolicySpec | undefined,
  path: FieldPath,
  validateConstraints: (constraints: MatchResources, path: FieldPath) => FieldError[] = () => [],
): { errors: FieldError[]; scope: Scope } {
  const { failurePolicy, paramKind, matchConstraints, matchConditions = [] } = spec
  const errors = validateFailurePolicy(failurePolicy, path.child('failurePolicy'))
  if (paramKind !== undefined) errors.push(...validateParamKind(paramKind, path.child('paramKind')))
  const constraintsPath = path.child('matchConstraints')
  if (matchConstraints === undefined) errors.push(required(constraintsPath))
  else {
    errors.push(...validateMatchResources(matchConstraints, constraintsPath))
    if ((matchConstraints.resourceRules ?? []).length === 0)
      errors.push(required(constraintsPath.child('resourceRules')))
    errors.push(...validateConstraints(matchConstraints, constraintsPath))
  }
  const hasParams = paramKind !== undefined
  const areConditionsKept =
    old !== undefined && semanticEqual(paramKind, old.paramKind) && semanticEqual(matchConditions, old.matchConditions)
  if (!areConditionsKept)
    errors.push(...validateMatchConditions(matchConditions, path.child('matchConditions'), hasParams))
  const variables = validateVariables(spec.variables, { hasParams, hasAuthorizer: true }, path.child('variables'))
  return { errors: [...errors, ...variables.errors], scope: variables.scope }
}

function validateFailurePolicy(policy: string | undefined, path: FieldPath): FieldError[] {
  if (policy === undefined) return [required(path)]
  return failurePolicies.includes(policy) ? [] : [notSupported(path, policy, failurePolicies)]
}

function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, path: FieldPath): FieldError[] {
  const errors = validateParamVersion(apiVersion, path.child('apiVersion'))
  const kindPath = path.child('kind')
  const problems = isDNS1035Label(kind.toLowerCase())
  if (kind === '') errors.push(required(kindPath))
  else if (problems.length > 0) {
    errors.push(invalid(kindPath, kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`))
  }
  return errors
}

function validateParamVersion(apiVersion: string, path: FieldPath): FieldError[] {
  if (apiVersion === '') return [required(path)]
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/')
  if (parts.length > 2) return [invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  const version = parts.at(-1)!
  const group = parts.length === 2 ? parts[0]! : ''
  const errors: FieldError[] = []
  const groupProblems = group === '' ? [] : isDNS1123Subdomain(group)
  if (groupProblems.length > 0) errors.push(invalid(path, group, groupProblems.join(',')))
  const versionProblems = isDNS1035Label(version)
  if (version === '') errors.push(invalid(path, apiVersion, 'version must be specified'))
  else if (versionProblems.length > 0) errors.push(invalid(path, version, versionProblems.join(',')))
  return errors
}

const reservedWords = new Set(
  (
    'true false null in as break const continue else for function if import let loop package namespace return var ' +
    'void while'
  ).split(' '),
)

/** Types of variables by name: each may use those before it. One that does not compile is of any type. */
type VariableTypes = NonNullable<Scope['variables']>

/** @returns what is wrong, and the scope of the expressions that may use the variables */
function validateVariables(
  variables: readonly Variable[] | undefined,
  scope: Scope,
  path: FieldPath,
): { errors: FieldError[]; scope: Scope } {
  const errors: FieldError[] = []
  let current: Scope = (variables ?? []).length === 0 ? scope : { ...scope, variables: new Map() }
  for (const [at, { name = '', expression = '' }] of ((variables ?? []) as Partial<Variable>[]).entries()) {
    const here = path.index(at)
    if (name.trim() === '') errors.push(required(here.child('name'), 'name is not specified'))
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || reservedWords.has(name)) {
      errors.push(invalid(here.child('name'), name, 'must be a valid CEL identifier'))
    }
    const expressionPath = here.child('expression')
    if (expression.trim() === '') {
      errors.push(required(expressionPath, 'expression is not specified'))
      continue
    }
    const found = compileAdmissionExpression(expression, current)
    if ('problem' in found) errors.push(invalid(expressionPath, expression, found.problem))
    const types: VariableTypes = new Map([
      ...(current.variables ?? []),
      [name, 'problem' in found ? ({ kind: 'dyn', name: 'dyn', params: [] } as const) : found.compiled.type] as const,
    ])
    current = { ...current, variables: types }
  }
  return { errors, scope: current }
}

export function validatePolicyName(name: string, path: FieldPath): FieldError[] {
  return name === '' ? [required(path)] : nameIsDNSSubdomain(name, false).map((text) => invalid(path, name, text))
}

export function validateParamRef(reference: ParamRef | undefined, path: FieldPath): FieldError[] {
  if (reference === undefined) return []
  const { name = '', selector, parameterNotFoundAction: action = '' } = reference
  const exclusive = 'name and selector are mutually exclusive'
  const errors = name === '' ? [] : isPathSegmentName(name).map((text) => invalid(path.child('name'), name, text))
  if (name !== '' && selector !== undefined) errors.push(forbidden(path.child('name'), exclusive))
  errors.push(...validateLabelSelector(selector, path.child('selector')))
  if (name !== '' && selector !== undefined) errors.push(forbidden(path.child('selector'), exclusive))
  if (name === '' && selector === undefined) errors.push(required(path, 'one of name or selector must be specified'))
  const actionPath = path.child('parameterNotFoundAction')
  if (action === '') errors.push(required(actionPath))
  else if (action !== 'Deny' && action !== 'Allow') errors.push(notSupported(actionPath, action, ['Deny', 'Allow']))
  return errors
}

/** `v1/ConfigMap` */
export function printParamKind(kind: ParamKind | undefined): string {
  return kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`
}

/** `namespace/name`, `*` for any namespace, or the selector as Go prints it. */
export function printParamRef(reference: ParamRef | undefined): string {
  if (reference?.name) return `${reference.namespace || '*'}/${reference.name}`
  return reference?.selector === undefined ? '<unset>' : printSelector(reference.selector)
}

/** Source: apimachinery/pkg/apis/meta/v1, LabelSelector.String, generated */
function printSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelectorLike): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]},`)
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return (
    `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},` +
    `MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
  )
}
