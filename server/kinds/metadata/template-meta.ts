// Metadata of an object that a controller will make from a template: labels and annotations, nothing else.
// Source: pkg/apis/core/validation, ValidateTemplateObjectMeta (v1.36)
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden } from '../../apimachinery/field.ts'
import type { ObjectMeta } from '../../apimachinery/types.ts'
import { validateAnnotations, validateLabels } from '../../apimachinery/validation.ts'

/** Members with the names that errors give them, in the order of the Go struct. */
const notAllowed: readonly [member: keyof ObjectMeta, inErrors: string][] = [
  ['name', 'name'],
  ['generateName', 'generateName'],
  ['namespace', 'namespace'],
  ['selfLink', 'selfLink'],
  ['uid', 'uID'],
  ['resourceVersion', 'resourceVersion'],
  ['generation', 'generation'],
  ['creationTimestamp', 'creationTimestamp'],
  ['deletionTimestamp', 'deletionTimestamp'],
  ['deletionGracePeriodSeconds', 'deletionGracePeriodSeconds'],
  ['ownerReferences', 'ownerReferences'],
  ['finalizers', 'finalizers'],
  ['managedFields', 'managedFields'],
]

export function validateTemplateObjectMeta(metadata: ObjectMeta | undefined, path: FieldPath): FieldError[] {
  if (metadata === undefined) return []
  return [
    ...validateAnnotations(metadata.annotations, path.child('annotations')),
    ...validateLabels(metadata.labels, path.child('labels')),
    ...notAllowed
      .filter(([member]) => (metadata[member] ?? '') !== '' && metadata[member] !== 0)
      .map(([, name]) => forbidden(path.child(name), 'cannot be set')),
  ]
}
