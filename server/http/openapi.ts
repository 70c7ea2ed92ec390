// OpenAPI on the wire: which document, and which form of it, a client is answered with.
// Source: kube-openapi/pkg/handler, handler3 (v1.36)
import type { OpenAPI } from '../../openapi/documents/index.ts'
import { jsonType, preferredType } from './codec/negotiate.ts'
import type { Document, OpenAPIDocuments } from './documents.ts'

/** As asked for: the first by newer clients, the second by older ones; answered is the second. */
const protobufTypes = [
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
]

/** 406, without a word. */
const refusal = (vary: string[]): Document => ({ contentType: '', bytes: Buffer.alloc(0), isRefused: true, vary })

export function openAPIDocuments(load: () => Promise<OpenAPI>): OpenAPIDocuments {
  return {
    async v3(path, accept) {
      const openapi = await load()
      // Served as text by the real server too.
      if (path === '')
        return { contentType: 'text/plain; charset=utf-8', bytes: Buffer.from(JSON.stringify(openapi.index())) }
      const document = openapi.v3(path)
      if (document === undefined) return undefined
      const vary = ['Accept']
      if (preferredType(accept, [jsonType]) === undefined) return refusal(vary)
      const address = `/openapi/v3/${path}?hash=${document.etag.slice(1, -1)}`
      return { contentType: jsonType, ...document, vary, address }
    },
    async v2(accept) {
      const type = preferredType(accept, [jsonType, ...protobufTypes])
      const vary = ['Accept-Encoding', 'Accept']
      if (type === undefined) return refusal(vary)
      const isJSON = type === jsonType
      return {
        contentType: isJSON ? jsonType : protobufTypes[0]!,
        ...(await load()).v2(isJSON ? 'json' : 'protobuf'),
        vary,
      }
    },
  }
}
