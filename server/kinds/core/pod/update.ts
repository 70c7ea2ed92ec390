// What may change in a pod: images, the deadline, more tolerations, fewer gates.
// Source: pkg/apis/core/validation, ValidatePodUpdate, ValidatePodSpecificAnnotationUpdates (v1.36)
import type { Container, NodeAffinity, NodeSelectorTerm, Pod, PodSpec, Toleration } from '../../../api/core.ts'
import { copy, deepEqual, semanticEqual } from '../../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../../apimachinery/field.ts'
import { field, forbidden, invalid, required } from '../../../apimachinery/field.ts'
import { internalDiff, internalForm, internalValue } from '../../internal-form/index.ts'
import { appArmorPrefix, mirrorPodAnnotation, validatePodAnnotations } from '../../pod-template/annotations.ts'
import { validateImageSpaces } from '../../pod-template/containers.ts'
import { deadlineRangeError, maxInt32 } from '../../pod-template/pod-spec.ts'
import { validateTolerations } from '../../pod-template/scheduling.ts'
import { validateMetadataAndSpec } from './validation.ts'

const updatableFields = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

export function validateUpdate(pod: Pod, old: Pod): FieldError[] {
  const path = field('spec')
  const spec = pod.spec ?? { containers: [] }
  const oldSpec = old.spec ?? { containers: [] }
  if (deepEqual(spec, oldSpec) && isMirror(pod) === isMirror(old)) {
    // It was judged when it came: what is new can only be wrong beside it.
    const annotations = validatePodAnnotations(pod.metadata?.annotations, spec, field('metadata', 'annotations'))
    return [...annotations, ...validateAnnotationUpdate(pod, old)]
  }
  const errors = [...validateMetadataAndSpec(pod), ...validateAnnotationUpdate(pod, old)]
  for (const list of ['containers', 'initContainers'] as const) {
    const listPath = path.child(list)
    if ((spec[list] ?? []).length !== (oldSpec[list] ?? []).length) {
      return [...errors, forbidden(listPath, 'pod updates may not add or remove containers')]
    }
    errors.push(...(spec[list] ?? []).flatMap((container, at) => validateImage(container, listPath.index(at))))
  }
  const deadline = validateDeadline(
    spec.activeDeadlineSeconds,
    oldSpec.activeDeadlineSeconds,
    path.child('activeDeadlineSeconds'),
  )
  errors.push(...deadline.errors)
  if (deadline.isLast) return errors
  errors.push(
    ...validateOnlyAddedTolerations(spec.tolerations ?? [], oldSpec.tolerations ?? [], path.child('tolerations')),
    ...validateOnlyDeletedGates(spec, oldSpec, path.child('schedulingGates')),
  )
  if (deepEqual(spec, oldSpec)) return errors
  const { munged, errors: gatedErrors } = withoutUpdatableFields(spec, oldSpec, path)
  errors.push(...gatedErrors)
  if (!semanticEqual(internalForm('PodSpec', munged), internalForm('PodSpec', oldSpec))) {
    const difference = internalDiff('PodSpec', oldSpec, munged)
    errors.push(forbidden(path, `pod updates may not change fields other than ${updatableFields}\n${difference}`))
  }
  return errors
}

function isMirror({ metadata }: Pod): boolean {
  return metadata?.annotations?.[mirrorPodAnnotation] !== undefined
}

function validateImage(container: Container, path: FieldPath): FieldError[] {
  return [...(container.image ? [] : [required(path.child('image'))]), ...validateImageSpaces(container, path)]
}

export function validateAnnotationUpdate(pod: Pod, old: Pod): FieldError[] {
  const path = field('metadata', 'annotations')
  const annotations = pod.metadata?.annotations ?? {}
  const oldAnnotations = old.metadata?.annotations ?? {}
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(oldAnnotations)) {
    if (annotations[key] === value) continue
    if (key.startsWith(appArmorPrefix))
      errors.push(forbidden(path.key(key), 'may not remove or update AppArmor annotations'))
    if (key === mirrorPodAnnotation)
      errors.push(forbidden(path.key(key), 'may not remove or update mirror pod annotation'))
  }
  for (const key of Object.keys(annotations)) {
    if (oldAnnotations[key] !== undefined) continue
    if (key.startsWith(appArmorPrefix)) errors.push(forbidden(path.key(key), 'may not add AppArmor annotations'))
    if (key === mirrorPodAnnotation) errors.push(forbidden(path.key(key), 'may not add mirror pod annotation'))
  }
  return [...errors, ...validatePodAnnotations(annotations, pod.spec ?? { containers: [] }, path)]
}

