// What a DELETE does with an object as it stands: graceful deletion, finalizers, and what goes at once.
// Source: staging/src/k8s.io/apiserver/pkg/registry/rest, BeforeDelete; registry/generic/registry, Store.Delete (v1.36)
import { formatTime } from '../apimachinery/clock.ts'
import { copy, deepEqual } from '../apimachinery/equality.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { Entry, Mutation } from '../storage/store.ts'
import { canonicalObject } from './canonical.ts'
import { finalizersAfterDelete } from './deletion.ts'
import type { KindDefinition } from './kind.ts'
import { checkDeletePreconditions } from './preconditions.ts'
import type { DeleteRequest, Subject } from './writes.ts'

/** What one pass of a deletion does: leaves the object, marks it for the next pass, or removes it. */
export interface DeleteStep {
  readonly mutation: Mutation
  readonly outcome: 'kept' | 'marked' | 'gone'
}

/**
 * @param now milliseconds since the epoch
 * @throws StatusError 409 unless the preconditions hold
 */
export function decideDelete(
  subject: Subject,
  old: Frozen<AnyObject>,
  name: string,
  request: DeleteRequest,
  now: number,
): DeleteStep {
  checkDeletePreconditions(subject, old, name, request.preconditions ?? {})
  const { kind, schema } = subject
  const strategy = kind.strategy
  const isBlocked = strategy?.blocksDeletion?.(old as AnyObject) === true
  if (strategy?.staysUntilFinalized === true && isBlocked && isDeleted(old))
    return { mutation: { type: 'none' }, outcome: 'kept' }
  const grace = strategy?.gracePeriodSeconds?.(old as AnyObject, request.gracePeriodSeconds)
  const meta = old.metadata!
  const finalizers = finalizersAfterDelete(meta, request.propagation, strategy?.defaultPropagation ?? 'background')
  // Without a say of the kind, only metadata changes.
  const draft = strategy?.beginDeletion === undefined ? withOwnMetadata(old) : (copy(old) as AnyObject)
  const next = draft.metadata!
  if (finalizers.length > 0) next.finalizers = finalizers
  else delete next.finalizers

  let isMarkedNow = false
  if (meta.deletionTimestamp === undefined) {
    if (grace !== undefined || isHeld(kind, draft)) {
      beginDeletion(kind, draft, now, grace ?? 0)
      isMarkedNow = grace !== undefined
    }
  } else {
    const remaining = meta.deletionGracePeriodSeconds ?? 0
    if (grace !== undefined && request.gracePeriodSeconds !== undefined && grace < remaining) {
      // A shorter grace period moves the end forward, counted from the first request.
      const requestedAt = Date.parse(meta.deletionTimestamp) - remaining * 1000
      next.deletionTimestamp = formatTime(Math.max(requestedAt + grace * 1000, now))
      next.deletionGracePeriodSeconds = grace
      isMarkedNow = true
    } else if (grace === undefined) {
      next.deletionGracePeriodSeconds = 0
    }
  }
  if (isHeld(kind, draft)) {
    if (deepEqual(draft, old)) return { mutation: { type: 'none' }, outcome: 'kept' }
    return { mutation: { type: 'put', object: canonicalObject(schema, draft, old) }, outcome: 'kept' }
  }
  // A graceful kind is first marked, then removed: watchers see a MODIFIED before the DELETED.
  if (isMarkedNow) return { mutation: { type: 'put', object: canonicalObject(schema, draft, old) }, outcome: 'marked' }
  // What goes at once goes as it was: nobody sees the finalizers that its deletion would have taken.
  return { mutation: { type: 'delete', object: withOwnMetadata(old) }, outcome: 'gone' }
}

/** The object with metadata that may be changed. */
export function withOwnMetadata(old: Frozen<AnyObject>): AnyObject {
  return { ...old, metadata: { ...old.metadata } } as AnyObject
}

function beginDeletion(kind: KindDefinition, draft: AnyObject, now: number, graceSeconds: number): void {
  const meta = draft.metadata!
  meta.deletionTimestamp = formatTime(now + graceSeconds * 1000)
  meta.deletionGracePeriodSeconds = graceSeconds
  if (meta.generation !== undefined && meta.generation > 0) meta.generation += 1
  kind.strategy?.beginDeletion?.(draft)
}

/** Something keeps an object that is being deleted: finalizers, a grace period, or what the kind waits for. */
export function isHeld(kind: KindDefinition, object: AnyObject): boolean {
  const meta = object.metadata!
  return (
    (meta.finalizers?.length ?? 0) > 0 ||
    (meta.deletionGracePeriodSeconds ?? 0) > 0 ||
    kind.strategy?.blocksDeletion?.(object) === true
  )
}

/** The mark itself has changed the version that the client asked for. */
export function sinceMarked(request: DeleteRequest, marked: Entry): DeleteRequest {
  if (request.preconditions?.resourceVersion === undefined) return request
  return { ...request, preconditions: { ...request.preconditions, resourceVersion: String(marked.revision) } }
}

export function isDeleted(object: Frozen<AnyObject>): boolean {
  return object.metadata?.deletionTimestamp !== undefined
}
