// Claims of devices: made from templates for pods, freed of pods that are done, deleted when nobody will use them.
// Source: kubernetes pkg/controller/resourceclaim (v1.36)
import type * as core from '../../api/core.ts'
import type { ResourceClaim, ResourceClaimTemplate } from '../../api/resource.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Listers } from '../../client/controller.ts'
import { keyOf, splitKey } from '../../client/indexer.ts'
import type { Pod } from '../pod-status.ts'
import { syncClaim } from './claim.ts'
import { isPodDone } from './pod-done.ts'
import { syncPod } from './pod.ts'

const PODS = 'pods'
const CLAIMS = 'resourceclaims.resource.k8s.io'
const TEMPLATES = 'resourceclaimtemplates.resource.k8s.io'

export const resourceClaim = defineController({
  name: 'resourceclaim-controller',
  serviceAccount: 'resource-claim-controller',
  eventSource: 'resource_claim',
  watches: [
    { resource: PODS, enqueue: keysOfPod, indexes: { template: (object) => templatesOf(object as Pod) } },
    { resource: CLAIMS, enqueue: keysOfClaim },
    {
      resource: TEMPLATES,
      // Pods that came before their template have waited for it.
      enqueue: ({ object }, listers) =>
        listers
          .of<core.Pod>(PODS)
          .byIndex('template', keyOf(object))
          .map((pod) => `pod:${keyOf(pod)}`),
    },
  ],
  reconcile(key, listers) {
    const at = key.indexOf(':')
    const { namespace, name } = splitKey(key.slice(at + 1))
    const pods = listers.of<core.Pod>(PODS)
    const claims = listers.of<ResourceClaim>(CLAIMS)
    if (key.startsWith('claim:')) {
      const claim = claims.get(namespace, name)
      return claim === undefined ? [] : syncClaim(claim, pods)
    }
    const pod = pods.get(namespace, name)
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return []
    return syncPod(pod, claims, listers.of<ResourceClaimTemplate>(TEMPLATES))
  },
})

function templatesOf({ metadata, spec }: Pod): readonly string[] {
  return (spec?.resourceClaims ?? []).flatMap(({ resourceClaimTemplateName: name }) =>
    name === undefined ? [] : [`${metadata.namespace}/${name}`],
  )
}

/** The pod, and the claims it may have to let go of. Source: enqueuePod */
function keysOfPod({ type, object }: WatchEvent, listers: Listers): readonly string[] {
  const pod = object as Pod
  const wanted = pod.spec?.resourceClaims ?? []
  if (wanted.length === 0) return []
  if (type !== 'DELETED' && !isPodDone(pod)) return [`pod:${keyOf(pod)}`]
  const claims = listers.of<ResourceClaim>(CLAIMS)
  const { namespace = '' } = pod.metadata
  const names = new Set<string>()
  for (const { resourceClaimName } of wanted) if (resourceClaimName !== undefined) names.add(resourceClaimName)
  for (const { resourceClaimName } of pod.status?.resourceClaimStatuses ?? []) {
    if (resourceClaimName !== undefined) names.add(resourceClaimName)
  }
  return [...names]
    .filter((name) => claims.get(namespace, name) !== undefined)
    .map((name) => `claim:${namespace}/${name}`)
}

/** A claim that was made is to be told to its pod, and one that is gone may have to be made again. */
function keysOfClaim({ type, object }: WatchEvent): readonly string[] {
  const { namespace, ownerReferences = [] } = object.metadata
  const owner = ownerReferences.find(({ controller, kind }) => controller === true && kind === 'Pod')
  const ofPod = owner === undefined || type === 'MODIFIED' ? [] : [`pod:${namespace}/${owner.name}`]
  return type === 'DELETED' ? ofPod : [`claim:${keyOf(object)}`, ...ofPod]
}
