// The contract of an admission plugin: it may change an object (admit) or refuse it (validate), never store one.
// Source: staging/src/k8s.io/apiserver/pkg/admission, interfaces (v1.36)
import type { AnyObject, Frozen, UserInfo } from '../apimachinery/types.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

export interface Attributes {
  readonly operation: Operation
  readonly group: string
  readonly version: string
  /** Plural; the subresource apart. */
  readonly resource: string
  readonly subresource: string
  readonly kind: string
  /** Empty for cluster-scoped resources. */
  readonly namespace: string
  readonly name: string
  /** Mutable in `admit`, not to be touched in `validate`; absent for a DELETE. */
  readonly object: AnyObject | undefined
  readonly oldObject: Frozen<AnyObject> | undefined
  readonly user: UserInfo
  readonly dryRun: boolean
  /** Adds a sentence to the response's Warning headers. */
  warn(text: string): void
  /** Fills in what an object of the request's kind has by default: for plugins that add parts. */
  setDefaults?(object: AnyObject): void
}

/** Reads that plugins may make: committed state, from memory. */
export interface AdmissionReader {
  /** `resource` as in `pods` or `deployments.apps`. */
  get(resource: string, namespace: string | undefined, name: string): Frozen<AnyObject> | undefined
  list(resource: string, namespace?: string): readonly Frozen<AnyObject>[]
}

export interface AdmissionPlugin {
  /** The real plugin's name, as --disable-admission-plugins takes it. */
  readonly name: string
  /** @throws StatusError to refuse */
  admit?(attributes: Attributes, reader: AdmissionReader): void | Promise<void>
  /** @throws StatusError to refuse */
  validate?(attributes: Attributes, reader: AdmissionReader): void | Promise<void>
}
