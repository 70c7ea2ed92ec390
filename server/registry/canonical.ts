// The form in which objects are stored and served.
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import { decodeAgainst } from '../../openapi/decode.ts'
import type { StructSchema } from '../../openapi/schema.ts'

/**
 * A copy in the server's own order, without what Go would not print: what is stored and served. The object itself and its
 * metadata may be changed; the rest is shared with `old`, the version before, as far as it is equal.
 */
export function canonicalObject(schema: StructSchema, draft: AnyObject, old?: Frozen<AnyObject>): AnyObject {
  const { managedFields, ...metadata } = draft.metadata ?? {}
  const decoded = decodeAgainst(schema, { ...draft, metadata }, old)
  const object = { ...decoded, metadata: { ...decoded.metadata } }
  // Field sets are immutable and canonical: versions share them.
  if (managedFields !== undefined) object.metadata.managedFields = managedFields
  return object
}
