// Taints of devices, and tolerations of claims.
// Source: pkg/apis/resource/validation, validateDeviceTaint, validateDeviceToleration (v1.36)
import type { DeviceTaint, DeviceToleration } from '../../api/resource.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isValidLabelValue } from '../../apimachinery/formats.ts'
import { validateLabelName } from '../../apimachinery/validation.ts'
import { invalids } from '../metadata/field-formats.ts'

const effects = ['NoExecute', 'NoSchedule', 'None']
const operators = ['Equal', 'Exists']

export function validateTaint(taint: DeviceTaint, path: FieldPath): FieldError[] {
  const { key = '', value = '', effect = '' } = taint as Partial<DeviceTaint>
  const errors = [
    ...validateLabelName(key, path.child('key')),
    ...invalids(path.child('value'), value, isValidLabelValue(value)),
  ]
  if (effect === '') errors.push(required(path.child('effect')))
  else if (!effects.includes(effect)) errors.push(notSupported(path.child('effect'), effect, effects))
  return errors
}

export function validateTolerations(
  tolerations: readonly DeviceToleration[] | undefined,
  path: FieldPath,
): FieldError[] {
  return (tolerations ?? []).flatMap((one, at) => validateToleration(one, path.index(at)))
}

function validateToleration({ key, operator, value = '', effect }: DeviceToleration, path: FieldPath): FieldError[] {
  const errors = key ? validateLabelName(key, path.child('key')) : []
  const valuePath = path.child('value')
  if (operator === 'Exists') {
    if (value !== '') errors.push(invalid(valuePath, value, 'must be empty for operator `Exists`'))
  } else if (operator === 'Equal') errors.push(...invalids(valuePath, value, isValidLabelValue(value)))
  else if (!operator) errors.push(required(path.child('operator')))
  else errors.push(notSupported(path.child('operator'), operator, operators))
  if (effect && !effects.includes(effect)) errors.push(notSupported(path.child('effect'), effect, effects))
  return errors
}
