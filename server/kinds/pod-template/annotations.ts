// Annotations of pods that mean something to the server, most of them older forms of fields.
// Source: pkg/apis/core/validation, ValidatePodSpecificAnnotations, ValidateSeccompPodAnnotations,
// ValidateAppArmorPodAnnotations, validateSeccompAnnotationsAndFields (v1.36)
import type { AppArmorProfile, PodSpec, SeccompProfile, Toleration } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, invalid } from '../../apimachinery/field.ts'
import { jsonArrayProblem } from '../core/json-problem.ts'
import { containersOf } from './containers.ts'
import { validateLocalDescendingPath } from './paths.ts'
import { validateTolerations } from './scheduling.ts'

type Annotations = Readonly<Record<string, string>> | undefined

export const mirrorPodAnnotation = 'kubernetes.io/config.mirror'
const tolerationsAnnotation = 'scheduler.alpha.kubernetes.io/tolerations'
const podDeletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost'
export const seccompPodAnnotation = 'seccomp.security.alpha.kubernetes.io/pod'
export const seccompContainerPrefix = 'container.seccomp.security.alpha.kubernetes.io/'
export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'

const localhostPrefix = 'localhost/'

/** @param spec of the pod that has the annotations */
export function validatePodAnnotations(annotations: Annotations, spec: PodSpec, path: FieldPath): FieldError[] {
  if (annotations === undefined) return []
  const errors: FieldError[] = []
  const mirror = annotations[mirrorPodAnnotation]
  if (mirror !== undefined && !spec.nodeName) {
    errors.push(
      invalid(path.key(mirrorPodAnnotation), mirror, 'must set spec.nodeName if mirror pod annotation is set'),
    )
  }
  errors.push(...validateTolerationsAnnotation(annotations[tolerationsAnnotation], path))
  const cost = annotations[podDeletionCostAnnotation]
  if (cost !== undefined && !isDeletionCost(cost)) {
    errors.push(invalid(path.key(podDeletionCostAnnotation), cost, 'must be a 32bit integer'))
  }
  return [
    ...errors,
    ...validateSeccompAnnotations(annotations, path),
    ...validateAppArmorAnnotations(annotations, spec, path),
  ]
}

/** A JSON list of tolerations. */
function validateTolerationsAnnotation(text: string | undefined, path: FieldPath): FieldError[] {
  if (!text) return []
  const problem = jsonArrayProblem(text, '[]core.Toleration')
  if (problem !== undefined) return [invalid(path, tolerationsAnnotation, problem)]
  return validateTolerations((JSON.parse(text) ?? []) as Toleration[], path.child(tolerationsAnnotation))
}

/** A 32-bit integer without a plus sign or leading zeros. */
function isDeletionCost(text: string): boolean {
  return /^(0|-?[1-9][0-9]*)$/.test(text) && Math.abs(Number(text)) <= 2147483648 && Number(text) !== 2147483648
}

function validateSeccompAnnotations(annotations: NonNullable<Annotations>, path: FieldPath): FieldError[] {
  const keys = Object.keys(annotations).filter(
    (key) => key === seccompPodAnnotation || key.startsWith(seccompContainerPrefix),
  )
  return keys.flatMap((key) => {
    const profile = annotations[key]!
    const here = path.child(key)
    if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return []
    if (profile.startsWith(localhostPrefix))
      return validateLocalDescendingPath(profile.slice(localhostPrefix.length), here)
    return [invalid(here, profile, 'must be a valid seccomp profile')]
  })
}

function validateAppArmorAnnotations(
  annotations: NonNullable<Annotations>,
  spec: PodSpec,
  path: FieldPath,
): FieldError[] {
  const names = new Set(containersOf(spec, path).map(({ container }) => container.name))
  return Object.entries(annotations).flatMap(([key, profile]) => {
    if (!key.startsWith(appArmorPrefix)) return []
    const errors: FieldError[] = []
    const container = key.slice(appArmorPrefix.length)
    if (!names.has(container)) errors.push(invalid(path.key(key), container, 'container not found'))
    const isKnown = profile === '' || profile === 'runtime/default' || profile === 'unconfined'
    if (!isKnown && !profile.startsWith(localhostPrefix)) {
      errors.push(invalid(path.key(key), profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`))
    }
    return errors
  })
}

/** The profile an AppArmor annotation stands for; undefined if none. Source: pkg/api/pod, ApparmorFieldForAnnotation */
export function appArmorProfileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  if (!annotation.startsWith(localhostPrefix)) return undefined
  const localhostProfile = annotation.slice(localhostPrefix.length)
  return localhostProfile === '' ? undefined : { type: 'Localhost', localhostProfile }
}

/** Where a field and its annotation are both there, they must say the same. */
export function validateProfilesMatch(annotations: Annotations, spec: PodSpec, path: FieldPath): FieldError[] {
  if (annotations === undefined) return []
  return [...validateSeccompMatches(annotations, spec, path), ...validateAppArmorMatches(annotations, spec, path)]
}

function validateSeccompMatches(annotations: NonNullable<Annotations>, spec: PodSpec, path: FieldPath): FieldError[] {
  const podAnnotation = annotations[seccompPodAnnotation]
  const errors = seccompMismatch(podAnnotation, spec.securityContext?.seccompProfile, path)
  for (const { container, path: here } of containersOf(spec, path)) {
    const annotation = annotations[seccompContainerPrefix + container.name]
    errors.push(...seccompMismatch(annotation, container.securityContext?.seccompProfile, here))
  }
  return errors
}

function seccompMismatch(
  annotation: string | undefined,
  profile: SeccompProfile | undefined,
  parent: FieldPath,
): FieldError[] {
  if (annotation === undefined || profile === undefined) return []
  const runtimeDefault = annotation === 'docker/default' ? annotation : 'runtime/default'
  return profileMismatch(
    annotation,
    profile,
    runtimeDefault,
    'seccomp',
    parent.child('securityContext', 'seccompProfile'),
  )
}

function validateAppArmorMatches(annotations: NonNullable<Annotations>, spec: PodSpec, path: FieldPath): FieldError[] {
  if (spec.os?.name === 'windows') return []
  return containersOf(spec, path).flatMap(({ container, path: here }) => {
    const profile = container.securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile
    const annotation = annotations[appArmorPrefix + container.name]
    if (profile === undefined || annotation === undefined) return []
    return profileMismatch(
      annotation,
      profile,
      'runtime/default',
      'apparmor',
      here.child('securityContext', 'appArmorProfile'),
    )
  })
}

function profileMismatch(
  annotation: string,
  { type, localhostProfile }: { type: string; localhostProfile?: string },
  runtimeDefault: string,
  word: string,
  path: FieldPath,
): FieldError[] {
  const wrongType = [forbidden(path.child('type'), `${word} type in annotation and field must match`)]
  if (type === 'Unconfined') return annotation === 'unconfined' ? [] : wrongType
  if (type === 'RuntimeDefault') return annotation === runtimeDefault ? [] : wrongType
  if (type !== 'Localhost') return []
  if (!annotation.startsWith(localhostPrefix)) return wrongType
  if (annotation.slice(localhostPrefix.length) === localhostProfile) return []
  return [forbidden(path.child('localhostProfile'), `${word} profile in annotation and field must match`)]
}
