// Label selectors of workloads and the pod templates they must match.
// Source: pkg/apis/apps/validation, ValidateDeploymentSpec, ValidatePodTemplateSpecForReplicaSet (v1.36)
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath, Printed } from '../../apimachinery/field.ts'
import { forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { labelSelectorAsSelector, type LabelSelectorLike, type Selector } from '../../apimachinery/selectors.ts'
import type { PodTemplateSpec } from '../../api/core.ts'
import { validateLabelSelector } from '../../apimachinery/validation.ts'
import { goValue } from './go-value.ts'

const mismatchText = '`selector` does not match template `labels`'

/** The compiled selector, or undefined if it is not one. */
export function compileSelector(selector: LabelSelectorLike | null | undefined): Selector | undefined {
  try {
    return labelSelectorAsSelector(selector)
  } catch {
    return undefined
  }
}

/** A selector that selects everything: present, without a requirement. */
export function isEmptySelector(selector: LabelSelectorLike | null | undefined): boolean {
  if (selector === undefined || selector === null) return false
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0
}

/** Problems of a selector that must be there and must restrict something; `owner` is the word of the error text. */
export function validateWorkloadSelector(
  selector: LabelSelectorLike | null | undefined,
  owner: string,
  path: FieldPath,
): FieldError[] {
  if (selector === undefined || selector === null) return [required(path)]
  const errors = validateLabelSelector(selector, path)
  if (isEmptySelector(selector))
    errors.push(invalid(path, printSelector(selector), `empty selector is invalid for ${owner}`))
  return errors
}

/** A selector with its members in Go order, for error texts. */
export function printSelector(selector: LabelSelectorLike | null | undefined): Printed | null {
  if (selector === undefined || selector === null) return null
  const { matchLabels, matchExpressions } = selector
  const labels = Object.entries(matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const expressions = matchExpressions?.map(({ key, operator, values }) => ({ key, operator, values }))
  return goValue({
    ...(labels.length === 0 ? {} : { matchLabels: Object.fromEntries(labels) }),
    ...(expressions === undefined || expressions.length === 0 ? {} : { matchExpressions: expressions }),
  })
}

export function validateImmutableSelector(
  selector: LabelSelectorLike | null | undefined,
  old: LabelSelectorLike | null | undefined,
  path: FieldPath,
): FieldError[] {
  return deepEqual(selector ?? null, old ?? null) ? [] : [invalid(path, printSelector(selector), 'field is immutable')]
}

export function validateSelectorMatches(
  selector: Selector,
  template: PodTemplateSpec | undefined,
  path: FieldPath,
): FieldError[] {
  const labels = template?.metadata?.labels
  return selector.matches(labels) ? [] : [invalid(path.child('metadata', 'labels'), labels, mismatchText)]
}

/** Pods of a workload always restart and have no deadline; `owner` is the word of the error text. */
export function validateLongRunning(
  template: PodTemplateSpec | undefined,
  owner: string,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {}
  if (restartPolicy !== 'Always') {
    errors.push(notSupported(path.child('spec', 'restartPolicy'), restartPolicy ?? '', ['Always']))
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${owner} is not Supported`
    errors.push(forbidden(path.child('spec', 'activeDeadlineSeconds'), detail))
  }
  return errors
}
