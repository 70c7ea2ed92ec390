// RuntimeClass of node.k8s.io/v1.
// Source: pkg/apis/node/validation, ValidateRuntimeClass; pkg/registry/node/runtimeclass;
// pkg/printers/internalversion, printRuntimeClass (v1.36)
import type { Toleration } from '../../api/core.ts'
import type { RuntimeClass } from '../../api/node.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { duplicate, field, invalid, required } from '../../apimachinery/field.ts'
import { nameIsDNSLabel, validateImmutableField, validateLabels } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { internalValue } from '../internal-form/index.ts'
import { validateContainerResources } from '../pod-template/resource-requirements.ts'
import { validateTolerations } from '../pod-template/scheduling.ts'
import { nodeLabelDeprecation } from '../rules/node-labels.ts'

export const runtimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  strategy: {
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
    validate,
    validateUpdate: (object, old) => validateImmutableField(object.handler, old.handler, field('handler')),
    warnings,
  },
  cells: { Handler: ({ handler }) => handler },
})

function validate({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  const path = field('handler')
  const errors = handler ? nameIsDNSLabel(handler, false).map((text) => invalid(path, handler, text)) : [required(path)]
  const limits = overhead?.podFixed
  const tolerations = scheduling?.tolerations ?? []
  const tolerationsPath = field('scheduling', 'tolerations')
  return [
    ...errors,
    ...(limits === undefined ? [] : validateContainerResources({ limits }, new Set(), field('overhead'))),
    ...validateLabels(scheduling?.nodeSelector, field('scheduling', 'nodeSelector')),
    ...validateTolerations(tolerations, tolerationsPath),
    ...tolerations.flatMap((one, at) => {
      const isRepeated = tolerations.slice(0, at).some((other) => isSameToleration(one, other))
      return isRepeated ? [duplicate(tolerationsPath.index(at), internalValue('Toleration', one))] : []
    }),
  ]
}

function isSameToleration(a: Toleration, b: Toleration): boolean {
  return (['key', 'operator', 'value', 'effect'] as const).every((name) => (a[name] ?? '') === (b[name] ?? ''))
}

function warnings({ scheduling }: RuntimeClass): string[] {
  return Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => {
    const text = nodeLabelDeprecation(key)
    return text === undefined ? [] : [`${field('scheduling', 'nodeSelector')}: ${text}`]
  })
}
