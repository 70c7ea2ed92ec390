// What Deployments and DaemonSets say of an update strategy of no type they know.
// Source: pkg/apis/apps/validation, ValidateDeploymentStrategy, ValidateDaemonSetUpdateStrategy (v1.36)
import { notSupported, type FieldError, type FieldPath } from '../../apimachinery/field.ts'
import { goValue } from '../rules/go-value.ts'
import { printIntOrString } from '../rules/numbers.ts'

interface UpdateStrategy {
  readonly type: string | undefined
  readonly rollingUpdate: { readonly maxUnavailable?: number | string; readonly maxSurge?: number | string } | undefined
}

export function unsupportedStrategy(
  { type, rollingUpdate }: UpdateStrategy,
  supported: readonly string[],
  path: FieldPath,
): FieldError {
  const printed = rollingUpdate && {
    MaxUnavailable: printIntOrString(rollingUpdate.maxUnavailable),
    MaxSurge: printIntOrString(rollingUpdate.maxSurge),
  }
  return notSupported(path, goValue({ Type: type ?? '', RollingUpdate: printed ?? null }), supported)
}
