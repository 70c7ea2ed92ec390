// HorizontalPodAutoscaler of autoscaling/v1: the older face of the one that is stored as v2.
// Source: pkg/apis/autoscaling/v1, SetDefaults_HorizontalPodAutoscaler (v1.36)
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpecV1,
  HorizontalPodAutoscalerV1,
} from '../../api/autoscaling.ts'
import type { AnyObject } from '../../apimachinery/types.ts'
import { defineKind, type Cells } from '../../registry/kind.ts'
import { fromV2, originalOf, roundTripAnnotations, toV2 } from './conversion.ts'
import { defaultBehavior, horizontalPodAutoscaler } from './horizontalpodautoscaler.ts'

export const horizontalPodAutoscalerV1 = defineKind<HorizontalPodAutoscalerV1>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  defaults: (draft) => {
    const spec = (draft.spec ??= {} as HorizontalPodAutoscalerSpecV1)
    spec.minReplicas ??= 1
  },
  storedAs: { group: 'autoscaling', version: 'v2', toStored, fromStored },
  cells: cellsOfStored(),
  hiddenAnnotations: roundTripAnnotations,
})

// Casts at the edge: the registry hands over objects of the version it knows them to be.
function toStored(object: AnyObject): AnyObject {
  const converted = toV2(object as HorizontalPodAutoscalerV1)
  if (converted.spec !== undefined) defaultBehavior(converted.spec)
  return converted as AnyObject
}

function fromStored(object: AnyObject): AnyObject {
  return fromV2(object as HorizontalPodAutoscaler) as AnyObject
}

/** Both versions print the same row. */
function cellsOfStored(): Cells<HorizontalPodAutoscalerV1> {
  const entries = Object.entries(horizontalPodAutoscaler.cells ?? {})
  return Object.fromEntries(
    entries.map(([name, cell]) => [
      name,
      (object: HorizontalPodAutoscalerV1, now: number) => cell(originalOf(object) as AnyObject, now),
    ]),
  )
}
