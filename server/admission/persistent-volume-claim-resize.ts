// PersistentVolumeClaimResize: only bound claims grow, and only where their class lets them.
// Source: plugin/pkg/admission/storage/persistentvolume/resize (v1.36)
import type { PersistentVolumeClaim } from '../api/core.ts'
import type { StorageClass } from '../api/storage.ts'
import { compareQuantities, parseQuantity } from '../apimachinery/quantity.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { forbiddenBy, isFor } from './forbidden.ts'
import type { AdmissionPlugin } from './plugin.ts'

type Claim = Frozen<PersistentVolumeClaim>

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',

  validate(attributes, reader) {
    if (attributes.operation !== 'UPDATE' || !isFor(attributes, '', 'persistentvolumeclaims')) return
    const claim = attributes.object as unknown as Claim | undefined
    const old = attributes.oldObject as Claim | undefined
    if (claim === undefined || old === undefined || compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return
    if (old.status?.phase !== 'Bound')
      throw forbiddenBy(attributes, 'Only bound persistent volume claims can be expanded')
    const name = classOf(claim)
    const storageClass =
      name !== '' && name === classOf(old)
        ? (reader.get('storageclasses.storage.k8s.io', undefined, name) as Frozen<StorageClass> | undefined)
        : undefined
    if (storageClass?.allowVolumeExpansion === true) return
    throw forbiddenBy(
      attributes,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
  },
}

function sizeOf(claim: Claim) {
  return parseQuantity(claim.spec?.resources?.requests?.['storage'] ?? '0')
}

function classOf(claim: Claim): string {
  return claim.metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec?.storageClassName ?? ''
}
