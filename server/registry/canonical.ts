// The form in which objects are stored and served.
import type { AnyObject } from '../apimachinery/types.ts'
import { decodeObject } from '../../openapi/decode.ts'
import type { StructSchema } from '../../openapi/schema.ts'

/** A copy in the server's own order, without what Go would not print: what is stored and served. */
export function canonicalObject(schema: StructSchema, draft: AnyObject): AnyObject {
  const { metadata } = draft
  const managedFields = metadata?.managedFields
  if (managedFields === undefined) return decodeObject(schema, draft).object
  // Field sets are immutable and canonical: versions share them.
  const { object } = decodeObject(schema, { ...draft, metadata: { ...metadata, managedFields: undefined } })
  object.metadata!.managedFields = managedFields
  return object
}
