// The numbers and the selector that the scale subresource of a custom resource reads: where they are, and what they may be.
// Source: apiextensions-apiserver/pkg/registry/customresource, ValidateScaleSpec and ValidateScaleStatus (v1.36)
import type { CustomResourceDefinitionVersion } from '../api/apiextensions.ts'
import { FieldPath, invalid, type FieldError } from '../apimachinery/field.ts'
import type { AnyObject } from '../apimachinery/types.ts'

type Members = Readonly<Record<string, unknown>>

export type ScalePaths = NonNullable<NonNullable<CustomResourceDefinitionVersion['subresources']>['scale']>

export const pathOf = (text: string): string[] => text.replace(/^\./, '').split('.')

export function valueAt(object: Members, path: readonly string[]): unknown {
  let value: unknown = object
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Members)[name]
  }
  return value
}

const maxInt32 = 2 ** 31 - 1

/** What is in the way to a value: something that has no members. */
function obstacle(object: Members, path: readonly string[]): string | undefined {
  let value: unknown = object
  for (const [index, name] of path.entries()) {
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'object' || Array.isArray(value)) {
      const dotted = `.${path.slice(0, index + 1).join('.')}`
      return `${dotted} accessor error: ${goPrint(value)} is of the type ${goType(value)}, expected map[string]interface{}`
    }
    value = (value as Members)[name]
  }
  return undefined
}

function validateReplicas(object: AnyObject, path: string): FieldError[] {
  const value = valueAt(object, pathOf(path))
  const at = new FieldPath(path)
  const problem = obstacle(object, pathOf(path))
  if (problem !== undefined) return [invalid(at, 0, problem)]
  if (value === undefined) return []
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    const dotted = `.${pathOf(path).join('.')}`
    return [
      invalid(at, 0, `${dotted} accessor error: ${goPrint(value)} is of the type ${goType(value)}, expected int64`),
    ]
  }
  if (value < 0) return [invalid(at, value, 'should be a non-negative integer')]
  return value > maxInt32 ? [invalid(at, value, `should be less than or equal to ${maxInt32}`)] : []
}

function goPrint(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function goType(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'boolean') return 'bool'
  if (Array.isArray(value)) return '[]interface {}'
  if (value === null) return '<nil>'
  return typeof value === 'object' ? 'map[string]interface {}' : 'string'
}

export function validateScaleSpec(object: AnyObject, { specReplicasPath }: ScalePaths): FieldError[] {
  return validateReplicas(object, specReplicasPath)
}

export function validateScaleStatus(
  object: AnyObject,
  { statusReplicasPath, labelSelectorPath }: ScalePaths,
): FieldError[] {
  const errors = validateReplicas(object, statusReplicasPath)
  if (labelSelectorPath === undefined) return errors
  const problem = obstacle(object, pathOf(labelSelectorPath))
  if (problem !== undefined) return [...errors, invalid(new FieldPath(labelSelectorPath), '', problem)]
  const selector = valueAt(object, pathOf(labelSelectorPath))
  if (selector === undefined || typeof selector === 'string') return errors
  const dotted = `.${pathOf(labelSelectorPath).join('.')}`
  const detail = `${dotted} accessor error: ${goPrint(selector)} is of the type ${goType(selector)}, expected string`
  return [...errors, invalid(new FieldPath(labelSelectorPath), '', detail)]
}
