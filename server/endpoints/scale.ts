// The scale subresource: an autoscaling/v1 Scale read from, and written into, the object it scales.
import { newConflict, newInternalError, newInvalid, newNotFound, newPlainError } from '../apimachinery/errors.ts'
import { copy } from '../apimachinery/equality.ts'
import { field, invalid, type FieldError } from '../apimachinery/field.ts'
import { quote } from '../apimachinery/go-quote.ts'
import { formatGroupVersion } from '../apimachinery/gvk.ts'
import { decodeStored, encodeManagers } from '../apimachinery/managed-fields/managers.ts'
import {
  parentManagers,
  pathOfFields,
  scaleManagers,
  scaleVersion,
  type ReplicasPath,
} from '../apimachinery/managed-fields/scale.ts'
import { trackUpdate } from '../apimachinery/managed-fields/update.ts'
import type { ManagedType } from '../apimachinery/managed-fields/versions.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import { validateObjectMeta } from '../apimachinery/validation.ts'
import { typeByName } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import type { ScaleMapping } from '../registry/kind.ts'
import type { Resources } from '../registry/resources.ts'
import { admitted, validating } from './admission.ts'
import { writeContext, type Answer, type Api, type Scope } from './api.ts'
import { applyTo, checkDuplicates, setManagedFields } from './apply.ts'
import { setNamespace } from './create.ts'
import { decodeAs, type Body } from './decode.ts'
import { checkRevision } from './get.ts'
import { loneType, writerOf } from './managed-fields.ts'
import { parseWriteOptions, type WriteOptions } from './options.ts'
import { applyPatch, patchedValue, type PatchBody } from './patch.ts'
import { decodePatched } from './patched-object.ts'
import { checkName } from './update.ts'

interface Scale extends AnyObject {
  spec?: { replicas?: number }
}

const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' }

function scaleSchema(): StructSchema {
  return typeByName('io.k8s.api.autoscaling.v1.Scale') as StructSchema
}

function mappingOf(scope: Scope): ScaleMapping<AnyObject> {
  const mapping = scope.resource.kind.scale
  if (mapping === undefined)
    throw newNotFound({ group: scope.resource.facts.group, resource: scope.resource.facts.resource }, scope.name)
  return mapping
}

function scaleOf(mapping: ScaleMapping<AnyObject>, object: Frozen<AnyObject>): Scale {
  const { specReplicas, statusReplicas, selector } = mapping.read(object as AnyObject)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata!
  return {
    kind: scaleKind.kind,
    apiVersion: scaleVersion,
    metadata: {
      name: name!,
      namespace: namespace!,
      uid: uid!,
      resourceVersion: resourceVersion!,
      creationTimestamp: creationTimestamp!,
    },
    spec: specReplicas === 0 ? {} : { replicas: specReplicas },
    status: { replicas: statusReplicas, ...(selector === '' ? {} : { selector }) },
  }
}

export function getScale(scope: Scope): Answer {
  const mapping = mappingOf(scope)
  checkRevision(scope.resource.store!, scope)
  const entry = scope.resource.store!.get(scope.namespace, scope.name)
  const problem = mapping.problem?.(entry.object as AnyObject)
  if (problem !== undefined) throw newInternalError(problem)
  return { type: 'object', code: 200, object: scaleOf(mapping, entry.object) }
}

export function updateScale(api: Api, scope: Scope, body: Body): Promise<Answer> {
  const options = parseWriteOptions(scope.query, 'UpdateOptions')
  const sent = decodeAs(scaleSchema(), scaleKind, body, { fieldValidation: options.fieldValidation, warn: scope.warn })
  checkName(sent, scope)
  setNamespace(sent, scope)
  const { uid = '', resourceVersion = '' } = sent.metadata ?? {}
  if (!/^\d*$/.test(resourceVersion))
    throw newPlainError(`strconv.ParseUint: parsing ${quote(resourceVersion)}: invalid syntax`)
  return writeScale(api, scope, { ...options, uid }, (live) => {
    const scale = copy(sent) as Scale
    trackUpdate(scaleType(), live, scale, writerOf(api, scope, options.fieldManager))
    return scale
  })
}

export function patchScale(api: Api, scope: Scope, body: PatchBody): Promise<Answer> {
  const options = parseWriteOptions(scope.query, 'PatchOptions')
  return writeScale(api, scope, options, (live) => {
    const patched = applyPatch(scaleSchema(), live, body)
    const scale = decodePatched(
      scaleSchema(),
      scaleKind,
      patchedValue(patched, body),
      options.fieldValidation,
      scope,
    ) as Scale
    checkName(scale, scope)
    setNamespace(scale, scope)
    trackUpdate(scaleType(), live, scale, writerOf(api, scope, options.fieldManager))
    return scale
  })
}

