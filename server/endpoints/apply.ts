// PATCH with a configuration to apply: merged into the live object, which is created if it is not there.
// Source: apiserver/pkg/endpoints/handlers, patch.go, applyPatcher; k8s.io/apimachinery/pkg/util/managedfields/internal,
// versionCheckManager, lastAppliedManager, skipNonAppliedManager, structuredMergeManager.Apply (v1.36)
import { newBadRequest, newConflict, newPlainError, type StatusError } from '../apimachinery/errors.ts'
import { copy } from '../apimachinery/equality.ts'
import { applyConfiguration, type Applied } from '../apimachinery/managed-fields/apply.ts'
import { Conflicts } from '../apimachinery/managed-fields/conflicts.ts'
import {
  kubectl,
  lastAppliedSet,
  remainingConflicts,
  updateLastApplied,
} from '../apimachinery/managed-fields/last-applied.ts'
import { decodeStored, encodeManagers, type Managers } from '../apimachinery/managed-fields/managers.ts'
import { shapeOf, type MapShape } from '../apimachinery/managed-fields/shape.ts'
import { afterUpdate, emptyObject, type Writer } from '../apimachinery/managed-fields/update.ts'
import { problemsOf } from '../apimachinery/managed-fields/validate.ts'
import type { ManagedType } from '../apimachinery/managed-fields/versions.ts'
import type { AnyObject, Frozen, ManagedFieldsEntry } from '../apimachinery/types.ts'
import { DecodeError } from '../../openapi/decode.ts'
import { admitted, validating } from './admission.ts'
import { storeOf, writeContext, type Answer, type Api, type Scope } from './api.ts'
import { setNamespace } from './create.ts'
import { defaultAndConvert, warnOfFinding, type Body } from './decode.ts'
import { managedTypeOf, servedForm, writerOf } from './managed-fields.ts'
import { conversionProblem, decodeConverted, messageOfConversion } from './patched-object.ts'
import { parseWriteOptions, type FieldValidation } from './options.ts'
import { checkName } from './update.ts'

export const applyPatchType = 'application/apply-patch+yaml'

