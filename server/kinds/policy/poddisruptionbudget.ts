// PodDisruptionBudget of policy/v1.
// Source: pkg/apis/policy/validation, ValidatePodDisruptionBudgetSpec; pkg/registry/policy/poddisruptionbudget;
// pkg/printers/internalversion, printPodDisruptionBudget (v1.36)
import type { PodDisruptionBudget } from '../../api/policy.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid, notSupported } from '../../apimachinery/field.ts'
import { validateConditions, validateLabelSelector } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { goValue } from '../rules/go-value.ts'
import { isNotMoreThan100Percent, validateNonnegativeFields, validatePositiveIntOrPercent } from '../rules/numbers.ts'

export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  generation: true,
  strategy: { allowUnconditionalUpdate: false, validate },
  status: { validateUpdate: validateStatus },
  cells: {
    'Min Available': ({ spec }) => String(spec?.minAvailable ?? 'N/A'),
    'Max Unavailable': ({ spec }) => String(spec?.maxUnavailable ?? 'N/A'),
    'Allowed Disruptions': ({ status }) => status?.disruptionsAllowed ?? 0,
  },
})

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget']

function validate({ spec = {} }: PodDisruptionBudget): FieldError[] {
  const path = field('spec')
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec
  const errors: FieldError[] = []
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const printed = goValue({
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
    })
    errors.push(invalid(path, printed, 'minAvailable and maxUnavailable cannot be both set'))
  }
  for (const name of ['minAvailable', 'maxUnavailable'] as const) {
    errors.push(
      ...validatePositiveIntOrPercent(spec[name], path.child(name)),
      ...isNotMoreThan100Percent(spec[name], path.child(name)),
    )
  }
  errors.push(...validateLabelSelector(selector, path.child('selector')))
  if (unhealthyPodEvictionPolicy !== undefined && !evictionPolicies.includes(unhealthyPodEvictionPolicy)) {
    errors.push(notSupported(path.child('unhealthyPodEvictionPolicy'), unhealthyPodEvictionPolicy, evictionPolicies))
  }
  return errors
}

function validateStatus({ status }: PodDisruptionBudget): FieldError[] {
  const path = field('status')
  const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']
  return [
    ...validateConditions(status?.conditions, path.child('conditions')),
    ...validateNonnegativeFields(status ?? {}, counts, path),
  ]
}
