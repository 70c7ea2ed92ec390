// What follows from the type of a service and from where its traffic may come.
// Source: pkg/api/service, ExternallyAccessible, NeedsHealthCheck; pkg/registry/core/service, needsNodePort (v1.36)
import type { ServiceSpec } from '../../../api/core.ts'
import type { Frozen } from '../../../apimachinery/types.ts'

type Spec = Frozen<ServiceSpec>

export const trafficPolicies = ['Cluster', 'Local']

export function isHeadless({ clusterIPs }: Spec): boolean {
  return clusterIPs?.length === 1 && clusterIPs[0] === 'None'
}

export function needsClusterIP({ type }: Spec): boolean {
  return type !== 'ExternalName'
}

export function needsNodePort({ type }: Spec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer'
}

export function needsHealthCheck({ type, externalTrafficPolicy }: Spec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
}

export function isExternallyAccessible(spec: Spec): boolean {
  return needsNodePort(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0)
}
