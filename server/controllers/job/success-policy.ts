// When enough has succeeded for the whole Job to have: the rules of an indexed Job's success policy.
// Source: kubernetes pkg/controller/job, matchSuccessPolicy (v1.36)
import type * as batch from '../../api/batch.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { overlap, parseIndexes, total, type Indexes } from './indexes.ts'

/** Says which rule is met; undefined if none is. */
export function matchSuccessPolicy(
  policy: Frozen<batch.SuccessPolicy> | undefined,
  completions: number,
  succeeded: Indexes,
): string | undefined {
  if (policy === undefined || succeeded.length === 0) return undefined
  const index = policy.rules.findIndex((rule) => isMet(rule, completions, succeeded))
  return index < 0 ? undefined : `Matched rules at index ${index}`
}

function isMet(
  { succeededIndexes, succeededCount }: Frozen<batch.SuccessPolicyRule>,
  completions: number,
  succeeded: Indexes,
): boolean {
  if (succeededIndexes === undefined) return succeededCount !== undefined && total(succeeded) >= succeededCount
  const required = parseIndexes(succeededIndexes, completions)
  if (required.length === 0) return false
  const count = overlap(required, succeeded)
  return count === total(required) || (succeededCount !== undefined && count >= succeededCount)
}
