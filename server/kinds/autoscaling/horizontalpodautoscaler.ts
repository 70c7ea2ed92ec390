// HorizontalPodAutoscaler of autoscaling/v2, the version that is stored.
// Source: pkg/apis/autoscaling/v2, SetDefaults_HorizontalPodAutoscaler; pkg/registry/autoscaling/horizontalpodautoscaler;
// pkg/printers/internalversion, printHorizontalPodAutoscaler (v1.36)
import type { HPAScalingRules, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec } from '../../api/autoscaling.ts'
import { copy } from '../../apimachinery/equality.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'
import { validateNonnegativeFields } from '../rules/numbers.ts'
import { formatMetrics } from './metric-cells.ts'
import { isInvalidReference, validateSpec } from './validation.ts'

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  defaults,
  strategy: { validate, validateUpdate, validateUpdateOnly: true },
  status: {
    validateUpdate: ({ status }) =>
      validateNonnegativeFields(status ?? {}, ['currentReplicas', 'desiredReplicas'], field('status')),
  },
  cells: {
    Reference: ({ spec }) => `${spec?.scaleTargetRef?.kind ?? ''}/${spec?.scaleTargetRef?.name ?? ''}`,
    Targets: ({ spec, status }) => formatMetrics(spec?.metrics ?? [], status?.currentMetrics ?? []),
    MinPods: ({ spec }) => String(spec?.minReplicas ?? '<unset>'),
    MaxPods: ({ spec }) => spec?.maxReplicas ?? 0,
    Replicas: ({ status }) => status?.currentReplicas ?? 0,
  },
})

const defaultScaleUp: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
}
const defaultScaleDown: HPAScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
}

function defaults(draft: HorizontalPodAutoscaler): void {
  const spec = (draft.spec ??= {} as HorizontalPodAutoscalerSpec)
  spec.minReplicas ??= 1
  if ((spec.metrics ?? []).length === 0) {
    spec.metrics = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ]
  }
  defaultBehavior(spec)
}

/** Also of a behavior that comes in an annotation of the older version. */
export function defaultBehavior({ behavior }: HorizontalPodAutoscalerSpec): void {
  if (behavior === undefined) return
  behavior.scaleUp = { ...copy(defaultScaleUp), ...behavior.scaleUp }
  behavior.scaleDown = { ...copy(defaultScaleDown), ...behavior.scaleDown }
}

function validate({ spec }: HorizontalPodAutoscaler): FieldError[] {
  return validateSpec(spec ?? ({} as HorizontalPodAutoscalerSpec), {
    minReplicasLowerBound: 1,
    target: { emptyGroup: spec?.scaleTargetRef?.kind === 'ReplicationController' },
    objects: { emptyGroup: true },
  })
}

/** What was stored stays valid: zero replicas, and references without a usable version. */
function validateUpdate({ spec }: HorizontalPodAutoscaler, { spec: old }: HorizontalPodAutoscaler): FieldError[] {
  const target = spec?.scaleTargetRef
  const oldTarget = old?.scaleTargetRef
  const isSameTarget = target?.apiVersion === oldTarget?.apiVersion && target?.kind === oldTarget?.kind
  const objects = { emptyGroup: true }
  const hadInvalidObject = (old?.metrics ?? []).some(
    ({ type, object }) =>
      type === 'Object' && object !== undefined && isInvalidReference(object.describedObject, objects),
  )
  return validateSpec(spec ?? ({} as HorizontalPodAutoscalerSpec), {
    minReplicasLowerBound: old?.minReplicas === 0 ? 0 : 1,
    target: { anyVersion: isSameTarget, emptyGroup: target?.kind === 'ReplicationController' },
    objects: { ...objects, anyVersion: hadInvalidObject },
  })
}
