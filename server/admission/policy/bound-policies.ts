// Policies that are bound and match a request, with the bindings that match it too.
// Source: apiserver/pkg/admission/plugin/policy/generic, policy_source.go, policy_dispatcher.go (v1.36)
import type { MatchResources, ParamRef } from '../../api/admissionregistration.ts'
import type { Frozen, KubeObject } from '../../apimachinery/types.ts'
import type { AdmissionReader, Attributes } from '../plugin.ts'
import { matchesResources } from './match.ts'

const group = 'admissionregistration.k8s.io'
/** Policies never see policies. */
const exempt = new Set([
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
])

interface AnyPolicy extends KubeObject {
  spec?: { matchConstraints?: MatchResources }
}

interface AnyBinding extends KubeObject {
  spec?: { policyName?: string; matchResources?: MatchResources; paramRef?: ParamRef }
}

export interface BoundPolicy<P extends AnyPolicy, B extends AnyBinding> {
  readonly policy: Frozen<P>
  readonly binding: Frozen<B>
}

const bindingsOf = {
  validatingadmissionpolicies: `validatingadmissionpolicybindings.${group}`,
  mutatingadmissionpolicies: `mutatingadmissionpolicybindings.${group}`,
} as const

/** @param resource plural of the policies */
export function boundPolicies<P extends AnyPolicy, B extends AnyBinding>(
  resource: keyof typeof bindingsOf,
  attributes: Attributes,
  reader: AdmissionReader,
): BoundPolicy<P, B>[] {
  if (attributes.group === group && exempt.has(attributes.resource)) return []
  const bindings = reader.list(bindingsOf[resource]) as readonly Frozen<B>[]
  if (bindings.length === 0) return []
  const matching = new Map<string, Frozen<P> | undefined>()
  return bindings.flatMap((binding) => {
    const name = binding.spec?.policyName ?? ''
    if (!matching.has(name)) {
      const policy = reader.get(`${resource}.${group}`, undefined, name) as Frozen<P> | undefined
      const fits = policy !== undefined && matchesResources(policy.spec?.matchConstraints, attributes, reader)
      matching.set(name, fits ? policy : undefined)
    }
    const policy = matching.get(name)
    if (policy === undefined || !matchesResources(binding.spec?.matchResources, attributes, reader)) return []
    return [{ policy, binding }]
  })
}
