// The claims behind the generic ephemeral volumes of pods.
// Source: kubernetes pkg/controller/volume/ephemeral; k8s.io/component-helpers storage/ephemeral (v1.36)
import type * as core from '../api/core.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import { create, event, retry, type Action } from '../client/action.ts'
import type { WatchEvent } from '../client/client.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { keyOf, splitKey } from '../client/indexer.ts'
import { subjectOf } from '../client/events.ts'
import { controllerOf, newControllerRef } from './owner.ts'
import type { Pod } from './pod-status.ts'
import { claimsOf, ephemeralClaimName } from './pvc-protection.ts'

type Claim = Frozen<Stored<core.PersistentVolumeClaim>>

const CLAIMS = 'persistentvolumeclaims'
const POD_KIND = { apiVersion: 'v1', kind: 'Pod' }

export const ephemeralVolume = defineController({
  name: 'ephemeral-volume-controller',
  eventSource: 'ephemeral_volume',
  watches: [
    {
      resource: 'pods',
      enqueue: ({ type, object }) => (type === 'ADDED' && hasEphemeral(object as Pod) ? [keyOf(object)] : []),
      indexes: { claims: (object) => claimsOf(object as Pod) },
    },
    { resource: CLAIMS, enqueue: podsOfLostClaim },
  ],
  reconcile,
})

function hasEphemeral(pod: Pod): boolean {
  return pod.spec?.volumes?.some(({ ephemeral }) => ephemeral !== undefined) ?? false
}

/** A claim that was taken away is made again. */
function podsOfLostClaim({ type, object }: WatchEvent, listers: Listers): readonly string[] {
  return type === 'DELETED' ? listers.of<core.Pod>('pods').byIndex('claims', keyOf(object)).map(keyOf) : []
}

function reconcile(key: string, listers: Listers): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const pod = listers.of<core.Pod>('pods').get(namespace, name)
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return []
  return (pod.spec?.volumes ?? []).flatMap((volume) => claimFor(pod, volume, listers))
}

function claimFor(pod: Pod, volume: Frozen<core.Volume>, listers: Listers): readonly Action[] {
  const name = ephemeralClaimName(pod, volume)
  const template = volume.ephemeral?.volumeClaimTemplate
  if (name === undefined || template === undefined) return []
  const { namespace = '' } = pod.metadata
  const fail = (message: string): readonly Action[] => {
    const told = `ephemeral volume ${volume.name}: ${message}`
    return [event(subjectOf(pod, POD_KIND), 'Warning', 'FailedBinding', told), retry(new Error(told))]
  }
  const present = listers.of<core.PersistentVolumeClaim>(CLAIMS).get(namespace, name)
  if (present !== undefined)
    return isFor(pod, present)
      ? []
      : fail(`PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`)
  const { labels, annotations } = template.metadata ?? {}
  const claim: Frozen<core.PersistentVolumeClaim> = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace,
      ownerReferences: [newControllerRef(pod, POD_KIND)],
      ...(annotations === undefined ? {} : { annotations }),
      ...(labels === undefined ? {} : { labels }),
    },
    spec: template.spec,
  }
  return [
    create(CLAIMS, claim, ({ error }) => (error === undefined ? [] : fail(`create PVC ${name}: ${error.message}`))),
  ]
}

function isFor(pod: Pod, claim: Claim): boolean {
  return controllerOf(claim)?.uid === pod.metadata.uid
}
