// GET of one object.
import { newBadRequest, newInternalError, newNotFound, newTooLargeResourceVersion } from '../apimachinery/errors.ts'
import type { ResourceStore } from '../registry/store.ts'
import type { Answer, Scope } from './api.ts'
import { parseRevision, unreadableRevision } from './options.ts'

/** @throws StatusError 404; 500 and 504 when a resourceVersion is asked for that is not there yet */
export function get(scope: Scope): Answer {
  const { store, facts } = scope.resource
  const groupResource = { group: facts.group, resource: facts.resource }
  if (store === undefined) throw newNotFound(groupResource, scope.name)
  if (scope.query.has('export'))
    throw newBadRequest('the export parameter, deprecated since v1.14, is no longer supported')
  checkRevision(store, scope)
  const entry = store.get(scope.namespace, scope.name, groupResource)
  return { type: 'entry', code: 200, resource: scope.resource, entry }
}

/** The resourceVersion a client has seen must be there. @throws StatusError 500, 504 */
export function checkRevision(store: ResourceStore, { query }: Scope): void {
  const minimum = revisionOf(query.get('resourceVersion') ?? '')
  if (minimum !== undefined && minimum > store.revision) throw newTooLargeResourceVersion(minimum, store.revision)
}

function revisionOf(text: string): number | undefined {
  try {
    return parseRevision(text)
  } catch (error) {
    throw error instanceof RangeError ? unreadableRevision(error) : newInternalError(error)
  }
}
