// StorageObjectInUseProtection: volumes, claims and attribute classes are kept while something uses them.
// Source: plugin/pkg/admission/storage/storageobjectinuseprotection (v1.36)
import type { AdmissionPlugin } from './plugin.ts'

const finalizers: Readonly<Record<string, string>> = {
  '/persistentvolumes': 'kubernetes.io/pv-protection',
  '/persistentvolumeclaims': 'kubernetes.io/pvc-protection',
  'storage.k8s.io/volumeattributesclasses': 'kubernetes.io/vac-protection',
}

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',

  admit({ operation, group, resource, subresource, object }) {
    const finalizer = finalizers[`${group}/${resource}`]
    if (finalizer === undefined || operation !== 'CREATE' || subresource !== '' || object === undefined) return
    const meta = (object.metadata ??= {})
    if (meta.finalizers?.includes(finalizer)) return
    meta.finalizers = [...(meta.finalizers ?? []), finalizer]
  },
}
