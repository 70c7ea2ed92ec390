// The way controllers, scheduler and kubelet reach the API: the same verbs a remote client has, below the wire.
// The in-process implementation calls endpoints/ with a user; admission, validation and watch are never by-passed.
import type { AnyObject, Frozen, KubeObject, Stored } from '../apimachinery/types.ts'

/** A resource by its plural name and group: `pods`, `deployments.apps`. */
export type ResourceName = string

export interface ListOptions {
  /** Absent: all namespaces, or a cluster-scoped resource. */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
}

export interface WriteOptions {
  /** `status`, `scale`, `binding`, `eviction`, `finalize`, … */
  subresource?: string
  fieldManager?: string
  /** Of an apply: takes over the fields of other managers. */
  force?: boolean
}

export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  preconditions?: { uid?: string; resourceVersion?: string }
}

export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml'

export interface WatchEvent<T extends KubeObject = AnyObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: Frozen<Stored<T>>
  /** What was there before a MODIFIED or DELETED, where the implementation knows it (in-process does). */
  readonly old?: Frozen<Stored<T>>
}

export interface WatchHandle {
  close(): void
}

/** Objects handed out are frozen and shared: copy what you change. All methods reject with StatusError. */
export interface Client {
  /** Of the subresources, `scale` can be read. */
  get<T extends KubeObject>(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    options?: { subresource?: 'scale' },
  ): Promise<Frozen<Stored<T>>>
  list<T extends KubeObject>(
    resource: ResourceName,
    options?: ListOptions,
  ): Promise<{ items: readonly Frozen<Stored<T>>[]; resourceVersion: string }>
  /** The current state as ADDED events, then changes; `onEvents` gets runs of events. `onClose` once, if it ends by itself. */
  watch<T extends KubeObject>(
    resource: ResourceName,
    options: ListOptions & { resourceVersion?: string },
    onEvents: (events: readonly WatchEvent<T>[]) => void,
    onClose: (error?: Error) => void,
  ): Promise<WatchHandle>
  /** Namespace and name are read from metadata. With `subresource`, `metadata.name` names the parent. */
  create<T extends KubeObject>(resource: ResourceName, object: T, options?: WriteOptions): Promise<Frozen<Stored<T>>>
  update<T extends KubeObject>(resource: ResourceName, object: T, options?: WriteOptions): Promise<Frozen<Stored<T>>>
  patch<T extends KubeObject>(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions,
  ): Promise<Frozen<Stored<T>>>
  delete(resource: ResourceName, namespace: string | undefined, name: string, options?: DeleteOptions): Promise<void>
  /** Every listable resource the server serves, built-in and custom, preferred versions only; changes with discovery. */
  resources(): Promise<
    readonly {
      group: string
      version: string
      resource: ResourceName
      kind: string
      namespaced: boolean
      verbs: readonly string[]
    }[]
  >
}
