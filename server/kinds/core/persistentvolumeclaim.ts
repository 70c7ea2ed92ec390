// PersistentVolumeClaim of the core group.
// Source: pkg/registry/core/persistentvolumeclaim; pkg/apis/core/validation, ValidatePersistentVolumeClaimUpdate;
// pkg/printers/internalversion, printPersistentVolumeClaim (v1.36)
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../api/core.ts'
import { copy, semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isQualifiedName } from '../../apimachinery/formats.ts'
import { compareQuantities, parseQuantity, quantityValue } from '../../apimachinery/quantity.ts'
import { validateImmutableField } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { internalDiff, internalForm } from '../internal-form/index.ts'
import { invalids } from '../metadata/field-formats.ts'
import { validateClaimSpec } from '../pod-template/claim-spec.ts'
import { defaultResourceList, defaultResources } from '../pod-template/resource-lists.ts'
import { isNativeResource } from '../pod-template/resource-names.ts'
import { validateResourceQuantityValue } from '../pod-template/resource-requirements.ts'
import { claimSpecWarnings } from '../pod-template/warnings.ts'
import { printAccessModes, storageClassAnnotation, storageClassOf } from './access-modes.ts'

type Claim = PersistentVolumeClaim

export const persistentVolumeClaim = defineKind<Claim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  defaults,
  strategy: {
    firstUpdateWrites: true,
    prepareForCreate,
    prepareForUpdate: (draft, old) => normalizeDataSources(draft.spec ?? {}, old.spec),
    validate: ({ spec }) => validateClaimSpec(spec ?? {}, field('spec')),
    validateUpdate,
    validateUpdateOnly: true,
    warnings,
    returnsDeletedObject: true,
  },
  status: { validateUpdate: validateStatusUpdate },
  cells: {
    Status: ({ metadata, status }) =>
      metadata?.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
    Volume: ({ spec }) => spec?.volumeName ?? '',
    Capacity: ({ spec, status }) => (spec?.volumeName ? (status?.capacity?.['storage'] ?? '0') : ''),
    'Access Modes': ({ spec, status }) => (spec?.volumeName ? printAccessModes(status?.accessModes) : ''),
    StorageClass: ({ metadata, spec }) => storageClassOf(metadata, spec?.storageClassName),
    VolumeAttributesClass: ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    VolumeMode: ({ spec }) => spec?.volumeMode ?? '<unset>',
  },
})

function defaults({ spec, status }: Claim): void {
  defaultResources(spec?.resources)
  defaultResourceList(status?.capacity)
  defaultResourceList(status?.allocatedResources)
}

function prepareForCreate(draft: Claim): void {
  draft.status = { phase: 'Pending' }
  normalizeDataSources(draft.spec ?? {}, undefined)
}

/** dataSource is the older, narrower name of dataSourceRef: each is filled from the other where it can be. */
function normalizeDataSources(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec | undefined): void {
  const isInUse = old?.dataSource !== undefined || old?.dataSourceRef !== undefined
  // Another namespace can be named only where that feature is on.
  if (spec.dataSourceRef?.namespace && old?.dataSourceRef === undefined) delete spec.dataSourceRef
  if (!isInUse && spec.dataSourceRef === undefined && !isClaimOrSnapshot(spec.dataSource)) delete spec.dataSource
  if (spec.dataSource !== undefined && spec.dataSourceRef === undefined) spec.dataSourceRef = { ...spec.dataSource }
  else if (spec.dataSource === undefined && spec.dataSourceRef !== undefined && !spec.dataSourceRef.namespace) {
    const { namespace: _own, ...source } = spec.dataSourceRef
    spec.dataSource = source
  }
}

