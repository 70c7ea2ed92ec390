// PersistentVolumes are kept while they are bound to a claim.
// Source: kubernetes pkg/controller/volume/pvprotection (v1.36)
import type * as core from '../api/core.ts'
import type { Action } from '../client/action.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { protect } from './protection.ts'

const RESOURCE = 'persistentvolumes'
const FINALIZER = 'kubernetes.io/pv-protection'

export const pvProtection = defineController({
  name: 'persistentvolume-protection-controller',
  serviceAccount: 'pv-protection-controller',
  watches: [{ resource: RESOURCE, enqueue: 'self' }],
  reconcile,
})

function reconcile(name: string, listers: Listers): readonly Action[] {
  const volume = listers.of<core.PersistentVolume>(RESOURCE).get(undefined, name)
  if (volume === undefined) return []
  return protect(RESOURCE, volume, FINALIZER, () => volume.status?.phase === 'Bound')
}
