// What every endpoint works with: the served resources, admission, the clock; and what a request hands down to it.
import type { AdmissionChain } from '../admission/chain.ts'
import type { AdmissionReader, Attributes, Operation } from '../admission/plugin.ts'
import type { Clock } from '../apimachinery/clock.ts'
import { newMethodNotSupported } from '../apimachinery/errors.ts'
import type { AnyObject, Frozen, Status, UserInfo } from '../apimachinery/types.ts'
import type { Resource, Resources } from '../registry/resources.ts'
import type { ResourceStore } from '../registry/store.ts'
import type { WriteContext } from '../registry/writes.ts'
import type { Entry } from '../storage/store.ts'
import { setDefaults } from './decode.ts'

export interface Api {
  readonly resources: Resources
  readonly admission: AdmissionChain
  readonly reader: AdmissionReader
  readonly clock: Clock
  /** For what clients wait for, which the cluster's clock does not stop. Default: the cluster's clock. */
  readonly realTime?: Clock
}

/** A request for a resource, after routing and authorization. */
export interface Scope {
  readonly resource: Resource
  readonly subresource: string
  /** Empty for cluster-scoped resources and for all namespaces. */
  readonly namespace: string
  /** Empty for collections. */
  readonly name: string
  readonly user: UserInfo
  /** Query parameters, as sent. */
  readonly query: URLSearchParams
  /** The manager that writes without a fieldManager are tracked under: the first part of the User-Agent. */
  readonly userAgent: string
  /** Adds a sentence to the Warning headers. */
  warn(text: string): void
  /**
   * Called when a PUT or an apply is about to create: the user must be allowed that too. Absent: nobody asks.
   * @throws StatusError 403
   */
  authorizeCreate?(): void
}

/** What an endpoint answers, but for a watch, which has a form of its own; http/ makes bytes of it. */
export type Answer =
  /** A stored object. */
  | { readonly type: 'entry'; readonly code: number; readonly resource: Resource; readonly entry: Entry }
  /** A computed object (scale, reviews). */
  | { readonly type: 'object'; readonly code: number; readonly object: Frozen<AnyObject> }
  | { readonly type: 'status'; readonly status: Status }
  | ListAnswer
  /** 204: logs of a pod without a node. */
  | { readonly type: 'empty' }
  /** Plain text (logs). */
  | { readonly type: 'text'; readonly text: string }

export interface ListAnswer {
  readonly type: 'list'
  readonly resource: Resource
  readonly entries: readonly Entry[]
  readonly metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number }
}

/** An event as a watcher sees it. ERROR carries a Status, BOOKMARK an object with nothing but a resourceVersion. */
export type StreamEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly entry: Entry; readonly prev?: Entry | undefined }
  | { readonly type: 'BOOKMARK'; readonly revision: number; readonly initialEventsEnd: boolean }
  | { readonly type: 'ERROR'; readonly status: Status }

export interface WatchAnswer {
  readonly type: 'watch'
  readonly resource: Resource
  /**
   * Starts the flow of events. `onEnd` comes once, after the last event.
   * @param room old events wait for it, see WatchHandlers
   */
  start(
    onEvents: (events: readonly StreamEvent[]) => void,
    onEnd: () => void,
    room?: () => Promise<void> | undefined,
  ): WatchControl
}

export interface WatchControl {
  stop(): void
}

export function writeContext(api: Api, scope: Scope, dryRun: boolean): WriteContext {
  return {
    user: scope.user,
    now: api.clock.now(),
    namespace: scope.resource.facts.namespaced ? scope.namespace : '',
    dryRun,
    groupResource: { group: scope.resource.facts.group, resource: scope.resource.facts.resource },
    version: scope.resource.facts.version,
    warn: scope.warn,
  }
}

/** Where a resource's objects are kept. @throws StatusError 405 for kinds that are only ever computed */
export function storeOf({ store, facts }: Resource, action: string): ResourceStore {
  if (store === undefined) throw newMethodNotSupported({ group: facts.group, resource: facts.resource }, action)
  return store
}

/** What admission is told of a write. */
export function admissionAttributes(
  scope: Scope,
  operation: Operation,
  object: AnyObject | undefined,
  oldObject: Frozen<AnyObject> | undefined,
  dryRun: boolean,
): Attributes {
  const { facts } = scope.resource
  return {
    operation,
    group: facts.group,
    version: facts.version,
    resource: facts.resource,
    subresource: scope.subresource,
    kind: facts.kind,
    namespace: facts.namespaced || facts.resource === 'namespaces' ? scope.namespace : '',
    name: scope.name !== '' ? scope.name : (object?.metadata?.name ?? ''),
    object,
    oldObject,
    user: scope.user,
    dryRun,
    warn: scope.warn,
    setDefaults: (one) => setDefaults(scope.resource, one),
  }
}
