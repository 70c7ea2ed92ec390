// The provisioner behind the default StorageClass of a cluster that is not bare: claims get a directory of their node, in
// the way that the provisioners of small clusters give it to them, and a larger one when they ask for more.
// Source: sig-storage-lib-external-provisioner, controller (v13); kubernetes-csi/external-resizer (v1.14)
import type * as core from '../api/core.ts'
import type * as storage from '../api/storage.ts'
import { type Claim, classOf } from '../api/volume-match.ts'
import { isAlreadyExists } from '../apimachinery/errors.ts'
import { compareQuantities, parseQuantity } from '../apimachinery/quantity.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { create, event, patch, remove, retry, type Action } from '../client/action.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { subjectOf } from '../client/events.ts'
import { splitKey } from '../client/indexer.ts'
import { CLAIM_KIND, CLAIMS, VOLUMES } from './persistentvolume/binding.ts'
import { CLASSES, PROVISIONER } from './persistentvolume/claim.ts'
import { PROVISIONED_BY } from './persistentvolume/volume.ts'

/** The class names it. */
const NAME = 'kubeling.local/hostpath'
const FOLDER = '/var/lib/kubeling/volumes'
/** Keys of volumes start with it, those of claims do not. */
const VOLUME_KEY = 'volume:'

export const storageProvisioner = defineController({
  name: 'storage-provisioner-controller',
  serviceAccount: 'storage-provisioner',
  eventSource: NAME,
  watches: [
    { resource: CLAIMS, enqueue: 'self' },
    { resource: VOLUMES, enqueue: ({ object }) => [VOLUME_KEY + object.metadata.name] },
    { resource: CLASSES, enqueue: 'none' },
  ],
  reconcile: (key, listers) =>
    key.startsWith(VOLUME_KEY) ? clean(key.slice(VOLUME_KEY.length), listers) : provision(key, listers),
})

function provision(key: string, listers: Listers): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const claim = listers.of<core.PersistentVolumeClaim>(CLAIMS).get(namespace, name)
  if (claim === undefined || claim.metadata.annotations?.[PROVISIONER] !== NAME) return []
  if (claim.spec?.volumeName) return expand(claim, listers)
  const storageClass = listers.of<storage.StorageClass>(CLASSES).get(undefined, classOf(claim))
  if (storageClass?.provisioner !== NAME) return []
  const volume = newVolume(claim, storageClass)
  const { name: volumeName = '' } = volume.metadata ?? {}
  if (listers.of(VOLUMES).get(undefined, volumeName) !== undefined) return []
  const subject = subjectOf(claim, CLAIM_KIND)
  const begin = `External provisioner is provisioning volume for claim "${key}"`
  return [
    event(subject, 'Normal', 'Provisioning', begin),
    create(VOLUMES, volume, ({ error }) => {
      if (isAlreadyExists(error)) return []
      if (error !== undefined) {
        const failure = `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${error.message}`
        return [event(subject, 'Warning', 'ProvisioningFailed', failure), retry(error)]
      }
      return [event(subject, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volumeName}`)]
    }),
  ]
}

/** A directory is as large as it is said to be: nothing is to be done on the node. */
function expand(claim: Claim, listers: Listers): readonly Action[] {
  const volume = listers.of<core.PersistentVolume>(VOLUMES).get(undefined, claim.spec?.volumeName ?? '')
  const isBound = claim.status?.phase === 'Bound' && volume?.spec?.claimRef?.uid === claim.metadata.uid
  if (volume === undefined || !isBound || volume.metadata.annotations?.[PROVISIONED_BY] !== NAME) return []
  const wanted = claim.spec?.resources?.requests?.['storage'] ?? '0'
  const isMore = (than: string | undefined): boolean =>
    compareQuantities(parseQuantity(wanted), parseQuantity(than ?? '0')) > 0
  if (!isMore(claim.status?.capacity?.['storage'])) return []
  const subject = subjectOf(claim, CLAIM_KIND)
  const storage = { storage: wanted }
  const status = { ...claim.status, capacity: { ...claim.status?.capacity, ...storage }, allocatedResources: storage }
  return [
    event(subject, 'Normal', 'Resizing', `External resizer is resizing volume ${volume.metadata.name}`),
    ...(isMore(volume.spec?.capacity?.['storage'])
      ? [patch(VOLUMES, volume, 'application/merge-patch+json', { spec: { capacity: storage } })]
      : []),
    patch(CLAIMS, claim, 'application/merge-patch+json', { status }, { subresource: 'status' }),
    event(subject, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded'),
  ]
}

function newVolume(
  { metadata, spec }: Claim,
  storageClass: Frozen<storage.StorageClass>,
): Frozen<core.PersistentVolume> {
  const { namespace = '', name, uid, resourceVersion } = metadata
  const volumeName = `pvc-${uid}`
  const { accessModes = [], volumeMode, resources } = spec ?? {}
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName, annotations: { [PROVISIONED_BY]: NAME } },
    spec: {
      accessModes,
      capacity: { storage: resources?.requests?.['storage'] ?? '0' },
      claimRef: { ...CLAIM_KIND, namespace, name, uid, resourceVersion },
      hostPath: { path: `${FOLDER}/${volumeName}_${namespace}_${name}`, type: 'DirectoryOrCreate' },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      ...(storageClass.mountOptions === undefined ? {} : { mountOptions: storageClass.mountOptions }),
      storageClassName: storageClass.metadata?.name ?? '',
      ...(volumeMode === undefined ? {} : { volumeMode }),
    },
  }
}

/** Volumes of its own that nobody has any more go, where that is their policy. */
function clean(name: string, listers: Listers): readonly Action[] {
  const volume = listers.of<core.PersistentVolume>(VOLUMES).get(undefined, name)
  if (volume === undefined || volume.metadata.annotations?.[PROVISIONED_BY] !== NAME) return []
  const isOver = volume.status?.phase === 'Released' && volume.spec?.persistentVolumeReclaimPolicy === 'Delete'
  return isOver && volume.metadata.deletionTimestamp === undefined ? [remove(VOLUMES, volume)] : []
}
