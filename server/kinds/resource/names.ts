// Names of pools, devices and attributes, and what else many structs of the group hold.
// Source: pkg/apis/resource/validation, validatePoolName, validateUID, validateQualifiedName,
// validateFullyQualifiedName, validateRawExtension, validateDeviceBindingParameters (v1.36)
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, invalid, required, tooLong } from '../../apimachinery/field.ts'
import { byteLength, dns1123SubdomainMaxLength, isCIdentifier } from '../../apimachinery/formats.ts'
import { validateLabelName } from '../../apimachinery/validation.ts'
import { invalids, validateDNS1123Subdomain } from '../metadata/field-formats.ts'
import { validateCSIDriverName } from '../storage/parameters.ts'
import { validateSlice } from './lists.ts'

const maxDomainLength = 63
const maxIDLength = 32
/** A domain, a slash and an identifier. */
export const qualifiedNameMaxLength = maxDomainLength + 1 + maxIDLength

export function validatePoolName(name: string, path: FieldPath): FieldError[] {
  if (name === '') return [required(path)]
  const errors = byteLength(name) > dns1123SubdomainMaxLength ? [tooLong(path, dns1123SubdomainMaxLength)] : []
  return [...errors, ...name.split('/').flatMap((part) => validateDNS1123Subdomain(part, path))]
}

const normalUUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const anyUUID =
  /^(urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}|[0-9a-f]{32})$/i

export function validateUID(uid: string, path: FieldPath): FieldError[] {
  if (normalUUID.test(uid)) return []
  if (anyUUID.test(uid) || normalUUID.test(uid.toLowerCase())) {
    const detail =
      'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'
    return [invalid(path, uid, detail)]
  }
  return [invalid(path, uid, `error validating uid: ${uuidProblem(uid)}`)]
}

/** Source: github.com/google/uuid, Validate */
function uuidProblem(uid: string): string {
  const length = byteLength(uid)
  if (length === 36 + 9) {
    if (!uid.toLowerCase().startsWith('urn:uuid:')) return `invalid urn prefix: ${JSON.stringify(uid.slice(0, 9))}`
  } else if (length === 36 + 2) {
    if (!uid.startsWith('{') || !uid.endsWith('}')) return 'invalid bracketed UUID format'
  } else if (length !== 36 && length !== 32) return `invalid UUID length: ${length}`
  return 'invalid UUID format'
}

function validateCIdentifier(id: string, path: FieldPath): FieldError[] {
  const errors = byteLength(id) > maxIDLength ? [tooLong(path, maxIDLength)] : []
  return [...errors, ...invalids(path, id, isCIdentifier(id))]
}

/** `model` or `example.com/model`; upstream looks at no name with more slashes. */
export function validateQualifiedName(name: string, path: FieldPath): FieldError[] {
  const parts = name.split('/')
  const [first = '', second = ''] = parts
  if (parts.length === 1) return validateCIdentifier(first, path)
  if (parts.length > 2) return []
  return [
    ...(first === '' ? [invalid(path, '', 'the domain must not be empty')] : validateCSIDriverName(first, path)),
    ...(second === '' ? [invalid(path, '', 'the name must not be empty')] : validateCIdentifier(second, path)),
  ]
}

export function validateFullyQualifiedName(name: string, path: FieldPath): FieldError[] {
  const errors = validateQualifiedName(name, path)
  if (name.includes('/')) return errors
  return [...errors, invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')]
}

/** @param isStored the value was there before: then it may be longer */
export function validateRawExtension(
  value: unknown,
  path: FieldPath,
  maxBytes: number,
  isStored = false,
): FieldError[] {
  if (value === undefined || value === null) return [required(path)]
  if (!isStored && byteLength(JSON.stringify(value)) > maxBytes) return [tooLong(path, maxBytes)]
  if (typeof value !== 'object' || Array.isArray(value))
    return [invalid(path, '<value omitted>', 'must be a valid JSON object')]
  return []
}

const maxBindingConditions = 4

/** Conditions of binding a device, and of the failure to do so. */
export interface BindingParameters {
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
}

export function validateBindingParameters(parameters: BindingParameters, path: FieldPath): FieldError[] {
  const { bindingConditions: conditions = [], bindingFailureConditions: failures = [] } = parameters
  const conditionsPath = path.child('bindingConditions')
  const failuresPath = path.child('bindingFailureConditions')
  const errors = [
    ...validateSlice(conditions, maxBindingConditions, validateLabelName, conditionsPath),
    ...validateSlice(failures, maxBindingConditions, validateLabelName, failuresPath),
    ...conditions.flatMap((one, at) =>
      conditions.indexOf(one) < at ? [duplicate(conditionsPath.index(at), one)] : [],
    ),
    ...failures.flatMap((one, at) => [
      ...(failures.indexOf(one) < at ? [duplicate(failuresPath.index(at), one)] : []),
      ...(conditions.includes(one)
        ? [invalid(failuresPath.index(at), one, 'bindingFailureConditions must not overlap with bindingConditions')]
        : []),
    ]),
  ]
  if (conditions.length === 0 && failures.length > 0) {
    const detail = 'bindingConditions are required to use bindingFailureConditions'
    errors.push(invalid(conditionsPath, parameters.bindingConditions, detail))
  }
  if (failures.length === 0 && conditions.length > 0) {
    const detail = 'bindingFailureConditions are required to use bindingConditions'
    errors.push(invalid(failuresPath, parameters.bindingFailureConditions, detail))
  }
  return errors
}
