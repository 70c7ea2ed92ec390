// Owner references that are there twice: clients are warned, and one of them stays.
// Source: apiserver/pkg/endpoints/handlers, rest.go, dedupOwnerReferencesAndAddWarning (v1.36)
import { deepEqual } from '../apimachinery/equality.ts'
import type { AnyObject, OwnerReference } from '../apimachinery/types.ts'
import type { Scope } from './api.ts'

const advice =
  'API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests'

/** @param when `''`: as it was sent; ` after mutating admission happens`: as plugins have left it */
export function dedupOwnerReferences(
  draft: AnyObject,
  scope: Pick<Scope, 'warn'>,
  when: '' | ' after mutating admission happens' = '',
): void {
  const references = draft.metadata?.ownerReferences
  if (references === undefined || references.length < 2) return
  const kept: OwnerReference[] = []
  const duplicates: string[] = []
  for (const reference of references) {
    if (kept.some((one) => deepEqual(one, reference))) duplicates.push(reference.uid)
    else kept.push(reference)
  }
  if (duplicates.length === 0) return
  draft.metadata!.ownerReferences = kept
  const observed = `duplicate UID(s) observed: ${duplicates.join(', ')}`
  scope.warn(`.metadata.ownerReferences contains duplicate entries${when}; ${advice}; ${observed}`)
}
