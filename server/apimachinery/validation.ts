// Validation of object metadata, and the door to every format check (formats.ts, ip.ts).
// Source: staging/src/k8s.io/apimachinery/pkg/api/validation and pkg/apis/meta/v1/validation (v1.36)
import { deepEqual } from './equality.ts'
import type { FieldError, FieldPath } from './field.ts'
import { Printed, duplicate, field, forbidden, invalid, notSupported, required, tooLong } from './field.ts'
import {
  byteLength,
  isQualifiedName,
  isValidLabelValue,
  nameIsDNSLabel,
  nameIsDNSSubdomain,
  regexError,
} from './formats.ts'
import type { NameValidator } from './formats.ts'
import type { LabelSelectorLike } from './selectors.ts'
import type { Frozen, ManagedFieldsEntry, ObjectMeta, OwnerReference } from './types.ts'

export * from './formats.ts'
export * from './ip.ts'

const annotationsMaxBytes = 256 * 1024

type Meta = Frozen<ObjectMeta>

export interface ObjectMetaOptions {
  readonly namespaced: boolean
  /** Default: a DNS-1123 subdomain. */
  readonly nameValidator?: NameValidator | undefined
  /** Default: `metadata`. */
  readonly path?: FieldPath
  /** Built-in kinds also want finalizers to be standard ones or to have a domain; custom resources do not. */
  readonly strictFinalizers?: boolean
}

/** Metadata at a creation, after names have been generated. */
export function validateObjectMeta(meta: Meta, options: ObjectMetaOptions): FieldError[] {
  const { namespaced, nameValidator = nameIsDNSSubdomain, path = field('metadata'), strictFinalizers = false } = options
  const errors: FieldError[] = []
  const { name = '', generateName = '', namespace = '', generation = 0 } = meta
  if (generateName !== '') {
    for (const text of nameValidator(generateName, true))
      errors.push(invalid(path.child('generateName'), generateName, text))
  }
  if (name === '') errors.push(required(path.child('name'), 'name or generateName is required'))
  else for (const text of nameValidator(name, false)) errors.push(invalid(path.child('name'), name, text))
  if (namespaced) {
    if (namespace === '') errors.push(required(path.child('namespace')))
    else
      for (const text of nameIsDNSLabel(namespace, false))
        errors.push(invalid(path.child('namespace'), namespace, text))
  } else if (namespace !== '') {
    errors.push(forbidden(path.child('namespace'), 'not allowed on this type'))
  }
  if (generation < 0) errors.push(invalid(path.child('generation'), generation, 'must be greater than or equal to 0'))
  errors.push(
    ...validateLabels(meta.labels, path.child('labels')),
    ...validateAnnotations(meta.annotations, path.child('annotations')),
    ...validateOwnerReferences(meta.ownerReferences, path.child('ownerReferences')),
    ...validateFinalizers(meta.finalizers, path.child('finalizers')),
    ...validateManagedFields(meta.managedFields, path.child('managedFields')),
  )
  if (strictFinalizers) errors.push(...validateKubeFinalizers(meta.finalizers, path.child('finalizers')))
  return errors
}

/** Metadata at an update. A missing resourceVersion is an error: the registry fills it in where it may be missing. */
export function validateObjectMetaUpdate(
  meta: Meta,
  old: Meta,
  options: { readonly path?: FieldPath; readonly strictFinalizers?: boolean } = {},
): FieldError[] {
  const { path = field('metadata'), strictFinalizers = false } = options
  const errors: FieldError[] = []
  if (old.deletionTimestamp !== undefined) {
    errors.push(...validateNoNewFinalizers(meta.finalizers ?? [], old.finalizers ?? [], path.child('finalizers')))
  }
  if ((meta.resourceVersion ?? '') === '') {
    errors.push(invalid(path.child('resourceVersion'), '', 'must be specified for an update'))
  }
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalid(path.child('generation'), meta.generation ?? 0, 'must not be decremented'))
  }
  for (const name of ['name', 'namespace', 'uid'] as const) {
    errors.push(...validateImmutableField(meta[name] ?? '', old[name] ?? '', path.child(name)))
  }
  for (const name of ['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    errors.push(...validateImmutableField(meta[name] ?? null, old[name] ?? null, path.child(name)))
  }
  errors.push(
    ...validateLabels(meta.labels, path.child('labels')),
    ...validateAnnotations(meta.annotations, path.child('annotations')),
    ...validateOwnerReferences(meta.ownerReferences, path.child('ownerReferences')),
    ...validateManagedFields(meta.managedFields, path.child('managedFields')),
  )
  if (strictFinalizers) errors.push(...validateKubeFinalizers(meta.finalizers, path.child('finalizers')))
  return errors
}

