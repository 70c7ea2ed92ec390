// RuntimeClass of node.k8s.io/v1.
// Source: pkg/apis/node/validation, ValidateRuntimeClass; pkg/registry/node/runtimeclass;
// pkg/printers/internalversion, printRuntimeClass (v1.36)
import type { RuntimeClass } from '../../api/node.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid, required } from '../../apimachinery/field.ts'
import { nameIsDNSLabel, validateImmutableField, validateLabels } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
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

function validate({ handler, scheduling }: RuntimeClass): FieldError[] {
  const path = field('handler')
  const errors = handler ? nameIsDNSLabel(handler, false).map((text) => invalid(path, handler, text)) : [required(path)]
  return [...errors, ...validateLabels(scheduling?.nodeSelector, field('scheduling', 'nodeSelector'))]
}

function warnings({ scheduling }: RuntimeClass): string[] {
  return Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => {
    const text = nodeLabelDeprecation(key)
    return text === undefined ? [] : [`${field('scheduling', 'nodeSelector')}: ${text}`]
  })
}