/** @throws StatusError */
export async function apply(api: Api, scope: Scope, body: Body): Promise<Answer> {
  const { resource } = scope
  const options = parseWriteOptions(scope.query, 'PatchOptions', true)
  const groupResource = { group: resource.facts.group, resource: resource.facts.resource }
  const store = storeOf(resource, 'patch')
  const target = { type: managedTypeOf(api.resources, resource, scope.subresource), kind: resource.facts.kind }
  const writer = writerOf(api, scope, options.fieldManager)
  const { entry, created } = await store.update(
    writeContext(api, scope, options.dryRun),
    scope.name,
    (current) => {
      const live = current && servedForm(resource, current.object)
      const { object, managedFields } = applyTo(target, live, body.value, writer, options.force)
      checkDuplicates(body, options.fieldValidation, scope)
      const draft = object === undefined ? (copy(current!.object) as AnyObject) : defaultAndConvert(resource, object)
      setManagedFields(draft, managedFields)
      const uid = draft.metadata!.uid ?? ''
      if (current === undefined && uid !== '') {
        throw newConflict(
          groupResource,
          scope.name,
          `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
        )
      }
      if (current === undefined) scope.authorizeCreate?.()
      setNamespace(draft, scope)
      checkName(draft, scope)
      return admitted(api, scope, draft, current?.object, options.dryRun)
    },
    {
      subresource: scope.subresource,
      forceCreate: scope.subresource === '',
      check: validating(api, scope, options.dryRun),
    },
  )
  return { type: 'entry', code: created ? 201 : 200, resource, entry }
}

/** The version and kind that are written. */
export interface ApplyTarget {
  readonly type: ManagedType
  readonly kind: string
}

/**
 * The object that comes of an apply, in the version of the target and decoded; undefined if it is the live one.
 * @param live undefined if it is to be created
 * @throws StatusError 400, 409, 500
 */
export function applyTo(
  target: ApplyTarget,
  live: Frozen<AnyObject> | undefined,
  value: unknown,
  writer: Writer,
  force: boolean,
): { object: AnyObject | undefined; managedFields: ManagedFieldsEntry[] | undefined } {
  const { type } = target
  const config = checkedConfiguration(target, value)
  const { managedFields: entries, ...metadata } = live?.metadata ?? {}
  const before = live === undefined ? emptyObject(type.schema) : { ...live, metadata }
  const managers = managersBefore(type, before, decodeStored(entries), writer)
  const applied = applyOver(type, before, config, managers, writer, force)
  const object = applied.object && decodeApplied(type, applied.object, config)
  if (writer.manager === kubectl && object !== undefined) updateLastApplied(object, config)
  return { object, managedFields: encodeManagers(applied.managers) }
}

/** Who owns the fields of an object nobody has tracked so far. */
function managersBefore(type: ManagedType, live: Frozen<AnyObject>, managers: Managers, writer: Writer): Managers {
  if (managers.size > 0) return managers
  const problems = problemsOf(shapeOf(type.schema) as MapShape, live, true)
  if (problems !== undefined) {
    const name = printName(live as AnyObject)
    throw newPlainError(
      `failed to create manager for existing fields: failed to convert new object (${name}) to smd typed: ${problems}`,
    )
  }
  return afterUpdate(type, emptyObject(type.schema), live, managers, { ...writer, manager: 'before-first-apply' })
}

/** @throws StatusError 409 */
function applyOver(
  type: ManagedType,
  live: Frozen<AnyObject>,
  config: AnyObject,
  managers: Managers,
  writer: Writer,
  force: boolean,
): Applied {
  try {
    return applyConfiguration(type, live, config, managers, writer, force)
  } catch (error) {
    if (!(error instanceof Conflicts)) throw error
    const allowed = writer.manager === kubectl ? lastAppliedSet(type, live) : undefined
    if (allowed === undefined) throw error.toStatusError()
    const remaining = remainingConflicts(error.conflicts, allowed)
    if (remaining.length > 0) throw new Conflicts(remaining).toStatusError()
    return applyConfiguration(type, live, config, managers, writer, true)
  }
}

/** @throws StatusError 400: no object, another kind, managedFields; 500: it does not fit the type */
function checkedConfiguration({ type, kind }: ApplyTarget, value: unknown): AnyObject {
  if (typeof value !== 'object' || Array.isArray(value)) {
    const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    const why = `json: cannot unmarshal ${found} into Go value of type map[string]interface {}`
    throw newBadRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`)
  }
  const config = (value ?? {}) as AnyObject
  if (config.apiVersion !== type.apiVersion || config.kind !== kind)
    throw newBadRequest(`invalid object type: ${printKind(config)}`)
  if (Array.isArray(config.metadata?.managedFields)) throw newBadRequest('metadata.managedFields must be nil')
  const problems = problemsOf(shapeOf(type.schema) as MapShape, config)
  if (problems !== undefined)
    throw newPlainError(`failed to create typed patch object (${printName(config)}): ${problems}`)
  return config
}

function decodeApplied({ schema }: ManagedType, merged: object, config: AnyObject): AnyObject {
  const refuse = (why: string): StatusError => {
    const unable = `unable to convert unstructured object to ${printKind(config)}: ${why}`
    return newPlainError(`failed to convert new object (${printName(config)}) to proper version: ${unable}`)
  }
  const problem = conversionProblem(schema, merged)
  if (problem !== undefined) throw refuse(problem)
  try {
    return decodeConverted(schema, merged).object
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw refuse(messageOfConversion(error))
  }
}

function printName(config: AnyObject): string {
  const { namespace, name } = config.metadata ?? {}
  return `${textOf(namespace)}/${textOf(name)}; ${printKind(config)}`
}

/** `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
function printKind({ apiVersion, kind }: AnyObject): string {
  const version = textOf(apiVersion)
  if (version.split('/').length > 2) return '/, Kind='
  return `${version.includes('/') ? version : `/${version}`}, Kind=${textOf(kind)}`
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export function setManagedFields(draft: AnyObject, entries: ManagedFieldsEntry[] | undefined): void {
  const meta = (draft.metadata ??= {})
  if (entries === undefined) delete meta.managedFields
  else meta.managedFields = entries
}

/** @throws StatusError 400 with fieldValidation=Strict */
export function checkDuplicates(
  { findings }: Body,
  fieldValidation: FieldValidation,
  scope: Pick<Scope, 'warn'>,
): void {
  if (fieldValidation === 'Ignore') return
  for (const finding of findings) {
    if (fieldValidation === 'Strict') throw newBadRequest(`error strict decoding YAML: ${finding}`)
    warnOfFinding(finding, scope)
  }
}
