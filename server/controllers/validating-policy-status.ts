// What a ValidatingAdmissionPolicy says of the types in its own expressions.
// Source: kubernetes pkg/controller/validatingadmissionpolicystatus (v1.36)
import type { ExpressionWarning, ValidatingAdmissionPolicy } from '../api/admissionregistration.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { patch, type Action } from '../client/action.ts'
import { defineController, type Controller } from '../client/controller.ts'

const RESOURCE = 'validatingadmissionpolicies.admissionregistration.k8s.io'
const KIND = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy' }

export type CheckTypes = (policy: Frozen<ValidatingAdmissionPolicy>) => Promise<readonly ExpressionWarning[]>

export function validatingPolicyStatus(checkTypes: CheckTypes): Controller {
  return defineController({
    name: 'validatingadmissionpolicy-status-controller',
    watches: [{ resource: RESOURCE, enqueue: 'self' }],
    reconcile(name, listers): readonly Action[] {
      const policy = listers.of<ValidatingAdmissionPolicy>(RESOURCE).get(undefined, name)
      if (policy === undefined) return []
      const { generation = 0 } = policy.metadata
      if (generation <= (policy.status?.observedGeneration ?? 0)) return []
      const work = async (): Promise<readonly Action[]> => {
        const expressionWarnings = await checkTypes(policy)
        const typeChecking = expressionWarnings.length === 0 ? {} : { expressionWarnings }
        const body = { ...KIND, metadata: { name }, status: { observedGeneration: generation, typeChecking } }
        const more = { subresource: 'status', applyAs: 'validatingadmissionpolicy-status' }
        return [patch(RESOURCE, policy, 'application/apply-patch+yaml', body, more)]
      }
      return [{ do: 'work', work }]
    },
  })
}
