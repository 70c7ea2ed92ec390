// POST on a collection.
import { newBadRequest, newMethodNotSupported, newPlainError } from '../apimachinery/errors.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import type { Check } from '../registry/store.ts'
import { admissionAttributes, writeContext, type Answer, type Api, type Scope } from './api.ts'
import { decodeForResource, defaultAndConvert, type Body } from './decode.ts'
import { trackOwners } from './managed-fields.ts'
import { parseWriteOptions } from './options.ts'

/** @throws StatusError */
export async function create(api: Api, scope: Scope, body: Body): Promise<Answer> {
  const { resource } = scope
  const options = parseWriteOptions(scope.query, 'CreateOptions')
  if (resource.store === undefined)
    throw newMethodNotSupported({ group: resource.facts.group, resource: resource.facts.resource }, 'create')
  const decoded = decodeForResource(resource, body, { fieldValidation: options.fieldValidation, warn: scope.warn })
  const draft = defaultAndConvert(resource, decoded)
  setNamespace(draft, scope)
  if ((draft.metadata?.resourceVersion ?? '') !== '') {
    throw newPlainError('resourceVersion should not be set on objects to be created')
  }
  // A creation cannot be born deleted; nor does anybody own that it was sent so.
  delete draft.metadata!.deletionTimestamp
  delete draft.metadata!.deletionGracePeriodSeconds
  trackOwners(api, scope, undefined, draft, options.fieldManager)
  const context = writeContext(api, scope, options.dryRun)
  const admitting = api.admission.admit(
    admissionAttributes(scope, 'CREATE', draft, undefined, options.dryRun),
    api.reader,
  )
  if (admitting !== undefined) await admitting
  const entry = await resource.store.create(context, draft, validating(api, scope, 'CREATE', options.dryRun))
  return { type: 'entry', code: 201, resource, entry }
}

/** The validating half of admission, as the store wants it: run on the object that is about to be written. */
export function validating(api: Api, scope: Scope, operation: 'CREATE' | 'UPDATE', dryRun: boolean): Check {
  return (object, old) => {
    const actual = old === undefined ? 'CREATE' : operation
    return api.admission.validate(admissionAttributes(scope, actual, object, old, dryRun), api.reader)
  }
}

/** @throws StatusError 400 if the object names another namespace than the path */
export function setNamespace(draft: AnyObject, scope: Scope): void {
  const meta = (draft.metadata ??= {})
  if (!scope.resource.facts.namespaced) return
  if (meta.namespace === undefined || meta.namespace === '') meta.namespace = scope.namespace
  else if (meta.namespace !== scope.namespace) {
    throw newBadRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}
