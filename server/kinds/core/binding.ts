// Binding of the core group: the assignment of a pod to a node, written as pods/binding and never stored.
// Source: pkg/apis/core/validation, ValidatePodBinding (v1.36)
import type { Binding } from '../../api/core.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, notSupported, required } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'

export const binding = defineKind<Binding>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  strategy: { validate: validateBinding },
})

export function validateBinding({ target }: Binding): FieldError[] {
  const { kind = '', name = '' } = target ?? {}
  const path = field('target')
  return [
    ...(kind === '' || kind === 'Node' ? [] : [notSupported(path.child('kind'), kind, ['Node', '<empty>'])]),
    ...(name === '' ? [required(path.child('name'))] : []),
  ]
}
