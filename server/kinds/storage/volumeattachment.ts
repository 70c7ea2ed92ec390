// VolumeAttachment of storage.k8s.io/v1. An inline volume's spec is taken as it is: drivers that migrated write it.
// Source: pkg/apis/storage/validation, ValidateVolumeAttachment; pkg/registry/storage/volumeattachment;
// pkg/printers/internalversion, printVolumeAttachment (v1.36)
import type { VolumeAttachment, VolumeError } from '../../api/storage.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, required, tooLong } from '../../apimachinery/field.ts'
import { byteLength, inclusiveRangeError, nameIsDNSSubdomain } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { internalValue } from '../internal-form/index.ts'
import { validateInlineVolume } from './inline-volume.ts'
import { validateCSIDriverName } from './parameters.ts'

export const volumeAttachment = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  strategy: { returnsDeletedObject: true, allowUnconditionalUpdate: false, validate, validateUpdate },
  status: { validateUpdate: (object) => validateStatus(object) },
  cells: {
    Attacher: ({ spec }) => spec.attacher,
    PV: ({ spec }) => spec.source.persistentVolumeName ?? '',
    Node: ({ spec }) => spec.nodeName,
    Attached: ({ status }) => status?.attached ?? false,
  },
})

const metadataMaxBytes = 256 * 1024
const messageMaxBytes = 1024

function validate(object: VolumeAttachment): FieldError[] {
  const path = field('spec')
  const { attacher = '', source = {}, nodeName = '' } = (object.spec ?? {}) as Partial<VolumeAttachment['spec']>
  const { inlineVolumeSpec, persistentVolumeName } = source
  const sourcePath = path.child('source')
  const exactlyOne = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  const errors = validateCSIDriverName(attacher, path.child('attacher'))
  if (inlineVolumeSpec === undefined && persistentVolumeName === undefined)
    errors.push(required(sourcePath, exactlyOne))
  else if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined) {
    errors.push(forbidden(sourcePath, exactlyOne))
  } else if (persistentVolumeName === '') {
    errors.push(required(sourcePath.child('persistentVolumeName'), 'must specify non empty persistentVolumeName'))
  } else if (inlineVolumeSpec !== undefined) {
    errors.push(...validateInlineVolume(inlineVolumeSpec, sourcePath.child('inlineVolumeSpec')))
  }
  errors.push(...nameIsDNSSubdomain(nodeName, false).map((text) => invalid(path.child('nodeName'), nodeName, text)))
  errors.push(...validateStatus(object))
  if (persistentVolumeName !== undefined) {
    const problems = nameIsDNSSubdomain(persistentVolumeName, false)
    errors.push(
      ...problems.map((text) => invalid(sourcePath.child('persistentVolumeName'), persistentVolumeName, text)),
    )
  }
  return errors
}

function validateStatus({ status }: VolumeAttachment): FieldError[] {
  const path = field('status')
  const entries = Object.entries(status?.attachmentMetadata ?? {})
  const total = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0)
  return [
    ...(total > metadataMaxBytes ? [tooLong(path.child('attachmentMetadata'), metadataMaxBytes)] : []),
    ...validateError(status?.attachError, path.child('attachError')),
    ...validateError(status?.detachError, path.child('detachError')),
  ]
}

function validateError(error: VolumeError | undefined, path: FieldPath): FieldError[] {
  const { message = '', errorCode } = error ?? {}
  const errors: FieldError[] = []
  // The text names another limit than the one that is checked; so does upstream's.
  if (byteLength(message) > messageMaxBytes) errors.push(tooLong(path.child('message'), metadataMaxBytes))
  if (errorCode !== undefined && errorCode < 0) {
    errors.push(invalid(path.child('errorCode'), errorCode, inclusiveRangeError(0, 2 ** 31 - 1)))
  }
  return errors
}

function validateUpdate(object: VolumeAttachment, old: VolumeAttachment): FieldError[] {
  if (deepEqual(object.spec, old.spec)) return []
  return [invalid(field('spec'), internalValue('VolumeAttachmentSpec', object.spec), 'field is immutable')]
}
