// ValidatingAdmissionPolicyBinding of admissionregistration.k8s.io/v1.
// Source: pkg/apis/admissionregistration/validation, validateValidatingAdmissionPolicyBindingSpec;
// pkg/printers/internalversion, printValidatingAdmissionPolicyBinding (v1.36)
import type { ValidatingAdmissionPolicyBinding } from '../../api/admissionregistration.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, field, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'
import { printParamRef, validateParamRef, validatePolicyName } from './policies.ts'
import { validateMatchResources } from './rules.ts'

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  generation: true,
  strategy: { allowUnconditionalUpdate: false, validate },
  cells: {
    PolicyName: ({ spec }) => spec?.policyName ?? '',
    ParamRef: ({ spec }) => printParamRef(spec?.paramRef),
  },
})

function validate(object: ValidatingAdmissionPolicyBinding): FieldError[] {
  const spec = object.spec ?? ({} as Partial<NonNullable<typeof object.spec>>)
  const path = field('spec')
  return [
    ...validatePolicyName(spec.policyName ?? '', path.child('policyName')),
    ...validateParamRef(spec.paramRef, path.child('paramRef')),
    ...(spec.matchResources === undefined
      ? []
      : validateMatchResources(spec.matchResources, path.child('matchResources'))),
    ...validateActions(spec.validationActions ?? [], path.child('validationActions')),
  ]
}

const validationActions = ['Audit', 'Deny', 'Warn']

function validateActions(actions: readonly string[], path: FieldPath): FieldError[] {
  const errors = actions.flatMap((action, at) => [
    ...(validationActions.includes(action) ? [] : [notSupported(path.index(at), action, validationActions)]),
    ...(actions.indexOf(action) < at ? [duplicate(path.index(at), action)] : []),
  ])
  if (actions.includes('Deny') && actions.includes('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and ' +
      'headers serves no purpose)'
    errors.push(invalid(path, actions, detail))
  }
  if (actions.length === 0) errors.push(required(path, 'at least one validation action is required'))
  return errors
}
