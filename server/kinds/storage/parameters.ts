// Rules on provisioner names and their parameters, shared by the classes of storage.
// Source: pkg/apis/storage/validation, validateProvisioner, validateParameters; pkg/apis/core/validation,
// ValidateCSIDriverName (v1.36)
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, required, tooLong } from '../../apimachinery/field.ts'
import { byteLength, isDNS1123Subdomain, isQualifiedName } from '../../apimachinery/formats.ts'

const maxCount = 512
const maxBytes = 256 * 1024

export function validateProvisioner(provisioner: string, path: FieldPath): FieldError[] {
  if (provisioner === '') return [required(path)]
  const name = provisioner.toLowerCase()
  return isQualifiedName(name).map((text) => invalid(path, name, text))
}

export function validateParameters(
  parameters: Readonly<Record<string, string>> | undefined,
  allowEmpty: boolean,
  path: FieldPath,
): FieldError[] {
  const entries = Object.entries(parameters ?? {})
  if (entries.length > maxCount) return [tooLong(path, maxCount)]
  const errors = entries.filter(([key]) => key === '').map(([key]) => invalid(path, key, 'field can not be empty.'))
  const total = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0)
  if (total > maxBytes) errors.push(tooLong(path, maxBytes))
  if (!allowEmpty && entries.length === 0) errors.push(required(path, 'must contain at least one key/value pair'))
  return errors
}

export function validateCSIDriverName(name: string, path: FieldPath): FieldError[] {
  if (name === '') return [required(path)]
  const errors = byteLength(name) > 63 ? [tooLong(path, 63)] : []
  return [...errors, ...isDNS1123Subdomain(name.toLowerCase()).map((text) => invalid(path, name, text))]
}
