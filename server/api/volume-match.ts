// Which volume a claim gets: one that is meant for it, or the smallest that will do.
// Source: kubernetes pkg/controller/volume/persistentvolume, findByClaim, checkVolumeSatisfyClaim;
// k8s.io/component-helpers storage/volume, FindMatchingVolume (v1.36)
import { compareQuantities, parseQuantity, type Quantity } from '../apimachinery/quantity.ts'
import { labelSelectorAsSelector } from '../apimachinery/selectors.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import type * as core from './core.ts'
import { requiredNodeAffinity } from './node-selector.ts'

export type Volume = Frozen<Stored<core.PersistentVolume>>
export type Claim = Frozen<Stored<core.PersistentVolumeClaim>>
type Node = Frozen<Stored<core.Node>>

/** On a claim that has got its volume for good. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'
/** On a claim or volume whose other side was not chosen by the user. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'
/** On a claim, set by the scheduler: the volume may be made, within reach of this node. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'

/** The volume is meant for the claim: by name, and where that is said already, by uid. */
export function isMeantFor({ spec }: Volume, { metadata }: Claim): boolean {
  const { claimRef } = spec ?? {}
  if (claimRef?.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false
  return (claimRef.uid ?? '') === '' || claimRef.uid === metadata.uid
}

const CLASS = 'volume.beta.kubernetes.io/storage-class'

/** The name of the storage class, '' for none. */
export function classOf({ metadata, spec }: Volume | Claim): string {
  return metadata.annotations?.[CLASS] ?? spec?.storageClassName ?? ''
}

export function hasClass({ metadata, spec }: Claim): boolean {
  return metadata.annotations?.[CLASS] !== undefined || spec?.storageClassName !== undefined
}

export function sizeOf({ spec }: Volume): Quantity {
  return parseQuantity(spec?.capacity?.['storage'] ?? '0')
}

export function requestOf({ spec }: Claim): Quantity {
  return parseQuantity(spec?.resources?.requests?.['storage'] ?? '0')
}

export function differInMode({ spec: claim }: Claim, { spec: volume }: Volume): boolean {
  return (claim?.volumeMode ?? 'Filesystem') !== (volume?.volumeMode ?? 'Filesystem')
}

function offersModes({ spec: volume }: Volume, { spec: claim }: Claim): boolean {
  return (claim?.accessModes ?? []).every((mode) => volume?.accessModes?.includes(mode) === true)
}

function differInAttributes({ spec: claim }: Claim, { spec: volume }: Volume): boolean {
  return (claim?.volumeAttributesClassName ?? '') !== (volume?.volumeAttributesClassName ?? '')
}

/** Why the claim cannot have the volume it asks for; undefined if it can. */
export function misfit(volume: Volume, claim: Claim): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined) {
    return `the volume is marked for deletion ${JSON.stringify(volume.metadata.name)}`
  }
  if (compareQuantities(sizeOf(volume), requestOf(claim)) < 0) return 'requested PV is too small'
  if (classOf(volume) !== classOf(claim)) return 'storageClassName does not match'
  if (differInAttributes(claim, volume)) return 'volumeAttributesClassName does not match'
  if (differInMode(claim, volume)) return 'incompatible volumeMode'
  return offersModes(volume, claim) ? undefined : 'incompatible accessMode'
}

/**
 * @param choosing whether free volumes may be taken; volumes that are meant for the claim always are
 * @param node where the volume must be within reach
 */
export function findVolume(
  claim: Claim,
  volumes: readonly Volume[],
  choosing: boolean,
  node?: Node,
): Volume | undefined {
  const fitting = volumes.filter(
    (volume) =>
      offersModes(volume, claim) &&
      (volume.spec?.claimRef === undefined || isMeantFor(volume, claim)) &&
      compareQuantities(sizeOf(volume), requestOf(claim)) >= 0 &&
      !differInMode(claim, volume) &&
      !differInAttributes(claim, volume) &&
      volume.metadata.deletionTimestamp === undefined,
  )
  // What offers fewest ways of access beyond those asked for comes first.
  for (const [, group] of [...Map.groupBy(fitting, modesOf)].sort(([a], [b]) => a.length - b.length)) {
    const meant = group.find((volume) => isMeantFor(volume, claim))
    if (meant !== undefined) return meant
    const free = choosing ? group.filter((volume) => isFree(volume, claim) && isWithinReach(volume, node)) : []
    const [smallest] = free.sort(bySize)
    if (smallest !== undefined) return smallest
  }
  return undefined
}

const modeLetters = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod']

/** One character for each mode. */
function modesOf({ spec }: Volume): string {
  return modeLetters.flatMap((mode, at) => (spec?.accessModes?.includes(mode) === true ? [at] : [])).join('')
}

function isFree(volume: Volume, claim: Claim): boolean {
  if (volume.status?.phase !== 'Available' || classOf(volume) !== classOf(claim)) return false
  const { selector } = claim.spec ?? {}
  if (selector === undefined) return true
  try {
    return labelSelectorAsSelector(selector).matches(volume.metadata.labels)
  } catch {
    return false
  }
}

/** Whether the volume can be used from the node. */
export function isWithinReach({ spec }: Volume, node: Node | undefined): boolean {
  const required = spec?.nodeAffinity?.required
  if (node === undefined || required === undefined) return true
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } }
  return requiredNodeAffinity({ affinity })?.(node) !== false
}

function bySize(a: Volume, b: Volume): number {
  return compareQuantities(sizeOf(a), sizeOf(b)) || (a.metadata.name < b.metadata.name ? -1 : 1)
}
