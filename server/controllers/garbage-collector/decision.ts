// What is to be done with one object, given the state of its owners and dependents: pure.
// Source: kubernetes pkg/controller/garbagecollector, attemptToDeleteItem, processDeletingDependentsItem (v1.36)
import type { Frozen, OwnerReference } from '../../apimachinery/types.ts'
import {
  blocks,
  FOREGROUND_FINALIZER,
  ORPHAN_FINALIZER,
  waitsForDependents,
  withoutOwners,
  type StoredObject,
} from './graph.ts'

/** solid: there to stay. waiting: there, in foreground deletion. absent: no such object. */
export type OwnerState = 'solid' | 'waiting' | 'absent'

export type Decision =
  | { readonly do: 'keep' }
  | { readonly do: 'delete'; readonly propagationPolicy: 'Foreground' | 'Background' | 'Orphan' }
  | {
      readonly do: 'setOwners'
      readonly ownerReferences: readonly Frozen<OwnerReference>[]
      readonly thenDelete: boolean
    }
  | { readonly do: 'removeFinalizer'; readonly finalizer: string }

const keep: Decision = { do: 'keep' }

/** For an object in foreground deletion: it goes once no dependent blocks it. */
export function decideWaiting(object: StoredObject, dependents: readonly StoredObject[]): Decision {
  const blocked = dependents.some((dependent) => blocks(dependent, object.metadata.uid))
  return blocked ? keep : { do: 'removeFinalizer', finalizer: FOREGROUND_FINALIZER }
}

/** For any other object: it goes with its last owner, and lets go of owners that are gone while others stay. */
export function decide(
  object: StoredObject,
  stateOf: (reference: Frozen<OwnerReference>) => OwnerState,
  dependents: readonly StoredObject[],
): Decision {
  const { deletionTimestamp, ownerReferences = [], finalizers = [] } = object.metadata
  if (deletionTimestamp !== undefined || ownerReferences.length === 0) return keep
  const states = new Map(ownerReferences.map((reference) => [reference.uid, stateOf(reference)]))
  const gone = new Set([...states].filter(([, state]) => state !== 'solid').map(([uid]) => uid))
  if (gone.size < states.size) {
    return gone.size === 0 ? keep : { do: 'setOwners', ownerReferences: withoutOwners(object, gone), thenDelete: false }
  }
  const waiting = [...states.values()].includes('waiting')
  if (waiting && dependents.length > 0) {
    // Two that wait for each other would wait for ever: this one stops blocking its owners.
    if (dependents.some(waitsForDependents) && ownerReferences.some((each) => each.blockOwnerDeletion === true)) {
      const unblocked = ownerReferences.map((each) => ({ ...each, blockOwnerDeletion: false }))
      return { do: 'setOwners', ownerReferences: unblocked, thenDelete: true }
    }
    return { do: 'delete', propagationPolicy: 'Foreground' }
  }
  if (finalizers.includes(ORPHAN_FINALIZER)) return { do: 'delete', propagationPolicy: 'Orphan' }
  if (finalizers.includes(FOREGROUND_FINALIZER)) return { do: 'delete', propagationPolicy: 'Foreground' }
  return { do: 'delete', propagationPolicy: 'Background' }
}
