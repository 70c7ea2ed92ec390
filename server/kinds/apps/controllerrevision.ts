// ControllerRevision of apps/v1.
// Source: pkg/apis/apps/validation, ValidateControllerRevisionCreate, ValidateControllerRevisionUpdate;
// pkg/printers/internalversion, printControllerRevision (v1.36)
import type { ControllerRevision } from '../../api/apps.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, required } from '../../apimachinery/field.ts'
import { validateImmutableField } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { validateNonnegative } from '../rules/numbers.ts'

export const controllerRevision = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  strategy: { validate, validateUpdate, validateUpdateOnly: true },
  cells: {
    Controller: printController,
    Revision: ({ revision }) => revision,
  },
})

function validateRevision({ revision }: ControllerRevision): FieldError[] {
  return validateNonnegative(revision, field('revision'))
}

function validate(object: ControllerRevision): FieldError[] {
  const errors = validateRevision(object)
  const data: unknown = object.data
  if (data === undefined || data === null) errors.push(required(field('data'), 'data is mandatory'))
  else if (typeof data !== 'object' || Array.isArray(data)) {
    errors.push(required(field('data'), 'data must be a valid JSON object'))
  }
  return errors
}

function validateUpdate(object: ControllerRevision, old: ControllerRevision): FieldError[] {
  return [...validateRevision(object), ...validateImmutableField(object.data, old.data, field('data'))]
}

/** `statefulset.apps/web`, or `<none>` without a controller. */
function printController({ metadata }: ControllerRevision): string {
  const owner = metadata?.ownerReferences?.find((reference) => reference.controller === true)
  if (owner === undefined) return '<none>'
  const slash = owner.apiVersion.indexOf('/')
  const group = slash < 0 ? '' : `.${owner.apiVersion.slice(0, slash)}`
  return `${owner.kind.toLowerCase()}${group.toLowerCase()}/${owner.name}`
}
