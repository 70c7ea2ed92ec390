// What consumers may ask of a device's capacity.
// Source: pkg/apis/resource/validation, validateRequestPolicy, validateRequestPolicyValidValues,
// validateRequestPolicyRange (v1.36)
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from '../../api/resource.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, invalid, required } from '../../apimachinery/field.ts'
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityValue,
  type Quantity,
} from '../../apimachinery/quantity.ts'
import { validateSet } from './lists.ts'

const maxOptions = 10

/** @param isShared whether the device can be allocated more than once */
export function validateCapacity(
  { value, requestPolicy }: DeviceCapacity,
  isShared: boolean,
  path: FieldPath,
): FieldError[] {
  if (requestPolicy === undefined) return []
  const policyPath = path.child('requestPolicy')
  if (!isShared) return [forbidden(policyPath, 'allowMultipleAllocations must be true')]
  return validatePolicy(requestPolicy, parseQuantity(value ?? '0'), policyPath)
}

function validatePolicy(policy: CapacityRequestPolicy, capacity: Quantity, path: FieldPath): FieldError[] {
  const { validValues = [], validRange } = policy
  // The wire has a null for a missing one.
  const initial = policy.default ?? ''
  if (validValues.length > 0 && validRange !== undefined) {
    const detail = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'
    return [forbidden(path, detail)]
  }
  if (validValues.length > 0) {
    if (initial === '') return [required(path.child('default'), 'required when validValues is defined')]
    const options = validValues.map((one) => parseQuantity(one))
    return validateOptions(options, parseQuantity(initial), capacity, path.child('validValues'))
  }
  if (validRange === undefined) return []
  if (initial === '') return [required(path.child('default'), 'required when validRange is defined')]
  return validateRange(validRange, parseQuantity(initial), capacity, path.child('validRange'))
}

function validateOptions(
  options: readonly Quantity[],
  initial: Quantity,
  capacity: Quantity,
  path: FieldPath,
): FieldError[] {
  const unsorted = options.flatMap((option, at) =>
    at > 0 && compareQuantities(options[at - 1]!, option) > 0
      ? [invalid(path.index(at), formatQuantity(option), 'values must be sorted in ascending order')]
      : [],
  )
  const validate = (option: Quantity, here: FieldPath): FieldError[] => {
    if (compareQuantities(option, capacity) <= 0) return []
    return [invalid(here, formatQuantity(option), `option is larger than capacity value: ${formatQuantity(capacity)}`)]
  }
  const errors = validateSet(options, maxOptions, validate, (option) => String(quantityValue(option)), path)
  const isTooMany = options.length > maxOptions
  if (isTooMany || !options.some((option) => compareQuantities(option, initial) === 0)) {
    errors.push(invalid(path, formatQuantity(initial), 'default value is not valid according to the requestPolicy'))
  }
  return [...unsorted, ...errors]
}

function validateRange(
  range: CapacityRequestPolicyRange,
  initial: Quantity,
  capacity: Quantity,
  path: FieldPath,
): FieldError[] {
  const minPath = path.child('min')
  if (range.min === undefined) return [required(minPath, 'required when validRange is defined')]
  const min = parseQuantity(range.min)
  const max = range.max === undefined ? undefined : parseQuantity(range.max)
  const tooLarge = (what: string): string => `${what} is larger than capacity value: ${formatQuantity(capacity)}`
  const errors: FieldError[] = []
  if (compareQuantities(min, capacity) > 0) errors.push(invalid(minPath, formatQuantity(min), tooLarge('min')))
  if (compareQuantities(initial, min) < 0) {
    errors.push(invalid(minPath, formatQuantity(initial), `default is less than min: ${formatQuantity(min)}`))
  }
  if (max !== undefined) {
    const maxPath = path.child('max')
    if (compareQuantities(min, max) > 0) {
      errors.push(invalid(maxPath, formatQuantity(min), `min is larger than max: ${formatQuantity(max)}`))
    }
    if (compareQuantities(max, capacity) > 0) errors.push(invalid(maxPath, formatQuantity(max), tooLarge('max')))
    if (compareQuantities(initial, max) > 0) {
      errors.push(invalid(maxPath, formatQuantity(initial), `default is more than max: ${formatQuantity(max)}`))
    }
  }
  if (range.step === undefined) return errors
  const step = parseQuantity(range.step)
  const stepPath = path.child('step')
  const second = addQuantities(min, step)
  if (compareQuantities(second, capacity) > 0) {
    errors.push(invalid(stepPath, formatQuantity(step), tooLarge(`one step ${formatQuantity(second)}`)))
  }
  for (const value of max === undefined ? [initial] : [initial, max]) {
    if ((quantityValue(value) - quantityValue(min)) % quantityValue(step) === 0n) continue
    const detail = `value is not a multiple of a given step (${formatQuantity(step)}) from (${formatQuantity(min)})`
    errors.push(invalid(stepPath, formatQuantity(value), detail))
  }
  return errors
}
