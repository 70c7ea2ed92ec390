// DefaultStorageClass: a claim that names no class gets the default one.
// Source: plugin/pkg/admission/storage/storageclass/setdefault (v1.36)
import type { PersistentVolumeClaim } from '../api/core.ts'
import { newestDefault } from './default-class.ts'
import { isFor } from './forbidden.ts'
import type { AdmissionPlugin } from './plugin.ts'

const annotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',

  admit(attributes, reader) {
    if (attributes.operation !== 'CREATE' || !isFor(attributes, '', 'persistentvolumeclaims')) return
    const claim = attributes.object as PersistentVolumeClaim | undefined
    if (claim?.spec === undefined || claim.spec.storageClassName !== undefined) return
    if (claim.metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined) return
    const name = newestDefault(reader.list('storageclasses.storage.k8s.io'), annotations)
    if (name !== undefined) claim.spec.storageClassName = name
  },
}
