// A custom resource as it is held: what is no part of its schema is gone, its members are sorted, its metadata is typed.
// Source: apiextensions-apiserver/pkg/apiserver, schemaCoercingDecoder; pkg/apiserver/schema/objectmeta (v1.36)
import { decodeObject, DecodeError, type Decoded } from '../../openapi/decode.ts'
import { typeByName } from '../../openapi/index.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { pruneResource } from './prune.ts'
import type { Structural } from './structural.ts'

const metaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** @param schema undefined where a version has none: then only what every object has stays */
export function decoderOf(schema: Structural | undefined): (value: unknown) => Decoded {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new DecodeError('json: cannot unmarshal into Go value of type map[string]interface {}')
    }
    const unknownFields: string[] = []
    const object = { ...pruneResource(value as AnyObject, schema, unknownFields) } as AnyObject
    const { metadata } = value as AnyObject
    const decoded = decodeObject(typeByName(metaName) as StructSchema, metadata ?? {})
    unknownFields.push(...decoded.unknownFields.map((path) => `metadata.${path}`))
    object.metadata = decoded.object as NonNullable<AnyObject['metadata']>
    return { object, unknownFields }
  }
}
