// MutatingAdmissionPolicy: policies that are bound change objects by what their expressions give. The compiler is loaded
// with the first policy that matches.
// Source: apiserver/pkg/admission/plugin/policy/generic, policy_dispatcher.go, Dispatch (v1.36)
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding } from '../../api/admissionregistration.ts'
import { StatusError } from '../../apimachinery/errors.ts'
import { forbiddenBy } from '../forbidden.ts'
import type { AdmissionPlugin, AdmissionReader, Attributes } from '../plugin.ts'
import { boundPolicies, type BoundPolicy } from './bound-policies.ts'
import { ConfigurationError, collectParams } from './params.ts'

type Matching = BoundPolicy<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>

export const mutatingAdmissionPolicy: AdmissionPlugin = {
  name: 'MutatingAdmissionPolicy',
  admit(attributes, reader) {
    if (attributes.object === undefined) return undefined
    const matching: Matching[] = boundPolicies('mutatingadmissionpolicies', attributes, reader)
    return matching.length === 0 ? undefined : admit(matching, attributes, reader)
  },
}

async function admit(matching: readonly Matching[], attributes: Attributes, reader: AdmissionReader): Promise<void> {
  const { mutate } = await import('./mutate.ts')
  const failures = matching.flatMap(({ policy, binding }) => {
    const name = `policy '${policy.metadata?.name}' with binding '${binding.metadata?.name}'`
    const problems = problemsOf(() =>
      collectParams(policy.spec?.paramKind, binding.spec?.paramRef, attributes.namespace, reader).flatMap((params) =>
        mutate(policy, params, attributes, reader),
      ),
    )
    if (policy.spec?.failurePolicy === 'Ignore') return []
    return problems.map((problem) => `${name} denied request: ${problem}`)
  })
  const [first] = failures
  if (first === undefined) return
  const { status } = forbiddenBy(
    attributes,
    first,
    failures.map((message) => ({ message })),
  )
  throw new StatusError({ ...status, message: first, reason: 'Invalid' })
}

function problemsOf(run: () => string[]): string[] {
  try {
    return run()
  } catch (error) {
    if (error instanceof ConfigurationError) return [error.message]
    throw error
  }
}
