// Where pods may go: affinity, tolerations, topology spread, gates.
// Source: pkg/apis/core/validation, validateAffinity, ValidateTolerations, validateTopologySpreadConstraints,
// ValidateMatchLabelKeysAndMismatchLabelKeys (v1.36)
import type {
  Affinity,
  PodAffinity,
  PodAffinityTerm,
  PodSchedulingGate,
  Toleration,
  TopologySpreadConstraint,
} from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isValidLabelValue, nameIsDNSLabel } from '../../apimachinery/formats.ts'
import type { LabelSelector } from '../../apimachinery/types.ts'
import { validateLabelName, validateLabelSelector } from '../../apimachinery/validation.ts'
import { invalids, validateQualifiedName } from '../metadata/field-formats.ts'
import { validateNodeSelector, validatePreferredSchedulingTerms, validateWeight } from './node-selector.ts'

export function validateAffinity(affinity: Affinity | undefined, path: FieldPath): FieldError[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity ?? {}
  const errors: FieldError[] = []
  if (nodeAffinity !== undefined) {
    const here = path.child('nodeAffinity')
    const required = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
    const preferred = nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? []
    if (required !== undefined) {
      errors.push(...validateNodeSelector(required, here.child('requiredDuringSchedulingIgnoredDuringExecution')))
    }
    errors.push(
      ...validatePreferredSchedulingTerms(preferred, here.child('preferredDuringSchedulingIgnoredDuringExecution')),
    )
  }
  if (podAffinity !== undefined) errors.push(...validatePodAffinity(podAffinity, path.child('podAffinity')))
  if (podAntiAffinity !== undefined) errors.push(...validatePodAffinity(podAntiAffinity, path.child('podAntiAffinity')))
  return errors
}

function validatePodAffinity(affinity: PodAffinity, path: FieldPath): FieldError[] {
  const requiredPath = path.child('requiredDuringSchedulingIgnoredDuringExecution')
  const preferredPath = path.child('preferredDuringSchedulingIgnoredDuringExecution')
  return [
    ...(affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, at) =>
      validatePodAffinityTerm(term, requiredPath.index(at)),
    ),
    ...(affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ weight, podAffinityTerm }, at) => [
      ...validateWeight(weight, preferredPath.index(at)),
      ...validatePodAffinityTerm(
        podAffinityTerm ?? { topologyKey: '' },
        preferredPath.index(at).child('podAffinityTerm'),
      ),
    ]),
  ]
}

function validatePodAffinityTerm(term: PodAffinityTerm, path: FieldPath): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], matchLabelKeys = [], mismatchLabelKeys = [] } = term
  const { topologyKey = '' } = term
  const keyPath = path.child('topologyKey')
  return [
    ...validateLabelSelector(labelSelector, path.child('labelSelector')),
    ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector')),
    ...namespaces.flatMap((name) => invalids(path.child('namespace'), name, nameIsDNSLabel(name, false))),
    ...validateLabelKeys(matchLabelKeys, mismatchLabelKeys, labelSelector, path),
    ...(topologyKey === '' ? [required(keyPath, 'can not be empty')] : []),
    ...validateLabelName(topologyKey, keyPath),
  ]
}

/** Keys whose values come from the pod's own labels. */
function validateLabelKeys(
  match: readonly string[],
  mismatch: readonly string[],
  selector: LabelSelector | undefined,
  path: FieldPath,
): FieldError[] {
  const matchPath = path.child('matchLabelKeys')
  const errors = [
    ...validateLabelKeyList(match, selector, matchPath),
    ...validateLabelKeyList(mismatch, selector, path.child('mismatchLabelKeys')),
  ]
  if (selector !== undefined) {
    const selected = new Set(Object.keys(selector.matchLabels ?? {}))
    for (const { key } of selector.matchExpressions ?? []) {
      // The key alone is what the merge into the selector adds: only a second one is told.
      if (match.includes(key) && selected.has(key)) {
        errors.push(invalid(path.index(match.lastIndexOf(key)), key, 'exists in both matchLabelKeys and labelSelector'))
      }
      selected.add(key)
    }
  }
  for (const [at, key] of match.entries()) {
    if (mismatch.includes(key))
      errors.push(invalid(matchPath.index(at), key, 'exists in both matchLabelKeys and mismatchLabelKeys'))
  }
  return errors
}

