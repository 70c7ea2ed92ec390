// Node selectors: of pods' node affinity and of persistent volumes.
// Source: pkg/apis/core/validation, ValidateNodeSelector, ValidatePreferredSchedulingTerms (v1.36)
import type {
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PreferredSchedulingTerm,
} from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, invalid, required } from '../../apimachinery/field.ts'
import { isValidLabelValue, nameIsDNSSubdomain } from '../../apimachinery/formats.ts'
import { validateLabelName } from '../../apimachinery/validation.ts'
import { invalids } from '../metadata/field-formats.ts'

export function validateNodeSelector(selector: NodeSelector, path: FieldPath, checkValues = true): FieldError[] {
  const termsPath = path.child('nodeSelectorTerms')
  const terms = selector.nodeSelectorTerms ?? []
  if (terms.length === 0) return [required(termsPath, 'must have at least one node selector term')]
  return terms.flatMap((term, at) => validateNodeSelectorTerm(term, termsPath.index(at), checkValues))
}

/** @param checkValues whether values must be label values; preferences were never checked */
function validateNodeSelectorTerm(term: NodeSelectorTerm, path: FieldPath, checkValues: boolean): FieldError[] {
  const expressionsPath = path.child('matchExpressions')
  const fieldsPath = path.child('matchFields')
  return [
    ...(term.matchExpressions ?? []).flatMap((one, at) =>
      validateRequirement(one, expressionsPath.index(at), checkValues),
    ),
    ...(term.matchFields ?? []).flatMap((one, at) => validateFieldRequirement(one, fieldsPath.index(at))),
  ]
}

function validateRequirement(
  requirement: NodeSelectorRequirement,
  path: FieldPath,
  checkValues: boolean,
): FieldError[] {
  const { key = '', operator = '', values = [] } = requirement
  const valuesPath = path.child('values')
  const errors: FieldError[] = []
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) errors.push(required(valuesPath, "must be specified when `operator` is 'In' or 'NotIn'"))
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.push(forbidden(valuesPath, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
      }
      break
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        errors.push(required(valuesPath, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
      }
      break
    default:
      errors.push(invalid(path.child('operator'), operator, 'not a valid selector operator'))
  }
  errors.push(...validateLabelName(key, path.child('key')))
  if (!checkValues) return errors
  return [...errors, ...values.flatMap((value, at) => invalids(valuesPath.index(at), value, isValidLabelValue(value)))]
}

/** Only the name of a node can be selected. */
function validateFieldRequirement(
  { key = '', operator = '', values = [] }: NodeSelectorRequirement,
  path: FieldPath,
): FieldError[] {
  const valuesPath = path.child('values')
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid(path.child('operator'), operator, 'not a valid selector operator'))
  } else if (values.length !== 1) {
    errors.push(
      required(valuesPath, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    )
  }
  if (key !== 'metadata.name') return [...errors, invalid(path.child('key'), key, 'not a valid field selector key')]
  return [
    ...errors,
    ...values.flatMap((value, at) => invalids(valuesPath.index(at), value, nameIsDNSSubdomain(value, false))),
  ]
}

export function validatePreferredSchedulingTerms(
  terms: readonly PreferredSchedulingTerm[],
  path: FieldPath,
): FieldError[] {
  return terms.flatMap(({ weight, preference = {} }, at) => [
    ...validateWeight(weight, path.index(at)),
    ...validateNodeSelectorTerm(preference, path.index(at).child('preference'), false),
  ])
}

export function validateWeight(weight: number | undefined, path: FieldPath): FieldError[] {
  const value = weight ?? 0
  return value > 0 && value <= 100 ? [] : [invalid(path.child('weight'), value, 'must be in the range 1-100')]
}
