// PersistentVolumes and the claims on them are brought together.
// Source: kubernetes pkg/controller/volume/persistentvolume (v1.36)
import type * as core from '../../api/core.ts'
import { BIND_COMPLETED, type Claim, type Volume, classOf } from '../../api/volume-match.ts'
import type { Action } from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Listers } from '../../client/controller.ts'
import { keyOf, splitKey } from '../../client/indexer.ts'
import type { Pod } from '../pod-status.ts'
import { claimsOf } from '../pvc-protection.ts'
import { CLAIMS, hasAnnotation, VOLUMES } from './binding.ts'
import { CLASSES, syncClaim } from './claim.ts'
import { syncVolume } from './volume.ts'

/** Keys of volumes start with it, those of claims do not. */
const VOLUME_KEY = 'volume:'

export const persistentvolumeBinder = defineController({
  name: 'persistentvolume-binder-controller',
  serviceAccount: 'persistent-volume-binder',
  eventSource: 'persistentvolume-controller',
  watches: [
    {
      resource: VOLUMES,
      enqueue: (event, listers) => keysOfVolume(event as unknown as WatchEvent<core.PersistentVolume>, listers),
    },
    {
      resource: CLAIMS,
      enqueue: (event, listers) => keysOfClaim(event as unknown as WatchEvent<core.PersistentVolumeClaim>, listers),
    },
    { resource: CLASSES, enqueue: ({ object }, listers) => openClaims(listers, object.metadata.name) },
    { resource: 'pods', enqueue: keysOfPod, indexes: { claims: (object) => claimsOf(object as Pod) } },
    { resource: 'nodes', enqueue: 'none' },
  ],
  // Two claims must not choose the same volume.
  concurrency: 1,
  reconcile(key, listers): readonly Action[] {
    if (key.startsWith(VOLUME_KEY)) {
      const name = key.slice(VOLUME_KEY.length)
      const volume = listers.of<core.PersistentVolume>(VOLUMES).get(undefined, name)
      return volume === undefined ? [] : syncVolume(volume, listers)
    }
    const { namespace, name } = splitKey(key)
    const claim = listers.of<core.PersistentVolumeClaim>(CLAIMS).get(namespace, name)
    return claim === undefined ? [] : syncClaim(claim, listers)
  },
})

/** Keys of the claims that have no volume yet, of a class or of none. */
function openClaims(listers: Listers, className: string): string[] {
  return listers
    .of<core.PersistentVolumeClaim>(CLAIMS)
    .list()
    .filter((claim) => !hasAnnotation(claim, BIND_COMPLETED) && ['', className].includes(classOf(claim)))
    .map(keyOf)
}

/** The volume, the claim it is bound to, and if it is free, the claims that may want it. */
function keysOfVolume({ type, object }: { type: string; object: Volume }, listers: Listers): Iterable<string> {
  const keys = new Set<string>(type === 'DELETED' ? [] : [VOLUME_KEY + object.metadata.name])
  const { claimRef } = object.spec ?? {}
  if (claimRef !== undefined) keys.add(`${claimRef.namespace}/${claimRef.name}`)
  else if (object.status?.phase === 'Available') for (const key of openClaims(listers, classOf(object))) keys.add(key)
  for (const key of requesting(listers, object.metadata.name)) keys.add(key)
  return keys
}

function requesting(listers: Listers, volumeName: string): string[] {
  const claims = listers.of<core.PersistentVolumeClaim>(CLAIMS).list()
  return claims.filter(({ spec }) => spec?.volumeName === volumeName).map(keyOf)
}

function keysOfClaim({ object, old }: { object: Claim; old?: Claim }, listers: Listers): Iterable<string> {
  const { metadata } = object
  const keys = new Set<string>([keyOf(object)])
  for (const name of [object.spec?.volumeName, old?.spec?.volumeName]) if (name) keys.add(VOLUME_KEY + name)
  for (const { metadata: volume, spec } of listers.of<core.PersistentVolume>(VOLUMES).list()) {
    const { claimRef } = spec ?? {}
    if (claimRef?.name === metadata.name && claimRef.namespace === metadata.namespace)
      keys.add(VOLUME_KEY + volume.name)
  }
  return keys
}

/** A claim may wait for a consumer, and for it to get a node. */
function keysOfPod({ type, object, old }: WatchEvent, listers: Listers): Iterable<string> {
  const claims = claimsOf(object as Pod)
  const isPlaced = (old as Pod | undefined)?.spec?.nodeName !== (object as Pod).spec?.nodeName
  return claims.length > 0 && (type === 'ADDED' || isPlaced) ? openOnes(claims, listers) : []
}

function openOnes(keys: readonly string[], listers: Listers): string[] {
  return keys.filter((key) => {
    const { namespace, name } = splitKey(key)
    const claim = listers.of<core.PersistentVolumeClaim>(CLAIMS).get(namespace, name)
    return claim !== undefined && !hasAnnotation(claim, BIND_COMPLETED)
  })
}