export function applyScale(api: Api, scope: Scope, body: Body): Promise<Answer> {
  const options = parseWriteOptions(scope.query, 'PatchOptions', true)
  if (isCustom(scope)) {
    const live = `failed to convert live object (/; autoscaling/v1, Kind=Scale) to proper version`
    const why = 'request to convert CR to an invalid group/version: autoscaling/v1'
    throw newPlainError(`failed to create manager for existing fields: ${live}: ${why}`)
  }
  const target = { type: scaleType(), kind: scaleKind.kind }
  return writeScale(api, scope, options, (live) => {
    const { object, managedFields } = applyTo(
      target,
      live,
      body.value,
      writerOf(api, scope, options.fieldManager),
      options.force,
    )
    checkDuplicates(body, options.fieldValidation, scope)
    const scale = (object ?? copy(live)) as Scale
    setManagedFields(scale, managedFields)
    checkName(scale, scope)
    setNamespace(scale, scope)
    return scale
  })
}

const isCustom = ({ resource }: Scope): boolean => resource.schema.decode !== undefined

const scaleType = (): ManagedType => loneType(scaleVersion, scaleSchema())

/** Every version has its own place for the number. */
function replicasPath(resources: Resources, { resource }: Scope): ReplicasPath {
  return (apiVersion) => {
    const slash = apiVersion.indexOf('/')
    const version = resources.get(
      slash < 0 ? '' : apiVersion.slice(0, slash),
      apiVersion.slice(slash + 1),
      resource.facts.resource,
    )
    const mapping = version?.store === resource.store ? version?.kind.scale : undefined
    return mapping && pathOfFields(mapping.replicasPath ?? ['spec', 'replicas'])
  }
}

/** Source: pkg/apis/autoscaling/validation, ValidateScale */
function validateScale({ metadata = {} }: Scale, replicas: number, isCustom: boolean): FieldError[] {
  return [
    ...validateObjectMeta(metadata, { namespaced: true, strictFinalizers: true }),
    // A custom resource judges the number itself.
    ...(replicas < 0 && !isCustom
      ? [invalid(field('spec', 'replicas'), replicas, 'must be greater than or equal to 0')]
      : []),
  ]
}

/** @throws StatusError 409 */
function checkUid({ resource, name }: Scope, { metadata }: Scale, object: Frozen<AnyObject>): void {
  const sent = metadata?.uid ?? ''
  const uid = object.metadata?.uid
  if (sent === '' || sent === uid) return
  const why = `Precondition failed: UID in precondition: ${sent}, UID in object meta: ${uid}`
  throw newConflict({ group: resource.facts.group, resource: `${resource.facts.resource}/scale` }, name, why)
}

async function writeScale(
  api: Api,
  scope: Scope,
  options: WriteOptions & { readonly uid?: string },
  next: (live: Scale) => Scale,
): Promise<Answer> {
  const mapping = mappingOf(scope)
  const pathIn = replicasPath(api.resources, scope)
  const { entry } = await scope.resource.store!.update(
    writeContext(api, scope, options.dryRun),
    scope.name,
    (current) => {
      const live = scaleOf(mapping, current!.object)
      const owners = decodeStored(current!.object.metadata!.managedFields)
      setManagedFields(live, encodeManagers(scaleManagers(owners, pathIn)))
      const scale = next(live)
      const replicas = scale.spec?.replicas ?? 0
      const errors = validateScale(scale, replicas, isCustom(scope))
      if (errors.length > 0) throw newInvalid(scaleKind, scope.name, errors)
      checkUid(scope, scale, current!.object)
      const draft = copy(current!.object) as AnyObject
      const sentVersion = scale.metadata?.resourceVersion
      if (sentVersion !== undefined && sentVersion !== '') draft.metadata!.resourceVersion = sentVersion
      mapping.write(draft, replicas)
      const scalers = decodeStored(scale.metadata?.managedFields)
      setManagedFields(
        draft,
        encodeManagers(parentManagers(owners, scalers, pathIn, formatGroupVersion(scope.resource.facts))),
      )
      return admitted(api, scope, draft, current!.object, options.dryRun)
    },
    {
      subresource: 'scale',
      check: validating(api, scope, options.dryRun),
      preconditions: { uid: options.uid || undefined },
    },
  )
  return { type: 'object', code: 200, object: scaleOf(mapping, entry.object) }
}
