// The scopes of a quota: which objects it is about.
// Source: k8s.io/apiserver/pkg/quota/v1/generic, Matches, getScopeSelectorsFromQuota (v1.36)
import type { AnyObject, Frozen } from '../../apimachinery/types.ts'
import type { ResourceQuota, ScopedResourceSelectorRequirement } from '../core.ts'
import type { Counting } from './evaluator.ts'

export type Quota = Frozen<ResourceQuota>
export type ScopeSelector = Frozen<ScopedResourceSelectorRequirement>

function selectorsOf({ spec }: Quota): ScopeSelector[] {
  return [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ]
}

export function matchesScopes(quota: Quota, { isInScope }: Counting, object: Frozen<AnyObject>): boolean {
  return selectorsOf(quota).every((selector) => isInScope?.(selector, object) === true)
}

/** Whether a name, perhaps none, is what the selector asks for. */
export function selectsName({ operator, values = [] }: ScopeSelector, name: string): boolean {
  switch (operator) {
    case 'In':
      return name !== '' && values.includes(name)
    case 'NotIn':
      return name === '' || !values.includes(name)
    case 'DoesNotExist':
      return name === ''
    default:
      return name !== ''
  }
}
