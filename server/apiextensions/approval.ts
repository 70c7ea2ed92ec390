// Whether the definition of a protected group is approved, as a condition.
// Source: apiextensions-apiserver/pkg/controller/apiapproval, calculateCondition (v1.36)
import type { CustomResourceDefinition } from '../api/apiextensions.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { approvalOf } from '../schema/approval.ts'
import type { Condition } from './conditions.ts'

const reasons = {
  missing: 'MissingAnnotation',
  bypassed: 'UnapprovedAnnotation',
  approved: 'ApprovedAnnotation',
  invalid: 'InvalidAnnotation',
} as const

/** Undefined for groups that nobody protects. */
export function approvalCondition(definition: Frozen<CustomResourceDefinition>): Condition | undefined {
  const { state, reason } = approvalOf(definition)
  if (state === 'unprotected') return undefined
  return {
    type: 'KubernetesAPIApprovalPolicyConformant',
    status: state === 'approved' ? 'True' : 'False',
    reason: reasons[state],
    message: reason,
  }
}
