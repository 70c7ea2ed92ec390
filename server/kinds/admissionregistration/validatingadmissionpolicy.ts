// ValidatingAdmissionPolicy of admissionregistration.k8s.io/v1.
// Source: pkg/apis/admissionregistration/validation, validateValidatingAdmissionPolicySpec;
// pkg/printers/internalversion, printValidatingAdmissionPolicy (v1.36)
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicySpec,
  Validation,
} from '../../api/admissionregistration.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, field, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { byteLength, isQualifiedName, validateConditions } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { problemOfExpression, wantsBool, wantsString, type Scope } from '../rules/expressions.ts'
import { goValue } from '../rules/go-value.ts'
import { printParamKind, validatePolicySpec } from './policies.ts'

export const validatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  generation: true,
  strategy: {
    allowUnconditionalUpdate: false,
    validate: (object) => validatePolicy(object, undefined),
    validateUpdate: validatePolicy,
    validateUpdateOnly: true,
  },
  status: { validateUpdate: validateStatus },
  cells: {
    Validations: ({ spec }) => (spec?.validations ?? []).length,
    ParamKind: ({ spec }) => printParamKind(spec?.paramKind),
  },
})

const maxAuditAnnotations = 20
const maxValueExpressionBytes = 5 * 1024
const wantsStringOrNull = { types: ['string', 'null_type'], text: 'one of [string null_type]' }
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']

function validatePolicy(object: ValidatingAdmissionPolicy, old: ValidatingAdmissionPolicy | undefined): FieldError[] {
  const path = field('spec')
  const spec: ValidatingAdmissionPolicySpec = object.spec ?? {}
  const { validations = [], auditAnnotations = [] } = spec
  const { errors, scope } = validatePolicySpec(spec, old && (old.spec ?? {}), path)
  const annotationsPath = path.child('auditAnnotations')
  if (validations.length + auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item'
    return [...errors, required(path.child('validations'), detail), required(annotationsPath, detail)]
  }
  return [
    ...errors,
    ...validations.flatMap((one, at) => validateValidation(one, scope, path.child('validations').index(at))),
    ...validateAuditAnnotations(object.metadata?.name ?? '', auditAnnotations, scope, annotationsPath),
  ]
}

function validateValidation(validation: Validation, scope: Scope, path: FieldPath): FieldError[] {
  const { expression = '', message = '', messageExpression = '', reason } = validation as Partial<Validation>
  const errors: FieldError[] = []
  const expressionPath = path.child('expression')
  if (expression.trim() === '') errors.push(required(expressionPath, 'expression is not specified'))
  else {
    const problem = problemOfExpression(expression, scope, wantsBool)
    if (problem !== undefined) errors.push(invalid(expressionPath, expression, problem))
  }
  if (messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(invalid(path.child('messageExpression'), messageExpression, 'must be non-empty if specified'))
  } else if (messageExpression !== '') {
    const problem = problemOfExpression(messageExpression, { ...scope, hasAuthorizer: false }, wantsString)
    if (problem !== undefined) errors.push(invalid(path.child('messageExpression'), messageExpression, problem))
  }
  const messagePath = path.child('message')
  if (message !== '' && message.trim() === '')
    errors.push(invalid(messagePath, message, 'must be non-empty if specified'))
  else if (/[\n\r]/.test(message.trim())) errors.push(invalid(messagePath, message, 'must not contain line breaks'))
  if (reason !== undefined && !reasons.includes(reason))
    errors.push(notSupported(path.child('reason'), reason, reasons))
  return errors
}

function validateAuditAnnotations(
  policyName: string,
  annotations: readonly AuditAnnotation[],
  scope: Scope,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  if (annotations.length > maxAuditAnnotations) {
    const printed = annotations.map(({ key, valueExpression }) => ({ Key: key, ValueExpression: valueExpression }))
    errors.push(invalid(path, goValue(printed), `must not have more than ${maxAuditAnnotations} auditAnnotations`))
  }
  const keys = new Set<string>()
  for (const [at, { key = '', valueExpression = '' }] of (annotations as Partial<AuditAnnotation>[]).entries()) {
    const keyPath = path.index(at).child('key')
    const valuePath = path.index(at).child('valueExpression')
    const name = `${policyName}/${key}`
    if (policyName === '') errors.push(invalid(keyPath, key, 'requires metadata.name be non-empty'))
    else errors.push(...isQualifiedName(name).map((text) => invalid(keyPath, name, text)))
    const bytes = byteLength(valueExpression.trim())
    if (bytes === 0) errors.push(required(valuePath, 'valueExpression is not specified'))
    else if (bytes > maxValueExpressionBytes) {
      errors.push(required(valuePath, `must not exceed ${maxValueExpressionBytes} bytes in length`))
    } else {
      const problem = problemOfExpression(valueExpression.trim(), scope, wantsStringOrNull)
      if (problem !== undefined) errors.push(invalid(valuePath, valueExpression, problem))
    }
    if (keys.has(key)) errors.push(duplicate(keyPath, key))
    keys.add(key)
  }
  return errors
}

function validateStatus({ status }: ValidatingAdmissionPolicy): FieldError[] {
  const path = field('status')
  const warningsPath = path.child('typeChecking', 'expressionWarnings')
  const warnings = (status?.typeChecking?.expressionWarnings ?? []).flatMap(({ warning, fieldRef }, at) => [
    ...(warning ? [] : [required(warningsPath.index(at).child('warning'))]),
    ...(fieldRef?.trim() ? [] : [required(warningsPath.index(at).child('fieldRef'))]),
  ])
  return [...warnings, ...validateConditions(status?.conditions, path.child('conditions'))]
}
