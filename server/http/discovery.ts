// Discovery on the wire: which form of which document a client is answered with.
// Source: apiserver/pkg/endpoints/discovery/aggregated, wrapper.go, etag.go (v1.36)
import type { Discovery } from '../endpoints/discovery.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { encodeJSON } from './codec/json.ts'
import {
  jsonType,
  negotiateResponse,
  plainForms,
  tryNegotiate,
  yamlType,
  type Allows,
  type MediaType,
} from './codec/negotiate.ts'
import { encodeProtobuf } from './codec/protobuf.ts'
import { encodeYAML } from './codec/yaml.ts'
import type { DiscoveryDocuments, Document } from './documents.ts'

const aggregatedForm = { as: 'APIGroupDiscoveryList', group: 'apidiscovery.k8s.io', version: 'v2' }

const aggregatedForms: Allows = (_mediaType, transform, serverVersion) =>
  serverVersion === '' &&
  transform?.as === aggregatedForm.as &&
  transform.group === aggregatedForm.group &&
  transform.version === aggregatedForm.version

export function discoveryDocuments(discovery: Discovery): DiscoveryDocuments {
  return {
    find(segments, accept): Document | 'unknown-version' | undefined {
      const answer = discovery.find(segments)
      if (answer === undefined || answer === 'unknown-version') return answer
      // The list of paths is made for people: indented JSON, whatever they ask for.
      if (segments.length === 0) return { contentType: jsonType, bytes: encodeJSON(answer.object, true) }
      const { aggregated } = answer
      const negotiated =
        aggregated === undefined || accept === undefined ? undefined : tryNegotiate(accept, aggregatedForms)
      if (aggregated !== undefined && negotiated?.transform !== undefined) {
        const { as, group, version } = aggregatedForm
        return {
          contentType: `${negotiated.mediaType};g=${group};v=${version};as=${as}`,
          bytes: encode(aggregated.object, negotiated.mediaType),
          etag: aggregated.etag,
          vary: ['Accept'],
          cacheControl: 'public',
        }
      }
      const { mediaType } = negotiateResponse(accept, plainForms)
      return { contentType: mediaType, bytes: encode(answer.object, mediaType) }
    },
  }
}

function encode(object: object, mediaType: MediaType): Buffer {
  if (mediaType === jsonType) return encodeJSON(object)
  return mediaType === yamlType ? Buffer.from(encodeYAML(object)) : encodeProtobuf(object as AnyObject)
}
