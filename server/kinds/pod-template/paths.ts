// Rules on file paths inside volumes and containers.
// Source: pkg/apis/core/validation, validateLocalDescendingPath, ValidateLocalNonReservedPath (v1.36)
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid } from '../../apimachinery/field.ts'

export function validatePathNoBacksteps(target: string, path: FieldPath): FieldError[] {
  return target.split('/').includes('..') ? [invalid(path, target, "must not contain '..'")] : []
}

/** Relative, and not upwards. */
export function validateLocalDescendingPath(target: string, path: FieldPath): FieldError[] {
  const errors = target.startsWith('/') ? [invalid(path, target, 'must be a relative path')] : []
  return [...errors, ...validatePathNoBacksteps(target, path)]
}

/** Names that begin with two dots are the kubelet's. */
export function validateLocalNonReservedPath(target: string, path: FieldPath): FieldError[] {
  const errors = validateLocalDescendingPath(target, path)
  if (target.startsWith('..') && !target.startsWith('../'))
    errors.push(invalid(path, target, "must not start with '..'"))
  return errors
}

const fileModeError = 'must be a number between 0 and 0777 (octal), both inclusive'

export function validateFileMode(mode: number | undefined, path: FieldPath): FieldError[] {
  return mode !== undefined && (mode > 0o777 || mode < 0) ? [invalid(path, mode, fileModeError)] : []
}
