// Formats of fields as field errors: what formats.ts says of a text, told of a path.
// Source: pkg/apis/core/validation, ValidateDNS1123Label, ValidateQualifiedName and their like (v1.36)
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, required } from '../../apimachinery/field.ts'
import { isDNS1123Label, isDNS1123Subdomain, isQualifiedName } from '../../apimachinery/formats.ts'

/** One error per problem. */
export function invalids(path: FieldPath, value: unknown, problems: readonly string[]): FieldError[] {
  return problems.map((problem) => invalid(path, value, problem))
}

export function validateDNS1123Label(value: string, path: FieldPath): FieldError[] {
  return invalids(path, value, isDNS1123Label(value))
}

export function validateDNS1123Subdomain(value: string, path: FieldPath): FieldError[] {
  return invalids(path, value, isDNS1123Subdomain(value))
}

export function validateQualifiedName(value: string, path: FieldPath): FieldError[] {
  return invalids(path, value, isQualifiedName(value))
}

/** The fields of a struct that must not be empty, in the order of their errors. */
export function requireFields(struct: object, names: readonly string[], path: FieldPath): FieldError[] {
  const values = struct as Readonly<Record<string, unknown>>
  return names.filter((name) => isEmpty(values[name])).map((name) => required(path.child(name)))
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}
