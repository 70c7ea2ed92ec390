// PriorityClass of scheduling.k8s.io/v1.
// Source: pkg/apis/scheduling/validation, ValidatePriorityClass; pkg/registry/scheduling/priorityclass;
// pkg/printers/internalversion, printPriorityClass (v1.36)
import type { PriorityClass } from '../../api/scheduling.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, forbidden, notSupported, required } from '../../apimachinery/field.ts'
import { validateImmutableField } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'

export const priorityClass = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  strategy: {
    prepareForCreate: (draft) => {
      ;(draft.metadata ??= {}).generation = 1
    },
    validate,
    validateUpdate,
    validateUpdateOnly: true,
  },
  cells: {
    Value: ({ value }) => value ?? 0,
    'Global-Default': ({ globalDefault }) => globalDefault ?? false,
    PreemptionPolicy: ({ preemptionPolicy }) => preemptionPolicy ?? '',
  },
})

const systemPrefix = 'system-'
const highestUserDefinablePriority = 1_000_000_000
const systemClasses = new Map([
  ['system-node-critical', 2_000_001_000],
  ['system-cluster-critical', 2_000_000_000],
])

function validate({ metadata, value = 0, globalDefault = false, preemptionPolicy }: PriorityClass): FieldError[] {
  const errors: FieldError[] = []
  const name = metadata?.name ?? ''
  if (name.startsWith(systemPrefix)) {
    const problem = problemOfSystemClass(name, value, globalDefault)
    if (problem !== undefined) {
      const detail = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`
      errors.push(forbidden(field('metadata', 'name'), detail))
    }
  } else if (value > highestUserDefinablePriority) {
    const detail = `maximum allowed value of a user defined priority is ${highestUserDefinablePriority}`
    errors.push(forbidden(field('value'), detail))
  }
  if (preemptionPolicy === '') errors.push(required(field('preemptionPolicy')))
  else if (preemptionPolicy !== undefined && !['PreemptLowerPriority', 'Never'].includes(preemptionPolicy)) {
    errors.push(notSupported(field('preemptionPolicy'), preemptionPolicy, ['PreemptLowerPriority', 'Never']))
  }
  return errors
}

/** Source: pkg/apis/scheduling/v1, IsKnownSystemPriorityClass */
function problemOfSystemClass(name: string, value: number, globalDefault: boolean): string | undefined {
  const expected = systemClasses.get(name)
  if (expected === undefined) return `${name} is not a known system priority class`
  if (value !== expected) return `value of ${name} PriorityClass must be ${expected}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}

function validateUpdate(object: PriorityClass, old: PriorityClass): FieldError[] {
  const errors =
    (object.value ?? 0) === (old.value ?? 0) ? [] : [forbidden(field('value'), 'may not be changed in an update.')]
  return [
    ...errors,
    ...validateImmutableField(object.preemptionPolicy, old.preemptionPolicy, field('preemptionPolicy')),
  ]
}
