// Claims that ask for more than their volume has: those who made the volume enlarge it, and this controller says so.
// Source: kubernetes pkg/controller/volume/expand (v1.36)
import type * as core from '../../api/core.ts'
import { compareQuantities, parseQuantity } from '../../apimachinery/quantity.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { event, retry, type Action } from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Listers } from '../../client/controller.ts'
import { subjectOf } from '../../client/events.ts'
import { keyOf, splitKey } from '../../client/indexer.ts'
import { CLAIM_KIND, CLAIMS, VOLUMES } from './binding.ts'

type Claim = Frozen<core.PersistentVolumeClaim>

export const volumeExpander = defineController({
  name: 'persistentvolume-expander-controller',
  serviceAccount: 'expand-controller',
  eventSource: 'volume_expand',
  watches: [
    { resource: CLAIMS, enqueue: keyOfClaim },
    { resource: VOLUMES, enqueue: 'none' },
  ],
  reconcile,
})

/** Bound ones that are new, ask for more than before, or have more than before. */
function keyOfClaim({ type, object, old }: WatchEvent): readonly string[] {
  const claim = object as Claim
  if (type === 'DELETED' || claim.status?.phase !== 'Bound') return []
  const before = old as Claim | undefined
  const isMore = (size: (claim: Claim | undefined) => string): boolean => compare(size(claim), size(before)) > 0
  return type === 'ADDED' || isMore(requested) || isMore(capacity) ? [keyOf(object)] : []
}

function requested(claim: Claim | undefined): string {
  return claim?.spec?.resources?.requests?.['storage'] ?? '0'
}

function capacity(claim: Claim | undefined): string {
  return claim?.status?.capacity?.['storage'] ?? '0'
}

function compare(a: string, b: string): number {
  return compareQuantities(parseQuantity(a), parseQuantity(b))
}

function reconcile(key: string, listers: Listers): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const claim = listers.of<core.PersistentVolumeClaim>(CLAIMS).get(namespace, name)
  if (claim === undefined) return []
  const { volumeName = '' } = claim.spec ?? {}
  const volume = listers.of<core.PersistentVolume>(VOLUMES).get(undefined, volumeName)
  if (volume === undefined) return [retry(new Error(`failed to get PV "${volumeName}"`))]
  if (volume.spec?.claimRef?.uid !== claim.metadata.uid)
    return [retry(new Error(`persistent Volume is not bound to PVC being updated : ${key}`))]
  if (compare(requested(claim), capacity(claim)) <= 0) return []
  const message = 'waiting for an external controller to expand this PVC'
  return [event(subjectOf(claim, CLAIM_KIND), 'Normal', 'ExternalExpanding', message)]
}