function isClaimOrSnapshot(source: PersistentVolumeClaimSpec['dataSource']): boolean {
  const { kind, apiGroup } = source ?? {}
  return (
    (kind === 'PersistentVolumeClaim' && !apiGroup) ||
    (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io')
  )
}

const immutableText =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
const attributesClassPath = field('spec', 'volumeAttributesClassName')

function validateUpdate(claim: Claim, old: Claim): FieldError[] {
  const spec = claim.spec ?? {}
  const oldSpec = old.spec ?? {}
  const hadGroup = Boolean(oldSpec.dataSource?.apiGroup || oldSpec.dataSourceRef?.apiGroup)
  const errors = validateClaimSpec(spec, field('spec'), hadGroup)
  const { spec: munged, oldSpec: mungedOld, annotationErrors } = withoutUpdatableFields(claim, old)
  errors.push(...annotationErrors)
  const struct = 'PersistentVolumeClaimSpec'
  // A selector of everything is another one than none.
  const hasSelector = (one: PersistentVolumeClaimSpec): boolean => one.selector !== undefined
  if (
    hasSelector(munged) !== hasSelector(mungedOld) ||
    !semanticEqual(internalForm(struct, munged), internalForm(struct, mungedOld))
  ) {
    errors.push(forbidden(field('spec'), `${immutableText}\n${internalDiff(struct, mungedOld, munged)}`))
  }
  const [size, oldSize, statusSize] = [spec.resources?.requests, oldSpec.resources?.requests, old.status?.capacity].map(
    (list) => parseQuantity(list?.['storage'] ?? '0'),
  )
  if (compareQuantities(size!, oldSize!) < 0 && compareQuantities(size!, statusSize!) <= 0) {
    const path = field('spec', 'resources', 'requests', 'storage')
    errors.push(forbidden(path, 'field can not be less than status.capacity'))
  }
  errors.push(...validateImmutableField(spec.volumeMode, oldSpec.volumeMode, field('volumeMode')))
  if (spec.volumeAttributesClassName === oldSpec.volumeAttributesClassName) return errors
  if (old.status?.currentVolumeAttributesClassName === undefined || spec.volumeAttributesClassName) return errors
  const what = spec.volumeAttributesClassName === undefined ? 'nil' : 'empty string'
  const detail = `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`
  return [...errors, forbidden(attributesClassPath, detail)]
}

/** The specs without what may change: a volume that is bound, a class that is told later, the size of a bound claim. */
function withoutUpdatableFields(
  claim: Claim,
  old: Claim,
): { spec: PersistentVolumeClaimSpec; oldSpec: PersistentVolumeClaimSpec; annotationErrors: FieldError[] } {
  const spec: PersistentVolumeClaimSpec = copy(claim.spec ?? {})
  const oldSpec: PersistentVolumeClaimSpec = copy(old.spec ?? {})
  normalizeDataSources(oldSpec, oldSpec)
  if (!oldSpec.volumeName && spec.volumeName !== undefined) oldSpec.volumeName = spec.volumeName
  const annotationErrors: FieldError[] = []
  const annotation = claim.metadata?.annotations?.[storageClassAnnotation]
  const oldAnnotation = old.metadata?.annotations?.[storageClassAnnotation]
  const isToldLater = spec.storageClassName !== undefined && oldSpec.storageClassName === undefined
  const isTakenOver =
    isToldLater && spec.storageClassName === oldAnnotation && (annotation ?? oldAnnotation) === oldAnnotation
  if (!isTakenOver && (annotation ?? '') !== (oldAnnotation ?? '')) {
    const path = field('metadata', 'annotations', storageClassAnnotation)
    annotationErrors.push(invalid(path, annotation ?? '', 'field is immutable'))
  }
  if (isToldLater && (oldAnnotation === undefined || oldAnnotation === spec.storageClassName))
    delete spec.storageClassName
  if (claim.status?.phase !== 'Bound') return { spec, oldSpec, annotationErrors }
  const oldStorage = oldSpec.resources?.requests?.['storage']
  if (spec.resources?.requests !== undefined && oldStorage !== undefined)
    spec.resources.requests['storage'] = oldStorage
  delete spec.volumeAttributesClassName
  delete oldSpec.volumeAttributesClassName
  return { spec, oldSpec, annotationErrors }
}

const resizeStatuses = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
].sort()

function validateStatusUpdate({ spec, status = {} }: Claim): FieldError[] {
  const errors: FieldError[] = []
  if ((spec?.accessModes ?? []).length === 0) errors.push(required(field('Spec', 'accessModes')))
  for (const [name, quantity] of Object.entries(status.capacity ?? {})) {
    errors.push(...validateBasicResource(quantity, field('status', 'capacity').key(name)))
  }
  const statusesPath = field('status', 'allocatedResourceStatuses')
  for (const [name, value] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    errors.push(...validateResourceKey(name, statusesPath))
    if (!resizeStatuses.includes(value)) errors.push(notSupported(statusesPath, name, resizeStatuses))
  }
  const allocatedPath = field('status', 'allocatedResources')
  for (const [name, quantity] of Object.entries(status.allocatedResources ?? {})) {
    const keyErrors = validateResourceKey(name, allocatedPath)
    const here = allocatedPath.key(name)
    const basicErrors = validateBasicResource(quantity, here)
    if (keyErrors.length > 0) errors.push(...keyErrors)
    else
      errors.push(...(basicErrors.length > 0 ? basicErrors : validateResourceQuantityValue('storage', quantity, here)))
  }
  return errors
}

function validateResourceKey(name: string, path: FieldPath): FieldError[] {
  const errors = invalids(path, name, isQualifiedName(name))
  if (errors.length > 0 || !isNativeResource(name) || name === 'storage') return errors
  return [notSupported(path, name, ['storage'])]
}

/** Also of the capacity of persistent volumes. */
export function validateBasicResource(text: string, path: FieldPath): FieldError[] {
  const value = quantityValue(parseQuantity(text))
  return value < 0n ? [invalid(path, Number(value), 'must be a valid resource quantity')] : []
}

function warnings({ metadata, spec }: Claim): string[] {
  const path = field('metadata', 'annotations').key(storageClassAnnotation)
  const deprecated = `${path}: deprecated since v1.8; use "storageClassName" attribute instead`
  return [
    ...(metadata?.annotations?.[storageClassAnnotation] === undefined ? [] : [deprecated]),
    ...claimSpecWarnings(spec ?? {}, field('spec')),
  ]
}