/** It may be set and become shorter. `isLast`: nothing after it is looked at. */
function validateDeadline(
  seconds: number | undefined,
  oldSeconds: number | undefined,
  path: FieldPath,
): { errors: FieldError[]; isLast: boolean } {
  if (seconds === undefined) {
    if (oldSeconds === undefined) return { errors: [], isLast: false }
    return { errors: [invalid(path, null, 'must not update from a positive integer to nil value')], isLast: false }
  }
  if (seconds < 0 || seconds > maxInt32) return { errors: [invalid(path, seconds, deadlineRangeError)], isLast: true }
  if (oldSeconds === undefined || seconds <= oldSeconds) return { errors: [], isLast: false }
  return { errors: [invalid(path, seconds, 'must be less than or equal to previous value')], isLast: true }
}

function validateOnlyAddedTolerations(tolerations: Toleration[], old: Toleration[], path: FieldPath): FieldError[] {
  const isKept = (one: Toleration): boolean =>
    tolerations.some((other) => deepEqual({ ...one, tolerationSeconds: 0 }, { ...other, tolerationSeconds: 0 }))
  if (!old.every(isKept))
    return [forbidden(path, 'existing toleration can not be modified except its tolerationSeconds')]
  return validateTolerations(tolerations, path)
}

function validateOnlyDeletedGates(spec: PodSpec, old: PodSpec, path: FieldPath): FieldError[] {
  const known = new Set((old.schedulingGates ?? []).map(({ name }) => name))
  return (spec.schedulingGates ?? []).flatMap(({ name }, at) => {
    if (known.has(name)) return []
    return [
      forbidden(path.index(at).child('name'), `only deletion is allowed, but found new scheduling gate '${name}'`),
    ]
  })
}

/** The new spec with the old values of all that may change: what still differs may not. */
function withoutUpdatableFields(
  spec: PodSpec,
  old: PodSpec,
  path: FieldPath,
): { munged: PodSpec; errors: FieldError[] } {
  const munged: PodSpec = copy(spec)
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [at, container] of (munged[list] ?? []).entries()) {
      const image = old[list]?.[at]?.image
      if (image === undefined) delete container.image
      else container.image = image
    }
  }
  restore(munged, old, 'activeDeadlineSeconds')
  restore(munged, old, 'schedulingGates')
  restore(munged, old, 'tolerations')
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && munged.terminationGracePeriodSeconds === 1) {
    restore(munged, old, 'terminationGracePeriodSeconds')
  }
  const errors = (old.schedulingGates ?? []).length > 0 ? restoreNodeChoice(munged, old, path) : []
  return { munged, errors }
}

function restore<K extends keyof PodSpec>(munged: PodSpec, old: PodSpec, name: K): void {
  if (old[name] === undefined) delete munged[name]
  else munged[name] = old[name]
}

/** While a pod is gated, its choice of nodes may still become narrower. */
function restoreNodeChoice(munged: PodSpec, old: PodSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const selector = munged.nodeSelector ?? {}
  if (Object.entries(old.nodeSelector ?? {}).some(([key, value]) => selector[key] !== value)) {
    const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
    errors.push(invalid(path.child('nodeSelector'), selector, detail))
  }
  restore(munged, old, 'nodeSelector')
  const oldAffinity = old.affinity?.nodeAffinity
  const affinity = munged.affinity?.nodeAffinity
  if (semanticEqual(oldAffinity, affinity)) return errors
  errors.push(...validateNodeAffinityMutation(affinity, oldAffinity, path.child('affinity', 'nodeAffinity')))
  const { podAffinity, podAntiAffinity } = munged.affinity ?? {}
  if (old.affinity === undefined && podAffinity === undefined && podAntiAffinity === undefined) delete munged.affinity
  else {
    munged.affinity = {
      ...(oldAffinity === undefined ? {} : { nodeAffinity: oldAffinity }),
      ...(podAffinity === undefined ? {} : { podAffinity }),
      ...(podAntiAffinity === undefined ? {} : { podAntiAffinity }),
    }
  }
  return errors
}

function validateNodeAffinityMutation(
  affinity: NodeAffinity | undefined,
  old: NodeAffinity | undefined,
  path: FieldPath,
): FieldError[] {
  const oldTerms = old?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const terms = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const termsPath = path.child('requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms')
  if (oldTerms.length > 0 && oldTerms.length !== terms.length) {
    const printed = terms.map((term) => internalForm('NodeSelectorTerm', term))
    const detail = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed'
    return [invalid(termsPath, printed.length === 0 ? null : printed, detail)]
  }
  return oldTerms.flatMap((oldTerm, at) => {
    const term = terms[at] ?? {}
    if (hasOnlyAdditions(term, oldTerm)) return []
    const detail = 'only additions are allowed (no mutations or deletions)'
    return [invalid(termsPath.index(at), internalValue('NodeSelectorTerm', term), detail)]
  })
}

/** An empty term selects nothing: it cannot be narrowed. */
function hasOnlyAdditions(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const counts = (one: NodeSelectorTerm): number => (one.matchExpressions ?? []).length + (one.matchFields ?? []).length
  if (counts(old) === 0) return counts(term) === 0
  return (['matchExpressions', 'matchFields'] as const).every((list) => {
    const kept = old[list] ?? []
    return semanticEqual((term[list] ?? []).slice(0, kept.length), kept)
  })
}
