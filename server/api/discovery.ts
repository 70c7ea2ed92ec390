// Types of the group discovery.k8s.io, as on the wire.
import type {
  DiscoveryV1EndpointPort,
  V1Endpoint,
  V1EndpointConditions,
  V1EndpointHints,
  V1EndpointSlice,
  V1ForNode,
  V1ForZone,
} from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type Endpoint = Wire<V1Endpoint>
export type EndpointConditions = Wire<V1EndpointConditions>
export type EndpointHints = Wire<V1EndpointHints>
export type EndpointPort = Wire<DiscoveryV1EndpointPort>
export type EndpointSlice = Wire<V1EndpointSlice>
export type ForNode = Wire<V1ForNode>
export type ForZone = Wire<V1ForZone>
