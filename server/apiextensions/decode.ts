// A custom resource as it is held: what is no part of its schema is gone, its members are sorted, its metadata is typed.
// Source: apiextensions-apiserver/pkg/apiserver, schemaCoercingDecoder; pkg/apiserver/schema/objectmeta (v1.36)
import { DecodeError, type Decoded } from '../../openapi/decode.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { FieldPath } from '../apimachinery/field.ts'
import { coerceEmbedded, decodeMetadata } from '../schema/embedded.ts'
import { pruneResource } from '../schema/prune.ts'
import type { Structural } from '../schema/structural.ts'

/** @param schema undefined where a version has none: then only what every object has stays */
export function decoderOf(schema: Structural | undefined): (value: unknown) => Decoded {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new DecodeError('json: cannot unmarshal into Go value of type map[string]interface {}')
    }
    const unknownFields: string[] = []
    const object = { ...pruneResource(value as AnyObject, schema, unknownFields) } as AnyObject
    const { metadata } = value as AnyObject
    const decoded = decodeMetadata(metadata)
    unknownFields.push(...decoded.unknownFields.map((path) => `metadata.${path}`))
    object.metadata = decoded.object
    const bad = coerceEmbedded(object, schema, new FieldPath(''), unknownFields)
    if (bad !== undefined) throw new DecodeError(`${bad.field}: ${bad.message}`)
    return { object, unknownFields }
  }
}
