// Writes that change nothing but the time at which somebody last wrote are no writes.
// Source: apiserver/pkg/endpoints/handlers/fieldmanager, IgnoreManagedFieldsTimestampsTransformer (v1.36)
import { deepEqual } from '../equality.ts'
import type { AnyObject, Frozen, ManagedFieldsEntry } from '../types.ts'

/** Equal but for the times of managedFields. */
export function equalButForTimes(a: Frozen<AnyObject>, b: Frozen<AnyObject>): boolean {
  const { metadata: metadataA, ...restA } = a
  const { metadata: metadataB, ...restB } = b
  const { managedFields: entriesA = [], ...metaA } = metadataA ?? {}
  const { managedFields: entriesB = [], ...metaB } = metadataB ?? {}
  return (
    entriesA.length === entriesB.length &&
    deepEqual(metaA, metaB) &&
    deepEqual(restA, restB) &&
    entriesA.every((entry, at) => sameOwner(entry, entriesB[at]!))
  )
}

function sameOwner(
  { time: _a, ...a }: Frozen<ManagedFieldsEntry>,
  { time: _b, ...b }: Frozen<ManagedFieldsEntry>,
): boolean {
  return deepEqual(a, b)
}
