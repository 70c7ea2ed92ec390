// Access modes of volumes as tables print them.
// Source: pkg/apis/core/helper, GetAccessModesAsString, GetPersistentVolumeClass (v1.36)
import type { ObjectMeta } from '../../apimachinery/types.ts'

const shortNames: readonly (readonly [mode: string, short: string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]

/** `RWO,RWX` */
export function printAccessModes(modes: readonly string[] | undefined): string {
  return shortNames
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',')
}

export const storageClassAnnotation = 'volume.beta.kubernetes.io/storage-class'

/** The annotation is older than the field, and goes first. */
export function storageClassOf(metadata: ObjectMeta | undefined, storageClassName: string | undefined): string {
  return metadata?.annotations?.[storageClassAnnotation] ?? storageClassName ?? ''
}