function validateLabelKeyList(
  keys: readonly string[],
  selector: LabelSelector | undefined,
  path: FieldPath,
): FieldError[] {
  if (keys.length === 0) return []
  if (selector === undefined) return [forbidden(path, 'must not be specified when labelSelector is not set')]
  return keys.flatMap((key, at) => validateLabelName(key, path.index(at)))
}

export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export function validateTolerations(tolerations: readonly Toleration[] | undefined, path: FieldPath): FieldError[] {
  return (tolerations ?? []).flatMap((toleration, at) => validateToleration(toleration, path.index(at)))
}

function validateToleration(toleration: Toleration, path: FieldPath): FieldError[] {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration
  const operatorPath = path.child('operator')
  const errors: FieldError[] = []
  if (key !== '') errors.push(...validateLabelName(key, path.child('key')))
  else if (operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    errors.push(invalid(operatorPath, operator, detail))
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(invalid(path.child('effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
  }
  switch (operator) {
    case '':
    case 'Equal': {
      const problems = isValidLabelValue(value)
      if (problems.length > 0) errors.push(invalid(operatorPath, value, problems.join(';')))
      break
    }
    case 'Exists':
      if (value !== '') errors.push(invalid(operatorPath, value, "value must be empty when `operator` is 'Exists'"))
      break
    case 'Lt':
    case 'Gt':
      errors.push(notSupported(operatorPath, operator, ['Equal', 'Exists', 'Lt', 'Gt']))
      break
    default:
      errors.push(notSupported(operatorPath, operator, ['Equal', 'Exists']))
  }
  if (effect !== '' && !taintEffects.includes(effect))
    errors.push(notSupported(path.child('effect'), effect, taintEffects))
  return errors
}

const unsatisfiableActions = ['DoNotSchedule', 'ScheduleAnyway']

export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: FieldPath,
): FieldError[] {
  return (constraints ?? []).flatMap((constraint, at, all) => {
    const here = path.index(at)
    const {
      maxSkew = 0,
      topologyKey = '',
      whenUnsatisfiable: action = '',
      minDomains,
      matchLabelKeys = [],
    } = constraint
    const errors: FieldError[] = []
    if (maxSkew <= 0) errors.push(invalid(here.child('maxSkew'), maxSkew, 'must be greater than zero'))
    if (topologyKey === '') errors.push(required(here.child('topologyKey'), 'can not be empty'))
    if (!unsatisfiableActions.includes(action)) {
      errors.push(notSupported(here.child('whenUnsatisfiable'), action, unsatisfiableActions))
    }
    if (all.slice(at + 1).some((later) => later.topologyKey === topologyKey && later.whenUnsatisfiable === action)) {
      errors.push(duplicate(here.child('{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${action}}`))
    }
    if (minDomains !== undefined) {
      const minPath = here.child('minDomains')
      if (minDomains <= 0) errors.push(invalid(minPath, minDomains, 'must be greater than zero'))
      if (action !== 'DoNotSchedule') {
        errors.push(
          invalid(minPath, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`),
        )
      }
    }
    return [
      ...errors,
      ...validateInclusionPolicy(constraint.nodeAffinityPolicy, here.child('nodeAffinityPolicy')),
      ...validateInclusionPolicy(constraint.nodeTaintsPolicy, here.child('nodeTaintsPolicy')),
      ...validateLabelKeys(matchLabelKeys, [], constraint.labelSelector, here),
      ...validateLabelSelector(constraint.labelSelector, here.child('labelSelector')),
    ]
  })
}

function validateInclusionPolicy(policy: string | undefined, path: FieldPath): FieldError[] {
  return policy === undefined || policy === 'Honor' || policy === 'Ignore'
    ? []
    : [notSupported(path, policy, ['Honor', 'Ignore'])]
}

export function validateSchedulingGates(
  gates: readonly PodSchedulingGate[] | undefined,
  path: FieldPath,
): FieldError[] {
  const seen = new Set<string>()
  return (gates ?? []).flatMap(({ name = '' }, at) => {
    const errors = validateQualifiedName(name, path.index(at))
    if (seen.has(name)) errors.push(duplicate(path.index(at), name))
    seen.add(name)
    return errors
  })
}
