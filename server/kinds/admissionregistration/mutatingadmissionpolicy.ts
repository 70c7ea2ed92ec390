// MutatingAdmissionPolicy of admissionregistration.k8s.io/v1.
// Source: pkg/apis/admissionregistration/validation, validateMutatingAdmissionPolicySpec;
// pkg/printers/internalversion, printMutatingAdmissionPolicy (v1.36)
import type { MutatingAdmissionPolicy, Mutation } from '../../api/admissionregistration.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'
import { problemOfExpression, type Scope } from '../rules/expressions.ts'
import { printParamKind, validatePolicySpec } from './policies.ts'
import { validateMutatingOperations } from './rules.ts'

export const mutatingAdmissionPolicy = defineKind<MutatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  generation: true,
  strategy: {
    allowUnconditionalUpdate: false,
    validate: (object) => validatePolicy(object, undefined),
    validateUpdate: validatePolicy,
    validateUpdateOnly: true,
  },
  cells: {
    Mutations: ({ spec }) => (spec?.mutations ?? []).length,
    ParamKind: ({ spec }) => printParamKind(spec?.paramKind),
  },
})

const reinvocationPolicies = ['IfNeeded', 'Never']

function validatePolicy(
  { spec = {} }: MutatingAdmissionPolicy,
  old: MutatingAdmissionPolicy | undefined,
): FieldError[] {
  const path = field('spec')
  const { mutations = [], reinvocationPolicy } = spec
  const { errors, scope } = validatePolicySpec(spec, old && (old.spec ?? {}), path, validateMutatingOperations)
  const mutationsPath = path.child('mutations')
  if (mutations.length === 0) errors.push(required(mutationsPath, 'mutations must contain at least one item'))
  errors.push(...mutations.flatMap((mutation, at) => validateMutation(mutation, scope, mutationsPath.index(at))))
  const reinvocationPath = path.child('reinvocationPolicy')
  if (!reinvocationPolicy) errors.push(required(reinvocationPath))
  else if (!reinvocationPolicies.includes(reinvocationPolicy)) {
    errors.push(notSupported(reinvocationPath, reinvocationPolicy, reinvocationPolicies))
  }
  return errors
}

const members = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const

const results = {
  applyConfiguration: { types: ['Object'], text: 'Object' },
  jsonPatch: { types: ['list(JSONPatch)'], text: 'list(JSONPatch)' },
}

function validateMutation(mutation: Mutation, scope: Scope, path: FieldPath): FieldError[] {
  const type = mutation.patchType ?? ''
  if (type === '') return [required(path.child('patchType'))]
  if (type !== 'ApplyConfiguration' && type !== 'JSONPatch') {
    return [notSupported(path.child('patchType'), type, Object.keys(members))]
  }
  const own = members[type]
  const other = own === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch'
  const errors: FieldError[] = []
  if (mutation[own] === undefined) errors.push(required(path.child(own), `must be specified when patchType is ${type}`))
  else {
    const expressionPath = path.child(own, 'expression')
    const expression = mutation[own].expression?.trim() ?? ''
    const problem =
      expression === '' ? undefined : problemOfExpression(expression, { ...scope, hasPatchTypes: true }, results[own])
    if (expression === '') errors.push(required(expressionPath))
    else if (problem !== undefined) errors.push(invalid(expressionPath, expression, problem))
  }
  if (mutation[other] !== undefined) {
    errors.push(invalid(path.child(other), `{${other}}`, `must not be specified when patchType is ${type}`))
  }
  return errors
}
