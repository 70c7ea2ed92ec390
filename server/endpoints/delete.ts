// DELETE of one object and of a collection.
import { newBadRequest, newInvalid, successStatus } from '../apimachinery/errors.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { decodeObject, DecodeError } from '../../openapi/decode.ts'
import { typeByName } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import { propagationOf, validateDeleteOptions, type DeleteOptions } from '../registry/deletion.ts'
import { selection } from '../registry/selection.ts'
import type { DeleteRequest } from '../registry/writes.ts'
import { isTrue } from '../apimachinery/request-info.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import { storeOf, admissionAttributes, writeContext, type Answer, type Api, type Scope } from './api.ts'
import { unregisteredProblem, type Body } from './decode.ts'
import { list } from './list.ts'
import { parseInteger, parseListOptions } from './options.ts'

const deleteOptionsType = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'

/**
 * Options from the body; only without one from the query, where a revision is a precondition even of a collection.
 * Source: apiserver/pkg/endpoints/handlers, delete.go; meta/v1, Convert_url_Values_To_v1_DeleteOptions (v1.36)
 * @throws StatusError 400, 422
 */
function readOptions(scope: Scope, body: Body | undefined): DeleteOptions {
  let options: DeleteOptions
  if (body !== undefined) {
    options = decodeOptions(body)
  } else {
    options = {}
    const grace = scope.query.get('gracePeriodSeconds')
    if (grace !== null) options.gracePeriodSeconds = parseInteger(grace)
    const policy = scope.query.get('propagationPolicy')
    if (policy !== null) options.propagationPolicy = policy
    const orphan = scope.query.get('orphanDependents')
    if (orphan !== null) options.orphanDependents = isTrue(orphan)
    const dryRun = scope.query.getAll('dryRun')
    if (dryRun.length > 0) options.dryRun = dryRun
    const uid = scope.query.get('uid') ?? ''
    const resourceVersion = scope.query.get('resourceVersion') ?? ''
    if (uid !== '' || resourceVersion !== '') {
      options.preconditions = { ...(uid === '' ? {} : { uid }), ...(resourceVersion === '' ? {} : { resourceVersion }) }
    }
  }
  const errors = validateDeleteOptions(options)
  if (errors.length > 0) throw newInvalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
  return options
}

/** Of any version, since every group has them; what is wrong is not dressed as for other kinds. @throws StatusError 400 */
function decodeOptions({ value }: Body): DeleteOptions {
  const { kind = '', apiVersion = '' } = (value ?? {}) as AnyObject
  const version = apiVersion === '' ? 'meta.k8s.io/v1' : apiVersion
  if (kind === 'Status' && (version === 'v1' || version === 'meta.k8s.io/v1'))
    throw newBadRequest('converting (v1.Status) to (v1.DeleteOptions): unknown conversion')
  if (kind !== '' && kind !== 'DeleteOptions') throw newBadRequest(unregisteredProblem(kind, version))
  try {
    return decodeObject(typeByName(deleteOptionsType) as StructSchema, value ?? {}).object as DeleteOptions
  } catch (error) {
    throw error instanceof DecodeError ? newBadRequest(error.message) : error
  }
}

function deleteRequest(api: Api, scope: Scope, options: DeleteOptions): DeleteRequest {
  const dryRun = (options.dryRun ?? []).length > 0
  const { strategy } = scope.resource.kind
  return {
    // Negative grace periods mean one second, as in the real server.
    gracePeriodSeconds:
      options.gracePeriodSeconds !== undefined && options.gracePeriodSeconds < 0 ? 1 : options.gracePeriodSeconds,
    propagation: propagationOf(options, strategy?.staysUntilFinalized === true ? 'Foreground' : 'Background'),
    preconditions: options.preconditions,
    check: (_object, old) =>
      api.admission.validate(admissionAttributes(scope, 'DELETE', undefined, old, dryRun), api.reader),
  }
}

/** Some kinds do with dependents what clients may not expect, unless they say what they want. */
function warnOfDefault({ resource, warn }: Scope, options: DeleteOptions): void {
  const { deletionWarning } = resource.kind.strategy ?? {}
  if (deletionWarning !== undefined && propagationOf(options) === undefined) warn(deletionWarning)
}

/** @throws StatusError */
export async function deleteOne(api: Api, scope: Scope, body: Body | undefined): Promise<Answer> {
  const { resource } = scope
  const options = readOptions(scope, body)
  const store = storeOf(resource, 'delete')
  const context = writeContext(api, scope, (options.dryRun ?? []).length > 0)
  warnOfDefault(scope, options)
  const { entry, gone } = await store.delete(context, scope.name, deleteRequest(api, scope, options))
  if (gone && resource.kind.strategy?.returnsDeletedObject !== true) {
    const { group, resource: plural } = resource.facts
    const { name, uid } = entry.object.metadata!
    return {
      type: 'status',
      status: successStatus({ name: name!, ...(group === '' ? {} : { group }), kind: plural, uid: uid! }),
    }
  }
  // Only the legacy way of asking for dependents to go tells that they may still be there.
  const code = !gone && options.orphanDependents === false ? 202 : 200
  return { type: 'entry', code, resource, entry }
}

/** Deletes what a list with the same selectors would show, and answers with that list. @throws StatusError */
export async function deleteCollection(api: Api, scope: Scope, body: Body | undefined): Promise<Answer> {
  const { resource } = scope
  const options = readOptions(scope, body)
  const store = storeOf(resource, 'delete')
  const { labelSelector, fieldSelector } = parseListOptions(scope.query, false)
  // Refuses bad selectors before anything is deleted.
  selection(resource.kind, labelSelector, fieldSelector)
  warnOfDefault(scope, options)
  const listed = await list(scope)
  await Promise.all(
    listed.entries.map(async (entry) => {
      const { name, namespace } = entry.object.metadata!
      const each: Scope = { ...scope, name: name!, namespace: namespace ?? '' }
      const context = writeContext(api, each, (options.dryRun ?? []).length > 0)
      try {
        await store.delete(context, name!, deleteRequest(api, each, options))
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }),
  )
  return listed
}
