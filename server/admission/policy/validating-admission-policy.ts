// ValidatingAdmissionPolicy: policies that are bound decide by their expressions. The compiler is loaded with the first
// policy that matches.
// Source: apiserver/pkg/admission/plugin/policy/validating, dispatcher.Dispatch (v1.36)
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '../../api/admissionregistration.ts'
import { StatusError } from '../../apimachinery/errors.ts'
import { forbiddenBy } from '../forbidden.ts'
import type { AdmissionPlugin, AdmissionReader, Attributes } from '../plugin.ts'
import { boundPolicies, type BoundPolicy } from './bound-policies.ts'
import type { Denial } from './judge.ts'
import { ConfigurationError, collectParams } from './params.ts'

type Matching = BoundPolicy<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>

export const validatingAdmissionPolicy: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  validate(attributes, reader) {
    const matching: Matching[] = boundPolicies('validatingadmissionpolicies', attributes, reader)
    return matching.length === 0 ? undefined : validate(matching, attributes, reader)
  },
}

async function validate(matching: readonly Matching[], attributes: Attributes, reader: AdmissionReader): Promise<void> {
  const { judge } = await import('./judge.ts')
  const denials = matching.flatMap(({ policy, binding }) => {
    const name = policy.metadata?.name ?? ''
    const bindingName = binding.metadata?.name ?? ''
    try {
      const params = collectParams(policy.spec?.paramKind, binding.spec?.paramRef, attributes.namespace, reader)
      const found = params.flatMap((one) => judge(policy, one, attributes, reader))
      return act(found, name, bindingName, binding.spec?.validationActions ?? [], attributes)
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      if (policy.spec?.failurePolicy === 'Ignore') return []
      return [denied(name, bindingName, { message: `failed to configure binding: ${error.message}` })]
    }
  })
  const [first] = denials
  if (first !== undefined) throw refusal(attributes, first)
}

interface Refusal extends Denial {
  readonly text: string
}

function denied(policy: string, binding: string, denial: Denial): Refusal {
  const text = `ValidatingAdmissionPolicy '${policy}' with binding '${binding}' denied request: ${denial.message}`
  return { ...denial, text }
}

/** Warns, and gives what refuses the request. */
function act(
  denials: readonly Denial[],
  policy: string,
  binding: string,
  actions: readonly string[],
  attributes: Attributes,
): Refusal[] {
  return denials.flatMap((denial) =>
    actions.flatMap((action) => {
      if (action === 'Deny') return [denied(policy, binding, denial)]
      if (action === 'Warn') {
        const failure = `Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${binding}'`
        attributes.warn(`${failure}: ${denial.message}`)
      }
      return []
    }),
  )
}

const codes: Readonly<Record<string, number>> = {
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
  Invalid: 422,
}

function refusal(attributes: Attributes, { text, reason = 'Invalid' }: Refusal): StatusError {
  const { status } = forbiddenBy(attributes, text, [{ message: text }])
  return new StatusError({ ...status, reason, code: codes[reason] ?? 422 })
}
