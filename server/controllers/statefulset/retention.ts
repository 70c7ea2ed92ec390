// Who owns the claims of a StatefulSet, so that they are deleted with their pod, with the set, or never.
// Source: kubernetes pkg/controller/statefulset, isClaimOwnerUpToDate, updateClaimOwnerRefForSetAndPod (v1.36)
import type * as core from '../../api/core.ts'
import type { Frozen, OwnerReference, Stored } from '../../apimachinery/types.ts'
import { newControllerRef, type GroupVersionKind } from '../owner.ts'
import { isInOrdinalRange, KIND, type AnyPod, type StatefulSet } from './identity.ts'

export type VolumeClaim = Frozen<Stored<core.PersistentVolumeClaim>>

const POD_KIND = { apiVersion: 'v1', kind: 'Pod' }

type Reference = Frozen<OwnerReference>
/** A pod that is not created yet has no uid. */
type Owner = { readonly metadata: { readonly name: string; readonly uid?: string } }

function references(claim: VolumeClaim): readonly Reference[] {
  return claim.metadata.ownerReferences ?? []
}

/** By name: the reference may be to a former owner of the same name. */
function isTo(reference: Reference, owner: Owner, { apiVersion, kind }: GroupVersionKind): boolean {
  return reference.apiVersion === apiVersion && reference.kind === kind && reference.name === owner.metadata.name
}

function isOwnedBy(claim: VolumeClaim, owner: Owner): boolean {
  return references(claim).some(({ uid }) => uid === owner.metadata.uid)
}

function isStale(claim: VolumeClaim, owner: Owner, kind: GroupVersionKind): boolean {
  const reference = references(claim).find((each) => isTo(each, owner, kind))
  return reference !== undefined && reference.uid !== owner.metadata.uid
}

/** Which owners the policy of the set asks for. */
function wantedOwners(set: StatefulSet, pod: AnyPod): { set: boolean; pod: boolean } {
  const { whenDeleted, whenScaled } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {}
  const goesWithPod = whenScaled === 'Delete' && !isInOrdinalRange(set, pod)
  return { set: whenDeleted === 'Delete' && !goesWithPod, pod: goesWithPod }
}

/** Whether the claim is on its way out with a former pod of this name: the new one must wait for another claim. */
export function belongsToFormerPod(set: StatefulSet, claim: VolumeClaim, pod: AnyPod): boolean {
  return set.spec?.persistentVolumeClaimRetentionPolicy?.whenScaled === 'Delete' && isStale(claim, pod, POD_KIND)
}

/** Whether something else rules over the claim; it does not matter if claims are to be kept anyway. */
export function hasOtherController(claim: VolumeClaim, set: StatefulSet, pod: AnyPod): boolean {
  const { whenDeleted, whenScaled } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {}
  if (whenDeleted !== 'Delete' && whenScaled !== 'Delete') return false
  for (const reference of references(claim)) {
    if (isTo(reference, set, KIND)) {
      if (reference.uid !== set.metadata.uid) return true
    } else if (isTo(reference, pod, POD_KIND)) {
      if (reference.uid !== pod.metadata.uid) return true
    } else if (reference.controller === true) return true
  }
  return false
}

/** Whether the claim has the owners it should have, or is none of the set's business. */
export function hasRightOwners(claim: VolumeClaim, set: StatefulSet, pod: AnyPod): boolean {
  if (isStale(claim, set, KIND) || isStale(claim, pod, POD_KIND)) return true
  const ownedBy = { set: isOwnedBy(claim, set), pod: isOwnedBy(claim, pod) }
  if (hasOtherController(claim, set, pod)) return !ownedBy.set && !ownedBy.pod
  const uids = [set.metadata.uid, pod.metadata.uid]
  if (references(claim).some(({ uid, controller }) => uids.includes(uid) && controller !== true)) return false
  const wanted = wantedOwners(set, pod)
  return ownedBy.set === wanted.set && ownedBy.pod === wanted.pod
}

export function withRightOwners(claim: VolumeClaim, set: StatefulSet, pod: AnyPod): VolumeClaim {
  const others = references(claim).filter((each) => !isTo(each, set, KIND) && !isTo(each, pod, POD_KIND))
  const wanted = hasOtherController(claim, set, pod) ? { set: false, pod: false } : wantedOwners(set, pod)
  const { uid } = pod.metadata
  const ownerReferences = [
    ...others,
    ...(wanted.set && !others.some((each) => each.uid === set.metadata.uid) ? [newControllerRef(set, KIND)] : []),
    ...(wanted.pod && uid !== undefined && !others.some((each) => each.uid === uid)
      ? [newControllerRef(pod as Frozen<Stored<core.Pod>>, POD_KIND)]
      : []),
  ]
  return { ...claim, metadata: { ...claim.metadata, ownerReferences } }
}
