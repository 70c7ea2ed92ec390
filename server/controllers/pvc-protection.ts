// PersistentVolumeClaims are kept while pods use them.
// Left out: the list of pods asked of the server before a claim is let go; the informers of this process are as good.
// Source: kubernetes pkg/controller/volume/pvcprotection (v1.36)
import type * as core from '../api/core.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import type { Action } from '../client/action.ts'
import type { WatchEvent } from '../client/client.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { splitKey } from '../client/indexer.ts'
import { controllerOf } from './owner.ts'
import type { Pod } from './pod-status.ts'
import { protect } from './protection.ts'

type Claim = Frozen<Stored<core.PersistentVolumeClaim>>
type Volume = Frozen<core.Volume>

const RESOURCE = 'persistentvolumeclaims'
const FINALIZER = 'kubernetes.io/pvc-protection'

export const pvcProtection = defineController({
  name: 'persistentvolumeclaim-protection-controller',
  serviceAccount: 'pvc-protection-controller',
  watches: [
    { resource: RESOURCE, enqueue: 'self' },
    { resource: 'pods', enqueue: claimsLetGo, indexes: { claims: (object) => claimsOf(object as Pod) } },
  ],
  reconcile,
})

/** Only a pod that is gone, or as good as gone, may end the use of its claims. */
function claimsLetGo({ type, object }: WatchEvent): readonly string[] {
  const pod = object as Pod
  return type === 'DELETED' || isShutDown(pod) ? claimsOf(pod) : []
}

function reconcile(key: string, listers: Listers): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const claim = listers.of<core.PersistentVolumeClaim>(RESOURCE).get(namespace, name)
  if (claim === undefined) return []
  const pods = listers.of<core.Pod>('pods')
  return protect(RESOURCE, claim, FINALIZER, () => pods.byIndex('claims', key).some((pod) => uses(pod, claim)))
}

/** Keys of the claims that a pod names, with those made for its ephemeral volumes. */
export function claimsOf(pod: Pod): readonly string[] {
  const { namespace = '' } = pod.metadata
  const volumes = pod.spec?.volumes ?? []
  return volumes.flatMap((volume) => {
    const name = volume.persistentVolumeClaim?.claimName ?? ephemeralClaimName(pod, volume)
    return name === undefined ? [] : [`${namespace}/${name}`]
  })
}

/** Source: k8s.io/component-helpers storage/ephemeral, VolumeClaimName (v0.36) */
export function ephemeralClaimName(pod: Pod, { ephemeral, name }: Volume): string | undefined {
  return ephemeral === undefined ? undefined : `${pod.metadata.name}-${name}`
}

/**
 * A claim that a pod names is in use until the pod is gone, even if it has ended; one made for an ephemeral volume of
 * the pod (of this very pod: the name alone may be a coincidence) until the pod is shut down. A pod without a node does
 * not count: no kubelet would start it with a claim that is being deleted.
 */
function uses(pod: Pod, claim: Claim): boolean {
  if ((pod.spec?.nodeName ?? '') === '') return false
  const { name } = claim.metadata
  const volumes = pod.spec?.volumes ?? []
  if (volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name)) return true
  if (isShutDown(pod) || controllerOf(claim)?.uid !== pod.metadata.uid) return false
  return volumes.some((volume) => ephemeralClaimName(pod, volume) === name)
}

/** The kubelet is done with it, or somebody forced its deletion; only finalizers keep it. */
function isShutDown({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0
}
