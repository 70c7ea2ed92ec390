// The versions of a type that owners may speak of, each with its shape and with what a write in it cannot change.
import type { StructSchema } from '../../../openapi/schema.ts'
import type { FieldFilter } from './filter.ts'

/** One version, as one of its subresources is written. */
export interface VersionedType {
  /** `apps/v1` */
  readonly apiVersion: string
  readonly schema: StructSchema
  /** Leaves out of a set what the write resets; undefined: nothing. */
  readonly filter: FieldFilter | undefined
}

/** The version a request speaks of, and the way to others. */
export interface ManagedType extends VersionedType {
  /** Undefined for a version nobody serves any more. */
  other(apiVersion: string): OtherVersion | undefined
}

export interface OtherVersion extends VersionedType {
  /** An object of the request's version in this one. */
  fromRequested(object: object): object
  toRequested(object: object): object
}