export function validateImmutableField(value: unknown, old: unknown, path: FieldPath): FieldError[] {
  return deepEqual(value, old) ? [] : [invalid(path, value, 'field is immutable')]
}

export function validateLabelName(name: string, path: FieldPath): FieldError[] {
  return isQualifiedName(name).map((text) => invalid(path, name, text))
}

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: FieldPath): FieldError[] {
  if (labels === undefined || areValidLabels(labels)) return []
  const errors: FieldError[] = []
  for (const key of Object.keys(labels).sort()) {
    const value = labels[key]!
    errors.push(...validateLabelName(key, path), ...isValidLabelValue(value).map((text) => invalid(path, value, text)))
  }
  return errors
}

/** Mostly nothing is wrong, and nobody asks in which order. */
function areValidLabels(labels: Readonly<Record<string, string>>): boolean {
  for (const key in labels)
    if (isQualifiedName(key).length > 0 || isValidLabelValue(labels[key]!).length > 0) return false
  return true
}

/** Keys may have capitals in their prefix; all keys and values together are limited. */
export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const key of Object.keys(annotations ?? {}).sort()) {
    errors.push(...isQualifiedName(key.toLowerCase()).map((text) => invalid(path, key, text)))
    bytes += byteLength(key) + byteLength(annotations![key]!)
  }
  if (bytes > annotationsMaxBytes) errors.push(tooLong(path, annotationsMaxBytes))
  return errors
}

/** Error paths name no index, as upstream's do not. */
function validateOwnerReferences(owners: readonly Frozen<OwnerReference>[] | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  let controller: string | undefined
  for (const owner of owners ?? []) {
    const { apiVersion = '', kind = '', name = '', uid = '' } = owner as Partial<OwnerReference>
    const version = apiVersion.slice(apiVersion.indexOf('/') + 1)
    if (version === '' || apiVersion.split('/').length > 2) {
      errors.push(invalid(path.child('apiVersion'), apiVersion, 'version must not be empty'))
    }
    if (kind === '') errors.push(invalid(path.child('kind'), kind, 'must not be empty'))
    if (name === '') errors.push(invalid(path.child('name'), name, 'must not be empty'))
    if (uid === '') errors.push(invalid(path.child('uid'), uid, 'must not be empty'))
    if (apiVersion === 'v1' && kind === 'Event') {
      errors.push(invalid(path, printOwner(owner), '/v1, Kind=Event is disallowed from being an owner'))
    }
    if (owner.controller !== true) continue
    const current = `${kind}/${name}`
    if (controller === undefined) controller = current
    else {
      const all = new Printed(`[${owners!.map((one) => printOwner(one).text).join(',')}]`)
      const found = `Found "true" in references for ${controller} and ${current}`
      errors.push(invalid(path, all, `Only one reference can have Controller set to true. ${found}`))
    }
  }
  return errors
}

/** Members in Go order; the required ones are printed even when empty. */
function printOwner(owner: Frozen<OwnerReference>): Printed {
  const {
    apiVersion = '',
    kind = '',
    name = '',
    uid = '',
    controller,
    blockOwnerDeletion,
  } = owner as Partial<OwnerReference>
  return new Printed(JSON.stringify({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }))
}

function validateFinalizerName(name: string, path: FieldPath): FieldError[] {
  return isQualifiedName(name).map((text) => invalid(path, name, text))
}

export function validateFinalizers(finalizers: readonly string[] | undefined, path: FieldPath): FieldError[] {
  if (finalizers === undefined) return []
  const errors = finalizers.flatMap((name) => validateFinalizerName(name, path))
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  }
  return errors
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

/** Source: pkg/apis/core/validation, validateKubeFinalizerName */
export function validateKubeFinalizers(finalizers: readonly string[] | undefined, path: FieldPath): FieldError[] {
  return (finalizers ?? []).flatMap((name, at) =>
    name.includes('/') || standardFinalizers.has(name)
      ? []
      : [invalid(path.index(at), name, 'name is neither a standard finalizer name nor is it fully qualified')],
  )
}

