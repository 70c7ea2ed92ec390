// POST on a collection.
import { newBadRequest, newPlainError } from '../apimachinery/errors.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import type { Check } from '../registry/writes.ts'
import { admitted, validating } from './admission.ts'
import { storeOf, writeContext, type Answer, type Api, type Scope } from './api.ts'
import { decodeForResource, defaultAndConvert, type Body } from './decode.ts'
import { trackOwners } from './managed-fields.ts'
import { parseWriteOptions } from './options.ts'
import { dedupOwnerReferences } from './owner-references.ts'

/** @throws StatusError */
export async function create(api: Api, scope: Scope, body: Body): Promise<Answer> {
  const { resource } = scope
  const options = parseWriteOptions(scope.query, 'CreateOptions')
  const store = storeOf(resource, 'create')
  const decoded = decodeForResource(resource, body, { fieldValidation: options.fieldValidation, warn: scope.warn })
  const draft = defaultAndConvert(resource, decoded)
  setNamespace(draft, scope)
  // What is no number above zero is as good as none.
  const isVersioned = /^0*[1-9][0-9]*$/.test(draft.metadata?.resourceVersion ?? '')
  // A creation cannot be born deleted; nor does anybody own that it was sent so.
  delete draft.metadata!.deletionTimestamp
  delete draft.metadata!.deletionGracePeriodSeconds
  dedupOwnerReferences(draft, scope)
  trackOwners(api, scope, undefined, draft, options.fieldManager)
  const context = writeContext(api, scope, options.dryRun)
  const object = await admitted(api, scope, draft, undefined, options.dryRun)
  const validate = validating(api, scope, options.dryRun)
  const entry = await store.create(
    context,
    object,
    isVersioned && !options.dryRun ? refusingVersion(validate) : validate,
  )
  return { type: 'entry', code: 201, resource, entry }
}

/** A version is refused where objects are stored: after all that is wrong with the object. */
function refusingVersion(validate: Check): Check {
  return async (object, old) => {
    await validate(object, old)
    throw newPlainError('resourceVersion should not be set on objects to be created')
  }
}

/** @throws StatusError 400 if the object names another namespace than the path */
export function setNamespace(draft: AnyObject, scope: Scope): void {
  const meta = (draft.metadata ??= {})
  if (!scope.resource.facts.namespaced) {
    delete meta.namespace
    return
  }
  if (meta.namespace === undefined || meta.namespace === '') meta.namespace = scope.namespace
  else if (meta.namespace !== scope.namespace) {
    throw newBadRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}
