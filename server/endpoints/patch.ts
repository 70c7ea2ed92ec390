// PATCH: the patch is computed on the newest state, inside the write, so that concurrent patches never lose a change.
// Source: apiserver/pkg/endpoints/handlers, patch.go (v1.36)
import { newUnsupportedMediaType } from '../apimachinery/errors.ts'
import { copy } from '../apimachinery/equality.ts'
import { applyJsonPatch, parseJsonPatch } from '../apimachinery/patch/json-patch.ts'
import { applyMergePatch, parseMergePatch, type JsonObject } from '../apimachinery/patch/merge-patch.ts'
import { applyStrategicMergePatch, parseStrategicMergePatch } from '../apimachinery/patch/strategic-merge-patch.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import type { Resource } from '../registry/resources.ts'
import { admitted, validating } from './admission.ts'
import { storeOf, writeContext, type Answer, type Api, type Scope } from './api.ts'
import { setNamespace } from './create.ts'
import { defaultAndConvert } from './decode.ts'
import { trackOwners } from './managed-fields.ts'
import { parseWriteOptions, type WriteOptions } from './options.ts'
import { decodePatched, type PatchedValue } from './patched-object.ts'
import { checkName } from './update.ts'

const jsonPatchType = 'application/json-patch+json'
const mergePatchType = 'application/merge-patch+json'
const strategicMergePatchType = 'application/strategic-merge-patch+json'

/** `value` is the parsed patch. */
export interface PatchBody {
  readonly type: string
  readonly value: unknown
  /** Duplicate members, as the codec found them. */
  readonly findings?: readonly string[]
}

/** @throws StatusError */
export async function patch(api: Api, scope: Scope, body: PatchBody): Promise<Answer> {
  const { resource } = scope
  const options = parseWriteOptions(scope.query, 'PatchOptions')
  const store = storeOf(resource, 'patch')
  const context = writeContext(api, scope, options.dryRun)
  const { entry } = await store.update(
    context,
    scope.name,
    (current) => {
      const draft = patched(resource, current!.object, body, options, scope)
      checkName(draft, scope)
      setNamespace(draft, scope)
      trackOwners(api, scope, current!.object, draft, options.fieldManager)
      return admitted(api, scope, draft, current!.object, options.dryRun)
    },
    { subresource: scope.subresource, check: validating(api, scope, options.dryRun) },
  )
  return { type: 'entry', code: 200, resource, entry }
}

function patched(
  resource: Resource,
  current: Frozen<AnyObject>,
  body: PatchBody,
  options: WriteOptions,
  scope: Scope,
): AnyObject {
  const served = resource.fromStored === undefined ? current : resource.fromStored(copy(current) as AnyObject)
  const result = applyPatch(resource.schema, served, body)
  const object = decodePatched(
    resource.schema,
    resource.facts,
    patchedValue(result, body, served),
    options.fieldValidation,
    scope,
  )
  return defaultAndConvert(resource, object)
}

/** @throws StatusError 400, 415, 422 */
export function applyPatch(schema: StructSchema, current: Frozen<AnyObject>, { type, value }: PatchBody): unknown {
  switch (type) {
    case jsonPatchType:
      return applyJsonPatch(current, parseJsonPatch(value))
    case mergePatchType:
      return applyMergePatch(current as JsonObject, parseMergePatch(value))
    case strategicMergePatchType:
      return applyStrategicMergePatch(current as JsonObject, parseStrategicMergePatch(value), schema)
    default:
      throw newUnsupportedMediaType('415: Unsupported Media Type')
  }
}

/** The result of a patch as it is to be decoded. @param before what was patched */
export function patchedValue(
  value: unknown,
  { type, value: patch, findings = [] }: PatchBody,
  before?: Frozen<AnyObject>,
): PatchedValue {
  return type === strategicMergePatchType ? { value, strategic: patch, before, findings } : { value, before, findings }
}
