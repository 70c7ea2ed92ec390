// What becomes of a volume: free, bound, or let go and, as it says, kept, emptied or deleted.
// Source: kubernetes pkg/controller/volume/persistentvolume, syncVolume, reclaimVolume (v1.36)
import type * as core from '../../api/core.ts'
import { type Claim, type Volume, differInMode } from '../../api/volume-match.ts'
import { event, remove, updateStatus, type Action } from '../../client/action.ts'
import type { Listers } from '../../client/controller.ts'
import { subjectOf } from '../../client/events.ts'
import { isPodTerminal } from '../pod-status.ts'
import { CLAIM_KIND, CLAIMS, hasAnnotation, setVolumePhase, stored, unbind, VOLUME_KIND, VOLUMES } from './binding.ts'

/** Who made the volume. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'
const MIGRATED_TO = 'pv.kubernetes.io/migrated-to'

export function syncVolume(volume: Volume, listers: Listers): readonly Action[] {
  const { claimRef, persistentVolumeReclaimPolicy } = volume.spec ?? {}
  if (claimRef === undefined || (claimRef.uid ?? '') === '') return setVolumePhase(volume, 'Available')
  const named = listers.of<core.PersistentVolumeClaim>(CLAIMS).get(claimRef.namespace, claimRef.name ?? '')
  const claim = named?.metadata.uid === claimRef.uid ? named : undefined
  if (claim === undefined) return release(volume, listers)
  if (!claim.spec?.volumeName) return differInMode(claim, volume) ? tellOfModes(volume, claim) : []
  if (claim.spec.volumeName === volume.metadata.name) return setVolumePhase(volume, 'Bound')
  // The claim has got another one.
  const isSpare = hasAnnotation(volume, PROVISIONED_BY) && persistentVolumeReclaimPolicy === 'Delete'
  return isSpare ? release(volume, listers) : unbind(volume)
}

function tellOfModes(volume: Volume, claim: Claim): readonly Action[] {
  const [toClaim, toVolume] = [claim.metadata.name, volume.metadata.name].map((name) => JSON.stringify(name))
  const why = 'due to incompatible volumeMode.'
  const [aboutVolume, aboutClaim] = [subjectOf(volume, VOLUME_KIND), subjectOf(claim, CLAIM_KIND)]
  return [
    event(
      aboutVolume,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${toClaim} ${why}`,
    ),
    event(
      aboutClaim,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolume ${toVolume} to requested PersistentVolumeClaim ${why}`,
    ),
  ]
}

function release(volume: Volume, listers: Listers): readonly Action[] {
  const isNoted = volume.status?.phase === 'Released' || volume.status?.phase === 'Failed'
  const next = (released: Volume): readonly Action[] => reclaim(released, listers)
  return isNoted ? next(volume) : setVolumePhase(volume, 'Released', next)
}

function reclaim(volume: Volume, listers: Listers): readonly Action[] {
  if (hasAnnotation(volume, MIGRATED_TO)) return []
  switch (volume.spec?.persistentVolumeReclaimPolicy) {
    case 'Delete':
      return deleteVolume(volume)
    case 'Recycle':
      return recycle(volume, listers)
    case 'Retain':
    case undefined:
      return []
    default:
      return fail(volume, 'VolumeUnknownReclaimPolicy', 'Volume has unrecognized PersistentVolumeReclaimPolicy')
  }
}

function fail(volume: Volume, reason: string, message: string): readonly Action[] {
  if (volume.status?.phase === 'Failed') return []
  const status = { ...volume.status, phase: 'Failed', message }
  const told = (failed: Volume): readonly Action[] => [
    event(subjectOf(failed, VOLUME_KIND), 'Warning', reason, message),
  ]
  return [updateStatus(VOLUMES, { ...volume, status }, stored(told))]
}

/** Directories of a node are the only volumes that this controller can delete itself; others are deleted by who made them. */
function deleteVolume(volume: Volume): readonly Action[] {
  const maker = volume.metadata.annotations?.[PROVISIONED_BY] ?? ''
  if (maker !== '' && !maker.startsWith('kubernetes.io/')) return []
  const { hostPath } = volume.spec ?? {}
  if (hostPath === undefined) {
    if (volume.spec?.csi !== undefined) return []
    const message = `error getting deleter volume plugin for volume "${volume.metadata.name}": no volume plugin matched`
    return fail(volume, 'VolumeFailedDelete', message)
  }
  if (hostPath.path.startsWith('/tmp/')) {
    return volume.metadata.deletionTimestamp === undefined ? [remove(VOLUMES, volume)] : []
  }
  const message = `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`
  return fail(volume, 'VolumeFailedDelete', message)
}

/** Empties the volume once nobody uses it any more. */
function recycle(volume: Volume, listers: Listers): readonly Action[] {
  const { claimRef, hostPath, nfs } = volume.spec ?? {}
  const subject = subjectOf(volume, VOLUME_KIND)
  const key = `${claimRef?.namespace}/${claimRef?.name}`
  const users = listers
    .of<core.Pod>('pods')
    .byIndex('claims', key)
    .filter((pod) => !isPodTerminal(pod))
  if (users.length > 0 && listers.of(CLAIMS).get(claimRef?.namespace, claimRef?.name ?? '') === undefined) {
    const names = users.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort()
    return [event(subject, 'Normal', 'VolumeFailedRecycle', `Volume is used by pods: ${names.join(',')}`)]
  }
  if (hostPath === undefined && nfs === undefined) {
    return fail(volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!')
  }
  return [event(subject, 'Normal', 'VolumeRecycled', 'Volume recycled'), ...unbind(volume)]
}
