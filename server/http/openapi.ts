// OpenAPI on the wire: which document, and which form of it, a client is answered with.
// Source: kube-openapi/pkg/handler, handler3 (v1.36)
import type { OpenAPI } from '../../openapi/documents/index.ts'
import { newNotAcceptable } from '../apimachinery/errors.ts'
import { jsonType, preferredType } from './codec/negotiate.ts'
import type { OpenAPIDocuments } from './documents.ts'

/** As asked for: the first by newer clients, the second by older ones; answered is the second. */
const protobufTypes = [
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
]

const notAcceptable = () => newNotAcceptable('406: Not Acceptable')

export function openAPIDocuments(openapi: OpenAPI): OpenAPIDocuments {
  return {
    v3(path, accept) {
      // Served as text by the real server too.
      if (path === '')
        return { contentType: 'text/plain; charset=utf-8', bytes: Buffer.from(JSON.stringify(openapi.index())) }
      const document = openapi.v3(path)
      if (document === undefined) return undefined
      if (preferredType(accept, [jsonType]) === undefined) throw notAcceptable()
      return { contentType: jsonType, ...document, vary: ['Accept'] }
    },
    v2(accept) {
      const type = preferredType(accept, [jsonType, ...protobufTypes])
      if (type === undefined) throw notAcceptable()
      const isJSON = type === jsonType
      return {
        contentType: isJSON ? jsonType : protobufTypes[0]!,
        ...openapi.v2(isJSON ? 'json' : 'protobuf'),
        vary: ['Accept-Encoding', 'Accept'],
      }
    },
  }
}
