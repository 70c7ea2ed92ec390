// Selectors of devices, and their configuration by drivers: what classes, claims and allocations share.
// Source: pkg/apis/resource/validation, validateSelectorSlice, validateCELSelector, validateDeviceConfiguration (v1.36)
import type { DeviceSelector, OpaqueDeviceConfiguration } from '../../api/resource.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, required, tooLong } from '../../apimachinery/field.ts'
import { byteLength } from '../../apimachinery/formats.ts'
import { compileDeviceSelector } from '../rules/expressions.ts'
import { validateCSIDriverName } from '../storage/parameters.ts'
import { validateSlice } from './lists.ts'
import { validateRawExtension } from './names.ts'

const maxSelectors = 32
const maxExpressionBytes = 10 * 1024
const maxParametersBytes = 10 * 1024

export function validateSelectors(selectors: readonly DeviceSelector[] | undefined, path: FieldPath): FieldError[] {
  return validateSlice(selectors, maxSelectors, validateSelector, path)
}

function validateSelector({ cel }: DeviceSelector, path: FieldPath): FieldError[] {
  const celPath = path.child('cel')
  if (cel === undefined) return [required(celPath)]
  const expressionPath = celPath.child('expression')
  const { expression = '' } = cel as Partial<typeof cel>
  if (byteLength(expression) > maxExpressionBytes) return [tooLong(expressionPath, maxExpressionBytes)]
  const problem = compileDeviceSelector(expression)
  return problem === undefined ? [] : [invalid(expressionPath, expression, problem)]
}

/** @param isStored the configuration was there before: then it may be longer */
export function validateConfiguration(
  { opaque }: { readonly opaque?: OpaqueDeviceConfiguration },
  path: FieldPath,
  isStored = false,
): FieldError[] {
  const opaquePath = path.child('opaque')
  if (opaque === undefined) return [required(opaquePath)]
  const { driver = '', parameters } = opaque as Partial<OpaqueDeviceConfiguration>
  return [
    ...validateCSIDriverName(driver, opaquePath.child('driver')),
    ...validateRawExtension(parameters, opaquePath.child('parameters'), maxParametersBytes, isStored),
  ]
}
