// Conditions of the statuses of flow control.
// Source: pkg/apis/flowcontrol/validation, ValidateFlowSchemaStatus (v1.36)
import type { FieldError } from '../../apimachinery/field.ts'
import { duplicate, field, required } from '../../apimachinery/field.ts'

/** Each condition has a type of its own. */
export function validateConditionTypes(conditions: readonly { readonly type?: string }[] | undefined): FieldError[] {
  const seen = new Set<string>()
  return (conditions ?? []).flatMap(({ type = '' }, at) => {
    const path = field('status', 'conditions').index(at).child('type')
    const errors = seen.has(type) ? [duplicate(path, type)] : []
    seen.add(type)
    return type === '' ? [...errors, required(path)] : errors
  })
}
