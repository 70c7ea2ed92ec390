// Defaults of services, and what a change of type takes along.
// Source: pkg/apis/core/v1, SetDefaults_Service; pkg/registry/core/service, dropTypeDependentFields;
// pkg/registry/core/service/storage, defaultOnReadInternalTrafficPolicy (v1.36)
import type { Service, ServiceSpec } from '../../../api/core.ts'
import { deepEqual } from '../../../apimachinery/equality.ts'
import { isExternallyAccessible, needsClusterIP, needsHealthCheck, needsNodePort, trafficPolicies } from './types.ts'

const affinityTimeoutSeconds = 10800

export function defaults(draft: Service): void {
  const spec = (draft.spec ??= {})
  spec.sessionAffinity ||= 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinityTimeoutSeconds } }
  }
  spec.type ||= 'ClusterIP'
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP'
    port.targetPort ||= port.port
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster'
  if (spec.type === 'ClusterIP' || needsNodePort(spec)) spec.internalTrafficPolicy ??= 'Cluster'
  if (spec.type !== 'LoadBalancer') return
  spec.allocateLoadBalancerNodePorts ??= true
  for (const ingress of draft.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP'
}

export function prepareForCreate(draft: Service): void {
  hideInternalTrafficPolicy(draft)
}

/** An external name shows no internal traffic policy, but who sent or had one owns the field, and a wrong one is refused. */
function hideInternalTrafficPolicy({ spec }: Service): void {
  if (spec?.type !== 'ExternalName' || spec.internalTrafficPolicy === undefined) return
  if (trafficPolicies.includes(spec.internalTrafficPolicy)) delete spec.internalTrafficPolicy
}

export function prepareForUpdate(draft: Service, old: Service): void {
  const spec = (draft.spec ??= {})
  const oldSpec = old.spec ?? {}
  dropTypeDependentFields(spec, oldSpec)
  hideInternalTrafficPolicy(draft)
  if (spec.type !== 'LoadBalancer' && draft.status !== undefined) draft.status.loadBalancer = {}
}

/** What the new type has no use for goes, unless the client changed it too: then validation tells. */
function dropTypeDependentFields(spec: ServiceSpec, old: ServiceSpec): void {
  const dropIfSame = (...names: (keyof ServiceSpec)[]): void => {
    if (names.every((name) => deepEqual(spec[name], old[name]))) for (const name of names) delete spec[name]
  }
  if (needsClusterIP(old) && !needsClusterIP(spec)) {
    dropIfSame('clusterIP', 'clusterIPs')
    dropIfSame('ipFamilies')
    dropIfSame('ipFamilyPolicy')
  }
  if (needsNodePort(old) && !needsNodePort(spec)) {
    const oldPorts = (old.ports ?? []).map(({ nodePort = 0 }) => nodePort)
    const isSame = (spec.ports ?? []).every(({ nodePort = 0 }) => nodePort === 0 || oldPorts.includes(nodePort))
    if (isSame) for (const port of spec.ports ?? []) delete port.nodePort
  }
  if (needsHealthCheck(old) && !needsHealthCheck(spec)) dropIfSame('healthCheckNodePort')
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    dropIfSame('allocateLoadBalancerNodePorts')
    dropIfSame('loadBalancerClass')
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec)) dropIfSame('externalTrafficPolicy')
}
