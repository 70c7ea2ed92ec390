// Binding a volume to a claim: each names the other, the volume first, and both say that they are bound.
// Source: kubernetes pkg/controller/volume/persistentvolume, bind, unbindVolume, updateClaimStatus;
// k8s.io/component-helpers storage/volume, pv_helpers (v1.36)
import { BIND_COMPLETED, BOUND_BY_CONTROLLER, isMeantFor, type Claim, type Volume } from '../../api/volume-match.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { compareQuantities, parseQuantity } from '../../apimachinery/quantity.ts'
import { retry, update, updateStatus, type Action, type Continuation } from '../../client/action.ts'

export const VOLUMES = 'persistentvolumes'
export const CLAIMS = 'persistentvolumeclaims'
export const CLAIM_KIND = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' }
export const VOLUME_KIND = { apiVersion: 'v1', kind: 'PersistentVolume' }

export function hasAnnotation({ metadata }: Volume | Claim, name: string): boolean {
  return metadata.annotations?.[name] !== undefined
}

export function withAnnotations<T extends Volume | Claim>(object: T, annotations: Readonly<Record<string, string>>): T {
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } },
  }
}

/** Goes on with the object as it was stored; a refusal is tried again. */
export function stored<T extends Volume | Claim>(next: (object: T) => readonly Action[]): Continuation {
  return ({ object, error }) => (error === undefined ? next(object as unknown as T) : [retry(error)])
}

export function bind(volume: Volume, claim: Claim): readonly Action[] {
  return bindVolume(volume, claim, (boundVolume) =>
    setVolumePhase(boundVolume, 'Bound', (done) =>
      bindClaim(claim, done, (boundClaim) => setClaimStatus(boundClaim, 'Bound', done)),
    ),
  )
}

function bindVolume(volume: Volume, claim: Claim, next: (volume: Volume) => readonly Action[]): readonly Action[] {
  const isMeant = isMeantFor(volume, claim)
  if (isMeant && volume.spec?.claimRef?.uid === claim.metadata.uid) return next(volume)
  const { namespace = '', name, uid, resourceVersion } = claim.metadata
  const claimRef = { ...CLAIM_KIND, namespace, name, uid, resourceVersion }
  const named = { ...volume, spec: { ...volume.spec, claimRef } } as Volume
  const marked = isMeant ? named : withAnnotations(named, { [BOUND_BY_CONTROLLER]: 'yes' })
  return [update(VOLUMES, marked, stored(next))]
}

function bindClaim(claim: Claim, volume: Volume, next: (claim: Claim) => readonly Action[]): readonly Action[] {
  const { name } = volume.metadata
  const isNamed = claim.spec?.volumeName === name
  if (isNamed && hasAnnotation(claim, BIND_COMPLETED)) return next(claim)
  const named = (isNamed ? claim : { ...claim, spec: { ...claim.spec, volumeName: name } }) as Claim
  const mark = isNamed ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }
  return [update(CLAIMS, withAnnotations(named, { ...mark, [BIND_COMPLETED]: 'yes' }), stored(next))]
}

/** What the controller did is undone; a volume that its user meant for the claim stays so. */
export function unbind(volume: Volume): readonly Action[] {
  const { [BOUND_BY_CONTROLLER]: mark, ...annotations } = volume.metadata.annotations ?? {}
  const { claimRef, ...spec } = volume.spec ?? {}
  const { uid: _uid, ...meant } = claimRef ?? {}
  const free = {
    ...volume,
    metadata: { ...volume.metadata, annotations },
    spec: mark === undefined ? { ...spec, claimRef: meant } : spec,
  } as Volume
  return [
    update(
      VOLUMES,
      free,
      stored((done: Volume) => setVolumePhase(done, 'Available')),
    ),
  ]
}

export function setVolumePhase(
  volume: Volume,
  phase: string,
  next: (volume: Volume) => readonly Action[] = () => [],
): readonly Action[] {
  if (volume.status?.phase === phase) return next(volume)
  const { message: _, ...status } = volume.status ?? {}
  return [updateStatus(VOLUMES, { ...volume, status: { ...status, phase } }, stored(next))]
}

/** @param volume what the claim has got; without it the claim has nothing */
export function setClaimStatus(
  claim: Claim,
  phase: string,
  volume?: Volume,
  next: (claim: Claim) => readonly Action[] = () => [],
): readonly Action[] {
  const { accessModes: _modes, capacity, currentVolumeAttributesClassName: current, ...rest } = claim.status ?? {}
  let status: Claim['status'] = { ...rest, phase }
  if (volume !== undefined) {
    const isNew = claim.status?.phase !== phase
    const className = isNew && phase === 'Bound' ? volume.spec?.volumeAttributesClassName : current
    const amount = isNew ? newCapacity(capacity, volume) : capacity
    status = {
      ...status,
      ...(volume.spec?.accessModes === undefined ? {} : { accessModes: volume.spec.accessModes }),
      ...(amount === undefined ? {} : { capacity: amount }),
      ...(className === undefined ? {} : { currentVolumeAttributesClassName: className }),
    }
  }
  if (deepEqual(status, claim.status)) return next(claim)
  return [updateStatus(CLAIMS, { ...claim, status }, stored(next))]
}

type Capacity = Readonly<Record<string, string>> | undefined

/** A file system that has grown differently from its volume keeps its size. */
function newCapacity(known: Capacity, { spec }: Volume): Capacity {
  const [before, after] = [known?.['storage'], spec?.capacity?.['storage']]
  const isSame =
    before !== undefined && after !== undefined && compareQuantities(parseQuantity(before), parseQuantity(after)) === 0
  return isSame ? known : spec?.capacity
}
