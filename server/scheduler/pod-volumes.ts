// The claims of a pod, and which volumes they can get on a node: those that there are, or new ones.
// Source: pkg/scheduler/framework/plugins/volumebinding, SchedulerVolumeBinder (v1.36)
// Left out on purpose: volumes of plugins that moved to CSI drivers are taken as they are, not translated.
import type { StorageClass } from '../api/storage.ts'
import {
  BIND_COMPLETED,
  classOf,
  findVolume,
  isWithinReach,
  requestOf,
  SELECTED_NODE,
  type Claim,
  type Volume,
} from '../api/volume-match.ts'
import { compareQuantities, parseQuantity } from '../apimachinery/quantity.ts'
import { labelSelectorAsSelector } from '../apimachinery/selectors.ts'
import type { Frozen } from '../apimachinery/types.ts'
import type { NodeObject, PodObject } from './framework.ts'
import type { StorageView } from './volumes.ts'

const NO_PROVISIONER = 'kubernetes.io/no-provisioner'

export interface PodClaims {
  readonly bound: readonly Claim[]
  /** Their volumes are chosen without regard to pods, and are not yet. */
  readonly unboundImmediate: readonly Claim[]
  /** The choice of the node comes first. */
  readonly unboundDelayed: readonly Claim[]
}

/** What has to be done before the pod can be bound to the node. */
export interface VolumePlan {
  readonly bindings: readonly { readonly claim: Claim; readonly volume: Volume }[]
  /** Claims whose volumes are to be made for the node. */
  readonly provisions: readonly Claim[]
}

/** The claim that a volume of a pod names; `isEphemeral` if it is made for the pod. */
export interface ClaimName {
  readonly name: string
  readonly isEphemeral: boolean
}

const noClaims: readonly ClaimName[] = []

/** In the order of the pod's volumes. */
export function claimNamesOf({ metadata, spec }: PodObject): readonly ClaimName[] {
  if (spec?.volumes === undefined) return noClaims
  const names: ClaimName[] = []
  for (const { name, persistentVolumeClaim, ephemeral } of spec.volumes) {
    if (persistentVolumeClaim !== undefined) names.push({ name: persistentVolumeClaim.claimName, isEphemeral: false })
    else if (ephemeral !== undefined) names.push({ name: `${metadata.name}-${name}`, isEphemeral: true })
  }
  return names
}

export function isBound({ metadata, spec }: Claim): boolean {
  return (spec?.volumeName ?? '') !== '' && metadata.annotations?.[BIND_COMPLETED] !== undefined
}

export function claimsOf(pod: PodObject, storage: StorageView): PodClaims {
  const bound: Claim[] = []
  const unboundImmediate: Claim[] = []
  const unboundDelayed: Claim[] = []
  for (const { name } of claimNamesOf(pod)) {
    const claim = storage.claim(pod.metadata.namespace ?? '', name)
    if (claim === undefined) continue
    if (isBound(claim)) bound.push(claim)
    else if (isDelayed(claim, storage) && (claim.spec?.volumeName ?? '') === '') unboundDelayed.push(claim)
    else unboundImmediate.push(claim)
  }
  return { bound, unboundImmediate, unboundDelayed }
}

