// What a write to a store asks, hands down and answers.
import type { GroupResource } from '../apimachinery/errors.ts'
import type { AnyObject, Frozen, UserInfo } from '../apimachinery/types.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import type { Entry } from '../storage/store.ts'
import type { Propagation } from './deletion.ts'
import type { KindDefinition } from './kind.ts'

/** What one store holds. */
export interface Subject {
  readonly kind: KindDefinition
  readonly schema: StructSchema
  readonly groupResource: GroupResource
}

/** What a write carries with it, beyond the object. */
export interface WriteContext {
  readonly user: UserInfo
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly namespace: string
  readonly dryRun: boolean
  /** As the request names them: several groups may share a store. Default: the store's own. */
  readonly groupResource?: GroupResource
  /** In which the request speaks of the object. Default: the one that is stored. */
  readonly version?: string
  warn(text: string): void
}

/** Runs between validation and the write; a promise delays the write, which is then decided again if the object moved. */
export type Check = (object: AnyObject, old: Frozen<AnyObject> | undefined) => void | Promise<void>

/** Makes the next state from the current one. It may return the draft as a promise (webhooks). */
export type Transform = (current: Entry | undefined) => AnyObject | Promise<AnyObject>

export interface UpdateOptions {
  /** `status` writes only the status, '' everything else, any other name the whole object. */
  readonly subresource: string
  readonly check?: Check
  /** A name that is not there is created, where the kind allows it. */
  readonly createIfMissing?: boolean
  /** A name that is not there is created, whatever the kind: server-side apply. */
  readonly forceCreate?: boolean
  /** The object must still have these, or the update conflicts. */
  readonly preconditions?: Preconditions
}

export interface Preconditions {
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
}

export interface DeleteRequest {
  readonly gracePeriodSeconds?: number | undefined
  readonly propagation?: Propagation | undefined
  readonly preconditions?: Preconditions | undefined
  readonly check?: Check
}

export interface Written {
  readonly entry: Entry
  readonly created: boolean
}

export interface Deleted {
  readonly entry: Entry
  /** False while finalizers or a grace period keep the object. */
  readonly gone: boolean
}

/** Claims cluster-wide resources for objects (cluster IPs, node ports). */
export interface Allocator {
  /**
   * Before anything else is made of the object: puts back what an update leaves out, fills in what is missing and takes
   * it. @throws StatusError if it is taken
   */
  begin(draft: AnyObject, old: Frozen<AnyObject> | undefined, dryRun: boolean): Reservation
  /** The object is gone. */
  release(object: Frozen<AnyObject>): Promise<void>
}

/** What one write has taken: it ends in `commit` or `revert`. */
export interface Reservation {
  /** Tells others of it, and of what the object no longer holds: once it is valid, and before it is written. */
  persist?(): Promise<void>
  /** The object is written. */
  commit(): void | Promise<void>
  revert(): void | Promise<void>
}
