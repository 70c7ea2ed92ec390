// MutatingAdmissionPolicyBinding of admissionregistration.k8s.io/v1.
// Source: pkg/apis/admissionregistration/validation, validateMutatingAdmissionPolicyBindingSpec;
// pkg/printers/internalversion, printMutatingAdmissionPolicyBinding (v1.36)
import type { MutatingAdmissionPolicyBinding } from '../../api/admissionregistration.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'
import { printParamRef, validateParamRef, validatePolicyName } from './policies.ts'
import { validateMatchResources, validateMutatingOperations } from './rules.ts'

export const mutatingAdmissionPolicyBinding = defineKind<MutatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  generation: true,
  strategy: { allowUnconditionalUpdate: false, validate },
  cells: {
    PolicyName: ({ spec }) => spec?.policyName ?? '',
    ParamRef: ({ spec }) => printParamRef(spec?.paramRef),
  },
})

function validate({ spec = {} }: MutatingAdmissionPolicyBinding): FieldError[] {
  const path = field('spec')
  const matchPath = path.child('matchResources')
  const match = spec.matchResources
  return [
    ...validatePolicyName(spec.policyName ?? '', path.child('policyName')),
    ...validateParamRef(spec.paramRef, path.child('paramRef')),
    ...(match === undefined
      ? []
      : [...validateMatchResources(match, matchPath), ...validateMutatingOperations(match, matchPath)]),
  ]
}
