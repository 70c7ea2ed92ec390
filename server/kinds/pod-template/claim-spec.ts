// The spec of a persistent volume claim, of its own or in a template.
// Source: pkg/apis/core/validation, ValidatePersistentVolumeClaimSpec, ValidatePersistentVolumeClaimTemplate (v1.36)
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isDNS1123Subdomain, nameIsDNSLabel } from '../../apimachinery/formats.ts'
import { compareQuantities, formatQuantity, parseQuantity } from '../../apimachinery/quantity.ts'
import { validateLabelSelector } from '../../apimachinery/validation.ts'
import { invalids, requireFields, validateDNS1123Subdomain } from '../metadata/field-formats.ts'
import { validateTemplateObjectMeta } from '../metadata/template-meta.ts'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const volumeModes = ['Block', 'Filesystem']

/** Problems of each mode and of modes together; not of a missing list. */
export function validateAccessModes(modes: readonly string[] | undefined, path: FieldPath): FieldError[] {
  const unknown = (modes ?? []).filter((mode) => !accessModes.includes(mode))
  const errors = unknown.map((mode) => notSupported(path, mode, accessModes))
  const known = (modes ?? []).filter((mode) => accessModes.includes(mode))
  if (known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod')) {
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'))
  }
  return errors
}

export function validateVolumeMode(mode: string | undefined, path: FieldPath): FieldError[] {
  return mode === undefined || volumeModes.includes(mode) ? [] : [notSupported(path, mode, volumeModes)]
}

const zero = parseQuantity('0')

export function validatePositiveQuantity(text: string, path: FieldPath): FieldError[] {
  const quantity = parseQuantity(text)
  return compareQuantities(quantity, zero) > 0
    ? []
    : [invalid(path, formatQuantity(quantity), 'must be greater than zero')]
}

/** @param allowInvalidAPIGroup the object had such a group before */
export function validateClaimSpec(
  spec: PersistentVolumeClaimSpec,
  path: FieldPath,
  allowInvalidAPIGroup = false,
): FieldError[] {
  const errors: FieldError[] = []
  const modesPath = path.child('accessModes')
  const { dataSource, dataSourceRef, storageClassName = '', volumeAttributesClassName = '' } = spec
  if ((spec.accessModes ?? []).length === 0) errors.push(required(modesPath, 'at least 1 access mode is required'))
  errors.push(
    ...validateLabelSelector(spec.selector, path.child('selector')),
    ...validateAccessModes(spec.accessModes, modesPath),
  )
  const storagePath = path.child('resources').key('storage')
  const storage = spec.resources?.requests?.['storage']
  errors.push(...(storage === undefined ? [required(storagePath)] : validatePositiveQuantity(storage, storagePath)))
  if (storageClassName !== '')
    errors.push(...validateDNS1123Subdomain(storageClassName, path.child('storageClassName')))
  errors.push(...validateVolumeMode(spec.volumeMode, path.child('volumeMode')))
  if (dataSource !== undefined)
    errors.push(...validateDataSource(dataSource, path.child('dataSource'), allowInvalidAPIGroup))
  if (dataSourceRef !== undefined) {
    errors.push(...validateDataSourceRef(dataSourceRef, path.child('dataSourceRef'), allowInvalidAPIGroup))
  }
  if (dataSource !== undefined && dataSourceRef !== undefined) {
    // Upstream prints the path itself as the bad value, and a path prints as an empty struct.
    if (dataSourceRef.namespace) {
      errors.push(invalid(path, {}, 'may not be specified when dataSourceRef.namespace is specified'))
    } else if (!isSameReference(dataSource, dataSourceRef)) errors.push(invalid(path, {}, 'must match dataSourceRef'))
  }
  if (volumeAttributesClassName !== '') {
    errors.push(...validateDNS1123Subdomain(volumeAttributesClassName, path.child('volumeAttributesClassName')))
  }
  return errors
}

function isSameReference(a: TypedLocalObjectReference, b: TypedObjectReference): boolean {
  return a.apiGroup === b.apiGroup && a.kind === b.kind && a.name === b.name
}

function validateDataSource(
  source: TypedLocalObjectReference,
  path: FieldPath,
  allowInvalidAPIGroup: boolean,
): FieldError[] {
  const errors = requireFields(source, ['name', 'kind'], path)
  const { kind = '' } = source
  // Printed as null where it is absent.
  const apiGroup = source.apiGroup || ''
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    errors.push(invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
  }
  if (apiGroup !== '' && !allowInvalidAPIGroup) {
    errors.push(...invalids(path.child('apiGroup'), apiGroup, isDNS1123Subdomain(apiGroup)))
  }
  return errors
}

function validateDataSourceRef(
  source: TypedObjectReference,
  path: FieldPath,
  allowInvalidAPIGroup: boolean,
): FieldError[] {
  const errors = validateDataSource(source, path, allowInvalidAPIGroup)
  const { namespace = '' } = source
  if (namespace !== '') errors.push(...invalids(path.child('namespace'), namespace, nameIsDNSLabel(namespace, false)))
  return errors
}

export function validateClaimTemplate(template: PersistentVolumeClaimTemplate, path: FieldPath): FieldError[] {
  return [
    ...validateTemplateObjectMeta(template.metadata, path.child('metadata')),
    ...validateClaimSpec(template.spec ?? {}, path.child('spec')),
  ]
}
