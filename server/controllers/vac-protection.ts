// VolumeAttributesClasses are kept while volumes or claims name them.
// Source: kubernetes pkg/controller/volume/vacprotection (v1.36)
import type * as core from '../api/core.ts'
import type * as storage from '../api/storage.ts'
import type { Frozen } from '../apimachinery/types.ts'
import type { Action } from '../client/action.ts'
import type { WatchEvent } from '../client/client.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { protect } from './protection.ts'

const RESOURCE = 'volumeattributesclasses.storage.k8s.io'
const FINALIZER = 'kubernetes.io/vac-protection'

export const vacProtection = defineController({
  name: 'volumeattributesclass-protection-controller',
  watches: [
    { resource: RESOURCE, enqueue: 'self' },
    {
      resource: 'persistentvolumes',
      enqueue: (event) => classesLetGo(event, classesOfVolume),
      indexes: { classes: (object) => classesOfVolume(object as core.PersistentVolume) },
    },
    {
      resource: 'persistentvolumeclaims',
      enqueue: (event) => classesLetGo(event, classesOfClaim),
      indexes: { classes: (object) => classesOfClaim(object as core.PersistentVolumeClaim) },
    },
  ],
  reconcile,
})

/** Those that the object named before the event, and no longer does. */
function classesLetGo<T>({ type, object, old }: WatchEvent, classesOf: (object: T) => string[]): readonly string[] {
  if (type === 'ADDED') return []
  const before = classesOf((old ?? object) as T)
  const after = type === 'DELETED' ? [] : classesOf(object as T)
  return before.filter((name) => !after.includes(name))
}

function reconcile(name: string, listers: Listers): readonly Action[] {
  const found = listers.of<storage.VolumeAttributesClass>(RESOURCE).get(undefined, name)
  if (found === undefined) return []
  return protect(
    RESOURCE,
    found,
    FINALIZER,
    () =>
      listers.of<core.PersistentVolume>('persistentvolumes').byIndex('classes', name).length > 0 ||
      listers.of<core.PersistentVolumeClaim>('persistentvolumeclaims').byIndex('classes', name).length > 0,
  )
}

function classesOfVolume({ spec }: Frozen<core.PersistentVolume>): string[] {
  return named([spec?.volumeAttributesClassName])
}

/** What a claim asks for, what its volume has, and what it is on the way to. */
function classesOfClaim({ spec, status }: Frozen<core.PersistentVolumeClaim>): string[] {
  return named([
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ])
}

function named(names: readonly (string | undefined)[]): string[] {
  return names.filter((name) => name !== undefined && name !== '') as string[]
}
