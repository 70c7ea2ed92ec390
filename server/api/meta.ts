// Types of meta.k8s.io that apimachinery/types.ts does not hold, as on the wire.
import type {
  V1APIGroup,
  V1APIResource,
  V1APIVersions,
  V1Condition,
  V1DeleteOptions,
  V1FieldSelectorRequirement,
  V1GroupVersionForDiscovery,
  V1LabelSelectorRequirement,
  V1ListMeta,
  V1Preconditions,
  V1ServerAddressByClientCIDR,
  V1ShardInfo,
} from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type APIGroup = Wire<V1APIGroup>
export type APIResource = Wire<V1APIResource>
export type APIVersions = Wire<V1APIVersions>
export type Condition = Wire<V1Condition>
export type DeleteOptions = Wire<V1DeleteOptions>
export type FieldSelectorRequirement = Wire<V1FieldSelectorRequirement>
export type GroupVersionForDiscovery = Wire<V1GroupVersionForDiscovery>
export type LabelSelectorRequirement = Wire<V1LabelSelectorRequirement>
export type ListMeta = Wire<V1ListMeta>
export type Preconditions = Wire<V1Preconditions>
export type ServerAddressByClientCIDR = Wire<V1ServerAddressByClientCIDR>
export type ShardInfo = Wire<V1ShardInfo>
