// Whether a change of storage may make a pod schedulable that was not for want of volumes.
// Source: queueing hints of VolumeBinding, VolumeZone, VolumeRestrictions and NodeVolumeLimits (v1.36)
import type { PodObject, StorageEvent } from './framework.ts'
import { claimNamesOf } from './pod-volumes.ts'

/** Claims only matter to the pods that name them; anything else to all that name some. */
export function storageMayHelp({ resource, namespace, name }: StorageEvent, pod: PodObject): boolean {
  const names = claimNamesOf(pod)
  if (resource !== 'persistentvolumeclaims') return names.length > 0
  return namespace === pod.metadata.namespace && names.some((claim) => claim.name === name)
}
