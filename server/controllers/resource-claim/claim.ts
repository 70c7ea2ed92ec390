// One claim: pods that are done no longer hold it; with nobody left it gives its devices up; one made for a pod that
// will not run is deleted.
// Source: kubernetes pkg/controller/resourceclaim, syncClaim (v1.36)
import type * as core from '../../api/core.ts'
import type { ResourceClaim } from '../../api/resource.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { remove, retry, update, updateStatus, type Action } from '../../client/action.ts'
import type { Lister } from '../../client/indexer.ts'
import { isPodDone } from './pod-done.ts'

export type Claim = Frozen<Stored<ResourceClaim>>

const CLAIMS = 'resourceclaims.resource.k8s.io'
const PROTECTION = 'resource.kubernetes.io/delete-protection'

export function syncClaim(claim: Claim, pods: Lister<core.Pod>): readonly Action[] {
  const users = claim.status?.reservedFor ?? []
  const remaining = users.filter(
    ({ apiGroup = '', resource, name, uid }) => apiGroup !== '' || resource !== 'pods' || holds(claim, name, uid, pods),
  )
  const isProtected = claim.metadata.finalizers?.includes(PROTECTION) ?? false
  const unused = remaining.length === 0 ? unusedClaim(claim, pods) : []
  if (remaining.length < users.length) {
    const { reservedFor: _, allocation, ...rest } = claim.status ?? {}
    const keeps = allocation !== undefined && (remaining.length > 0 || !isProtected)
    const status = {
      ...rest,
      ...(keeps ? { allocation } : {}),
      ...(remaining.length > 0 ? { reservedFor: remaining } : {}),
    }
    return [
      updateStatus(CLAIMS, { ...claim, status }, ({ error, object }) => {
        if (error !== undefined) return [retry(error)]
        return isProtected && !keeps ? [unprotect(object as unknown as Claim), ...unused] : unused
      }),
    ]
  }
  if (!isProtected || claim.metadata.deletionTimestamp === undefined || remaining.length > 0) return unused
  if (claim.status?.allocation === undefined) return [unprotect(claim)]
  const { allocation: _, ...status } = claim.status
  return [
    updateStatus(CLAIMS, { ...claim, status }, ({ error, object }) =>
      error === undefined ? [unprotect(object as unknown as Claim)] : [retry(error)],
    ),
  ]
}

/** Whether the pod is there and may still use the claim. */
function holds({ metadata }: Claim, name: string, uid: string, pods: Lister<core.Pod>): boolean {
  const pod = pods.get(metadata.namespace, name)
  return pod?.metadata.uid === uid && !isPodDone(pod)
}

function unprotect(claim: Claim): Action {
  const finalizers = claim.metadata.finalizers?.filter((one) => one !== PROTECTION) ?? []
  const { finalizers: _, ...metadata } = claim.metadata
  return update(CLAIMS, { ...claim, metadata: { ...metadata, ...(finalizers.length === 0 ? {} : { finalizers }) } })
}

/** The garbage collector only deletes it with its pod, and that may stay for long. */
function unusedClaim(claim: Claim, pods: Lister<core.Pod>): readonly Action[] {
  const { namespace, ownerReferences = [], deletionTimestamp } = claim.metadata
  const owner = ownerReferences.find(({ controller, kind }) => controller === true && kind === 'Pod')
  if (owner === undefined || deletionTimestamp !== undefined) return []
  const pod = pods.get(namespace, owner.name)
  if (pod === undefined || (pod.metadata.uid === owner.uid && !isPodDone(pod))) return []
  return [remove(CLAIMS, claim)]
}
