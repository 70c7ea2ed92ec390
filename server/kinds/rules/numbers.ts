// Rules on numbers and on int-or-percent values that many kinds share.
// Source: pkg/apis/core/validation, ValidateNonnegativeField; pkg/apis/apps/validation, ValidatePositiveIntOrPercent,
// IsNotMoreThan100Percent, getIntOrPercentValue (v1.36)
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid } from '../../apimachinery/field.ts'
import { isValidPercent } from '../../apimachinery/formats.ts'

/** A number of an object, or a percentage of another, as on the wire: `3`, `25%`. */
export type IntOrString = number | string

const percentSyntax = /^[0-9]+%$/

/** Problems of a number that may be absent. */
export function validateNonnegative(value: number | undefined, path: FieldPath): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : []
}

/** Problems of each named number of a struct: absent ones have none. */
export function validateNonnegativeFields(struct: object, names: readonly string[], path: FieldPath): FieldError[] {
  const values = struct as Readonly<Record<string, number | undefined>>
  return names.flatMap((name) => validateNonnegative(values[name], path.child(name)))
}

export function validatePositiveIntOrPercent(value: IntOrString | undefined, path: FieldPath): FieldError[] {
  if (typeof value !== 'string') return validateNonnegative(value, path)
  return isValidPercent(value).map((detail) => invalid(path, value, detail))
}

export function isNotMoreThan100Percent(value: IntOrString | undefined, path: FieldPath): FieldError[] {
  if (typeof value !== 'string' || !percentSyntax.test(value) || Number.parseInt(value, 10) <= 100) return []
  return [invalid(path, value, 'must not be greater than 100%')]
}

/** The number, or the number before the percent sign; 0 for what is neither. */
export function intOrPercentValue(value: IntOrString | undefined): number {
  if (typeof value === 'number') return value
  return value !== undefined && /^([0-9]+%|[-+]?[0-9]+)$/.test(value) ? Number.parseInt(value, 10) : 0
}

/** How Go prints an int-or-string of an internal type: an absent one is the number 0. */
export function printIntOrString(value: IntOrString | undefined): IntOrString {
  return value ?? 0
}