function validateNoNewFinalizers(finalizers: readonly string[], old: readonly string[], path: FieldPath): FieldError[] {
  const extra = [...new Set(finalizers)].filter((name) => !old.includes(name)).sort()
  if (extra.length === 0) return []
  const list = `[]string{${extra.map((name) => JSON.stringify(name)).join(', ')}}`
  return [
    forbidden(path, `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`),
  ]
}

function validateManagedFields(
  entries: readonly Frozen<ManagedFieldsEntry>[] | undefined,
  path: FieldPath,
): FieldError[] {
  return (entries ?? []).flatMap((entry, at) => {
    const { operation = '', fieldsType = '', manager = '', subresource = '' } = entry
    const errors: FieldError[] = []
    const here = path.index(at)
    if (operation !== 'Apply' && operation !== 'Update') {
      errors.push(invalid(here.child('operation'), operation, 'must be `Apply` or `Update`'))
    }
    if (fieldsType !== '' && fieldsType !== 'FieldsV1') {
      errors.push(invalid(here.child('fieldsType'), fieldsType, 'must be `FieldsV1`'))
    }
    errors.push(...validateFieldManager(manager, here.child('manager')))
    if (byteLength(subresource) > 256) errors.push(tooLong(here.child('subresource'), 256))
    return errors
  })
}

/** What all managers are called but a few. */
const plainManager = /^[ -~]*$/

/** At most 128 bytes of printable characters. */
export function validateFieldManager(manager: string, path: FieldPath): FieldError[] {
  if (manager.length <= 128 && plainManager.test(manager)) return []
  const errors: FieldError[] = []
  if (byteLength(manager) > 128) errors.push(tooLong(path, 128))
  let position = 0
  for (const character of manager) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
      errors.push(invalid(path, manager, `invalid character U+${code} (at position ${position})`))
    }
    position += byteLength(character)
  }
  return errors
}

/** A metav1.LabelSelector inside an object. An absent one is valid. */
export function validateLabelSelector(selector: LabelSelectorLike | null | undefined, path: FieldPath): FieldError[] {
  if (selector === null || selector === undefined) return []
  const errors = validateLabels(selector.matchLabels, path.child('matchLabels'))
  const expressions = path.child('matchExpressions')
  for (const [at, { key, operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const here = expressions.index(at)
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) {
        errors.push(required(here.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"))
      }
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) {
        errors.push(
          forbidden(here.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        )
      }
    } else {
      errors.push(invalid(here.child('operator'), operator ?? '', 'not a valid selector operator'))
    }
    errors.push(...validateLabelName(key ?? '', here.child('key')))
    for (const [index, value] of values.entries()) {
      errors.push(...isValidLabelValue(value).map((text) => invalid(here.child('values').index(index), value, text)))
    }
  }
  return errors
}

const conditionReasonFormat = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const conditionReasonError = regexError(
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  conditionReasonFormat,
  ...['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'],
)

export interface ConditionLike {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string | null
  readonly observedGeneration?: number
}

/** metav1.Conditions of a status. Source: metav1 validation, ValidateConditions */
export function validateConditions(conditions: readonly ConditionLike[] | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [at, condition] of (conditions ?? []).entries()) {
    const here = path.index(at)
    const { type, status, reason = '', message = '', lastTransitionTime, observedGeneration = 0 } = condition
    if (seen.has(type)) errors.push(duplicate(here.child('type'), type))
    seen.add(type)
    errors.push(...validateLabelName(type, here.child('type')))
    if (!['False', 'True', 'Unknown'].includes(status)) {
      errors.push(notSupported(here.child('status'), status, ['False', 'True', 'Unknown']))
    }
    if (observedGeneration < 0) {
      errors.push(
        invalid(here.child('observedGeneration'), observedGeneration, 'must be greater than or equal to zero'),
      )
    }
    if (!lastTransitionTime) errors.push(required(here.child('lastTransitionTime')))
    if (reason === '') errors.push(required(here.child('reason')))
    else {
      if (!new RegExp(`^${conditionReasonFormat}$`).test(reason)) {
        errors.push(invalid(here.child('reason'), reason, conditionReasonError))
      }
      if (byteLength(reason) > 1024) errors.push(tooLong(here.child('reason'), 1024))
    }
    if (byteLength(message) > 32 * 1024) errors.push(tooLong(here.child('message'), 32 * 1024))
  }
  return errors
}
