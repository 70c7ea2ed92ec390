// What a reconcile asks for: data, which the controller runner turns into calls of the Client.
import type { TimerKind } from '../apimachinery/clock.ts'
import { isConflict, isNotFound, type StatusError } from '../apimachinery/errors.ts'
import type { Frozen, KubeObject, Stored } from '../apimachinery/types.ts'
import type { DeleteOptions, PatchType, ResourceName } from './client.ts'
import type { EventSubject, EventType } from './events.ts'

/** How a write ended. */
export type Outcome<T extends KubeObject = KubeObject> =
  | { readonly object: Frozen<Stored<T>>; readonly error?: never }
  | { readonly error: StatusError; readonly object?: never }

/**
 * What to do after a write, given how it ended. With it, an error is the continuation's to handle; without, an error
 * ends the reconcile and the key comes back after a back-off.
 */
export type Continuation = (outcome: Outcome) => readonly Action[]

export interface CreateAction {
  readonly do: 'create'
  readonly resource: ResourceName
  readonly object: Frozen<KubeObject>
  readonly then?: Continuation
}

export interface UpdateAction {
  readonly do: 'update'
  readonly resource: ResourceName
  readonly object: Frozen<KubeObject>
  readonly subresource?: string
  readonly then?: Continuation
}

export interface PatchAction {
  readonly do: 'patch'
  readonly resource: ResourceName
  readonly namespace: string | undefined
  readonly name: string
  readonly type: PatchType
  readonly patch: unknown
  readonly subresource?: string
  /** The field manager of an apply, which takes over the fields of others. Default: that of all controllers. */
  readonly applyAs?: string
  readonly then?: Continuation
}

export interface DeleteAction {
  readonly do: 'delete'
  readonly resource: ResourceName
  /** The object to delete: namespace, name and uid are read; the uid becomes a precondition. */
  readonly object: Frozen<KubeObject>
  readonly options?: DeleteOptions
  readonly then?: Continuation
}

export interface EventAction {
  readonly do: 'event'
  readonly subject: EventSubject
  readonly type: EventType
  readonly reason: string
  readonly message: string
}

/** Come back to this key after so many milliseconds, whatever happens before. */
export interface RequeueAction {
  readonly do: 'requeueAfter'
  readonly delayMs: number
  /** Default: a deadline. */
  readonly kind?: TimerKind
}

/** End here and come back to this key after its back-off. */
export interface RetryAction {
  readonly do: 'retry'
  readonly error: Error
}

/**
 * Writes side by side. `slowStart` sends 1, then 2, 4, … and leaves the rest out once one of a group fails, so that a
 * server that refuses is not asked a thousand times. `then` gets the outcomes of what was sent, in order.
 * Source: kubernetes pkg/controller/replicaset, slowStartBatch (v1.36)
 */
export interface BatchAction {
  readonly do: 'batch'
  readonly actions: readonly WriteAction[]
  readonly slowStart: boolean
  readonly then?: (outcomes: readonly Outcome[]) => readonly Action[]
}

/** Something that takes its time without asking the API, such as a signature; what it comes to decides what follows. */
export interface WorkAction {
  readonly do: 'work'
  readonly work: () => Promise<readonly Action[]>
}

export type WriteAction = CreateAction | UpdateAction | PatchAction | DeleteAction
export type Action = WriteAction | EventAction | RequeueAction | RetryAction | BatchAction | WorkAction

export function create<O extends Frozen<KubeObject>>(
  resource: ResourceName,
  object: O,
  then?: Continuation,
): CreateAction {
  return { do: 'create', resource, object, ...(then === undefined ? {} : { then }) }
}

export function update<O extends Frozen<KubeObject>>(
  resource: ResourceName,
  object: O,
  then?: Continuation,
): UpdateAction {
  return { do: 'update', resource, object, ...(then === undefined ? {} : { then }) }
}

/** An update of the status subresource; left out by the runner when the status is what the lister has already. */
export function updateStatus<O extends Frozen<KubeObject>>(
  resource: ResourceName,
  object: O,
  then?: Continuation,
): UpdateAction {
  return { do: 'update', resource, object, subresource: 'status', ...(then === undefined ? {} : { then }) }
}

export function patch(
  resource: ResourceName,
  object: Frozen<KubeObject>,
  type: PatchType,
  body: unknown,
  more: Pick<PatchAction, 'subresource' | 'applyAs' | 'then'> = {},
): PatchAction {
  const { namespace, name = '' } = object.metadata ?? {}
  return { do: 'patch', resource, namespace, name, type, patch: body, ...more }
}

/** A delete with the object's uid as a precondition. */
export function remove(
  resource: ResourceName,
  object: Frozen<KubeObject>,
  more: Pick<DeleteAction, 'options' | 'then'> = {},
): DeleteAction {
  return { do: 'delete', resource, object, ...more }
}

export function event(subject: EventSubject, type: EventType, reason: string, message: string): EventAction {
  return { do: 'event', subject, type, reason, message }
}

export function requeueAfter(delayMs: number, kind?: TimerKind): RequeueAction {
  return { do: 'requeueAfter', delayMs, ...(kind === undefined ? {} : { kind }) }
}

export function retry(error: Error): RetryAction {
  return { do: 'retry', error }
}

/** What somebody else did to the object meanwhile brings its key again; other errors are tried again. */
export const unlessOvertaken: Continuation = ({ error }) =>
  error === undefined || isNotFound(error) || isConflict(error) ? [] : [retry(error)]

export function batch(
  actions: readonly WriteAction[],
  more: Partial<Pick<BatchAction, 'slowStart' | 'then'>> = {},
): BatchAction {
  return { do: 'batch', actions, slowStart: false, ...more }
}
