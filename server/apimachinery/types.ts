// The shapes every API object shares, as they are on the wire (JSON), and the user who asks.
// Source: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1, types (v1.36)

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface ManagedFieldsEntry {
  manager?: string
  operation?: 'Apply' | 'Update'
  apiVersion?: string
  time?: string
  fieldsType?: string
  fieldsV1?: Record<string, unknown>
  subresource?: string
}

/** `creationTimestamp` and `deletionTimestamp` are RFC 3339 in whole seconds, UTC. */
export interface ObjectMeta {
  name?: string
  generateName?: string
  namespace?: string
  selfLink?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: ManagedFieldsEntry[]
}

/** Any API object. Concrete kinds (`api/`) are structural subtypes of it. */
export interface KubeObject {
  apiVersion?: string
  kind?: string
  metadata?: ObjectMeta
}

/** A KubeObject whose other members are reached by name: what generic code (registry, patches, printing) handles. */
export interface AnyObject extends KubeObject {
  [member: string]: unknown
}

/** What a server answers for an object: name, uid and times are there. */
export type Stored<T extends KubeObject> = T & {
  metadata: ObjectMeta & { name: string; uid: string; resourceVersion: string; creationTimestamp: string }
}

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

/** metav1.Status, the answer to everything that is not an object. `code` is the HTTP status. */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number }
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  /** Absent: 200. */
  code?: number
}

/** Who asks. Source: apiserver/pkg/authentication/user.Info */
export interface UserInfo {
  name: string
  uid?: string
  groups: readonly string[]
  extra?: Readonly<Record<string, readonly string[]>>
}

export interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}

type Hyphenated<S extends string> = S extends `${infer Head}_${infer Rest}` ? `${Head}-${Hyphenated<Rest>}` : S

/** client-node renames members that are reserved words or no identifiers (`_continue`, `ref` of JSONSchemaProps, …). */
type WireName<T, K> = K extends `_${infer Name}`
  ? Name
  : K extends `x_kubernetes_${infer Rest}`
    ? `x-kubernetes-${Hyphenated<Rest>}`
    : K extends 'ref' | 'schema'
      ? 'x_kubernetes_list_type' extends keyof T
        ? `$${K}`
        : K
      : K

/**
 * The wire form of a type from client-node: its Dates are strings, as in JSON, its members have the names of the wire,
 * `any` is unknown, and its V1ObjectMeta is the ObjectMeta above.
 */
export type Wire<T> = 0 extends 1 & T
  ? unknown
  : T extends Date
    ? string
    : T extends (infer E)[]
      ? Wire<E>[]
      : T extends object
        ? string extends keyof T
          ? { [K in keyof T]: Wire<T[K]> }
          : 'managedFields' extends keyof T
            ? ObjectMeta
            : { [K in keyof T as WireName<T, K>]: Wire<T[K]> }
        : T

/** A frozen object, all the way down: what caches hand out. */
export type Frozen<T> = T extends (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T
