// A volume that an attachment brings itself: the spec of a persistent volume, with a CSI source and little else.
// Source: pkg/apis/core/validation, ValidatePersistentVolumeSpec with validateInlinePersistentVolumeSpec (v1.36)
import type { PersistentVolumeSpec } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, required } from '../../apimachinery/field.ts'
import { validateVolumeSource } from '../core/persistentvolume-sources.ts'
import { validateAccessModes } from '../pod-template/claim-spec.ts'

const context = 'in the context of inline volumes'

export function validateInlineVolume(spec: PersistentVolumeSpec, path: FieldPath): FieldError[] {
  const { accessModes = [], capacity = {}, csi, persistentVolumeReclaimPolicy: policy = '' } = spec
  const unwanted = (name: string): FieldError => forbidden(path.child(name), `may not be specified ${context}`)
  const errors: FieldError[] = []
  if (spec.claimRef !== undefined) errors.push(unwanted('claimRef'))
  if (Object.keys(capacity).length > 0) errors.push(unwanted('capacity'))
  if (csi === undefined) errors.push(required(path.child('csi'), `has to be specified ${context}`))
  const modesPath = path.child('accessModes')
  if (accessModes.length === 0) errors.push(required(modesPath))
  errors.push(...validateAccessModes(accessModes, modesPath))
  if (policy !== '' && policy !== 'Retain') {
    errors.push(forbidden(path.child('persistentVolumeReclaimPolicy'), `may only be Retain ${context}`))
  }
  if (spec.nodeAffinity !== undefined) errors.push(unwanted('nodeAffinity'))
  errors.push(...validateVolumeSource(spec, '', path))
  if (spec.storageClassName) errors.push(unwanted('storageClassName'))
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem') {
    errors.push(forbidden(path.child('volumeMode'), `may not specify volumeMode other than Filesystem ${context}`))
  }
  return errors
}
