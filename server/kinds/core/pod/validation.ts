// Validation of a pod at its creation, and what holds for updates as well.
// Source: pkg/apis/core/validation, ValidatePodCreate, validatePodMetadataAndSpec (v1.36)
import type { Pod } from '../../../api/core.ts'
import type { FieldError } from '../../../apimachinery/field.ts'
import { field, forbidden } from '../../../apimachinery/field.ts'
import { validatePodAnnotations, validateProfilesMatch } from '../../pod-template/annotations.ts'
import { validateImageSpaces } from '../../pod-template/containers.ts'
import { validatePodSpec } from '../../pod-template/index.ts'

export function validate(pod: Pod): FieldError[] {
  const { metadata = {}, spec = { containers: [] } } = pod
  const path = field('spec')
  const errors = validateMetadataAndSpec(pod)
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(forbidden(path.child('ephemeralContainers'), 'cannot be set on create'))
  }
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    errors.push(forbidden(path.child('nodeName'), 'cannot be set until all schedulingGates have been cleared'))
  }
  return [...errors, ...validateProfilesMatch(metadata.annotations, spec, path)]
}

/** Everything but the metadata that all objects have, which the registry looks at. */
export function validateMetadataAndSpec({ metadata = {}, spec = { containers: [] } }: Pod): FieldError[] {
  const path = field('spec')
  const errors = [
    ...validatePodAnnotations(metadata.annotations, spec, field('metadata', 'annotations')),
    ...validatePodSpec(spec, path, { metadata, isPod: true }),
  ]
  if (!spec.serviceAccountName) {
    for (const [at, { projected }] of (spec.volumes ?? []).entries()) {
      for (const [sourceAt, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
        if (serviceAccountToken === undefined) continue
        const here = path.child('volumes').index(at).child('projected', 'sources').index(sourceAt)
        errors.push(
          forbidden(here.child('serviceAccountToken'), 'must not be specified when serviceAccountName is not set'),
        )
      }
    }
  }
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [at, container] of (spec[list] ?? []).entries()) {
      errors.push(...validateImageSpaces(container, path.child(list).index(at)))
    }
  }
  return errors
}
