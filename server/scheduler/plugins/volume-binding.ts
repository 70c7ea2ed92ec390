// A node must be able to reach the volumes that a pod has, and to get those that it has yet to get.
// Source: pkg/scheduler/framework/plugins/volumebinding, VolumeBinding (v1.36)
import type { Volume } from '../../api/volume-match.ts'
import type { FilterPlugin, PodObject, Rejection } from '../framework.ts'
import { claimNamesOf, claimsOf, planVolumes } from '../pod-volumes.ts'
import { storageMayHelp } from '../storage-events.ts'
import type { StorageView } from '../volumes.ts'

export const volumeBinding: FilterPlugin = {
  name: 'VolumeBinding',
  prepare({ pod }, { storage }) {
    if (claimNamesOf(pod).length === 0) return undefined
    const problem = problemOf(pod, storage)
    if (problem !== undefined) return { rejection: unresolvable(problem) }
    const claims = claimsOf(pod, storage)
    if (claims.unboundImmediate.length > 0) {
      return { rejection: unresolvable('pod has unbound immediate PersistentVolumeClaims') }
    }
    const volumes = new Map<string, readonly Volume[]>()
    const candidates = (className: string): readonly Volume[] => {
      let known = volumes.get(className)
      if (known === undefined) volumes.set(className, (known = storage.volumesOfClass(className)))
      return known
    }
    return {
      filter({ node }) {
        const plan = planVolumes(claims, node, storage, candidates)
        return 'reasons' in plan ? { resolvable: false, reasons: plan.reasons } : undefined
      },
    }
  },
  mayHelp(event, { pod }) {
    if (event.kind === 'StorageChanged') return storageMayHelp(event, pod)
    return event.kind === 'NodeAdded' || event.kind === 'NodeUpdated'
  },
}

function unresolvable(reason: string): Rejection {
  return { resolvable: false, reasons: [reason] }
}

/** What is wrong with a claim of the pod. Source: podHasPVCs */
function problemOf(pod: PodObject, storage: StorageView): string | undefined {
  const { metadata } = pod
  for (const { name, isEphemeral } of claimNamesOf(pod)) {
    const claim = storage.claim(metadata.namespace ?? '', name)
    if (claim === undefined) {
      return isEphemeral
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
        : `persistentvolumeclaim "${name}" not found`
    }
    if (claim.status?.phase === 'Lost') {
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`
    }
    if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`
    const isOwned = claim.metadata.ownerReferences?.some(
      ({ controller, uid }) => controller === true && uid === metadata.uid,
    )
    if (isEphemeral && isOwned !== true) {
      const which = `${metadata.namespace}/${name}`
      return `PVC ${which} was not created for pod ${metadata.namespace}/${metadata.name} (pod is not owner)`
    }
  }
  return undefined
}