function isDelayed(claim: Claim, storage: StorageView): boolean {
  return storage.storageClass(classOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer'
}

const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind"
const NOT_ENOUGH_SPACE = 'node(s) did not have enough free storage'
const VOLUME_GONE = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'

/**
 * @param candidates the volumes of a class
 * @throws Error if a claim names no class, or one that there is not
 * Source: FindPodVolumes
 */
export function planVolumes(
  { bound, unboundDelayed }: PodClaims,
  node: NodeObject,
  storage: StorageView,
  candidates: (className: string) => readonly Volume[],
): VolumePlan | { readonly reasons: readonly string[] } {
  const reasons = boundReasons(bound, node, storage)
  const bindings: { claim: Claim; volume: Volume }[] = []
  const provisions: Claim[] = []
  const open: Claim[] = []
  for (const claim of unboundDelayed) {
    const selected = claim.metadata.annotations?.[SELECTED_NODE]
    if (selected === undefined) open.push(claim)
    else if (selected === node.metadata.name) provisions.push(claim)
    else return { reasons: [...reasons, BIND_CONFLICT] }
  }
  const taken = new Set<Volume>()
  // The smallest claims choose first, so that the larger volumes are left for the larger ones.
  for (const claim of open.sort((a, b) => compareQuantities(requestOf(a), requestOf(b)))) {
    const free = candidates(classOf(claim)).filter((volume) => !taken.has(volume))
    const volume = findVolume(claim, free, true, node)
    if (volume === undefined) {
      provisions.push(claim)
    } else {
      taken.add(volume)
      bindings.push({ claim, volume })
    }
  }
  const obstacle = provisionObstacle(provisions, node, storage)
  if (obstacle !== undefined) reasons.push(obstacle)
  return reasons.length > 0 ? { reasons } : { bindings, provisions }
}

/** Source: checkBoundClaims */
function boundReasons(claims: readonly Claim[], node: NodeObject, storage: StorageView): string[] {
  for (const { spec } of claims) {
    const volume = storage.volume(spec?.volumeName ?? '')
    if (volume === undefined) return [VOLUME_GONE]
    if (!isWithinReach(volume, node)) return [NODE_CONFLICT]
  }
  return []
}

/** Why not all volumes can be made within reach of the node. Source: checkVolumeProvisions */
function provisionObstacle(claims: readonly Claim[], node: NodeObject, storage: StorageView): string | undefined {
  for (const claim of claims) {
    const className = classOf(claim)
    const { namespace, name } = claim.metadata
    if (className === '') throw new Error(`no class for claim "${namespace}/${name}"`)
    const storageClass = storage.storageClass(className)
    if (storageClass === undefined) throw new Error(`failed to find storage class "${className}"`)
    const { provisioner = '' } = storageClass
    if (provisioner === '' || provisioner === NO_PROVISIONER) return BIND_CONFLICT
    if (!isAllowed(storageClass.allowedTopologies, node)) return BIND_CONFLICT
    if (!hasSpace(provisioner, claim, node, storage)) return NOT_ENOUGH_SPACE
  }
  return undefined
}

/** One of the terms must hold with all its requirements. Source: MatchTopologySelectorTerms */
function isAllowed(terms: Frozen<StorageClass>['allowedTopologies'], { metadata }: NodeObject): boolean {
  if (terms === undefined || terms.length === 0) return true
  return terms.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => {
      const value = metadata.labels?.[key]
      return value !== undefined && values.includes(value)
    }),
  )
}

/** Only drivers that say so tell of their capacity. Source: hasEnoughCapacity */
function hasSpace(driverName: string, claim: Claim, { metadata }: NodeObject, storage: StorageView): boolean {
  if (claim.spec?.resources?.requests?.['storage'] === undefined) return true
  if (storage.csiDriver(driverName)?.spec.storageCapacity !== true) return true
  const wanted = requestOf(claim)
  return storage.capacities().some(({ storageClassName, maximumVolumeSize, capacity, nodeTopology }) => {
    const limit = maximumVolumeSize ?? capacity
    if (storageClassName !== classOf(claim) || limit === undefined || nodeTopology === undefined) return false
    if (compareQuantities(parseQuantity(limit), wanted) < 0) return false
    return labelSelectorAsSelector(nodeTopology).matches(metadata.labels)
  })
}

/** What is left to do for the pod's volumes on a node that can have them, if anything. */
export function planVolumesFor(pod: PodObject, node: NodeObject, storage: StorageView): VolumePlan | undefined {
  if (claimNamesOf(pod).length === 0) return undefined
  const plan = planVolumes(claimsOf(pod, storage), node, storage, (name) => storage.volumesOfClass(name))
  return 'reasons' in plan || plan.bindings.length + plan.provisions.length === 0 ? undefined : plan
}
