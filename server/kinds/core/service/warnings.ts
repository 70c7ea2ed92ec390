// Warnings about services.
// Source: pkg/api/service, GetWarningsForService (v1.36)
import type { Service } from '../../../api/core.ts'
import { field } from '../../../apimachinery/field.ts'
import { warningsForCIDR, warningsForIP } from '../../../apimachinery/ip.ts'

const topologyHints = 'service.kubernetes.io/topology-aware-hints'
const topologyMode = 'service.kubernetes.io/topology-mode'

export function warnings({ metadata, spec = {} }: Service): string[] {
  const { type, clusterIP = '', clusterIPs = [], externalIPs = [], loadBalancerIP = '', externalName = '' } = spec
  const path = field('spec')
  const isHeadless = type === 'ClusterIP' && clusterIP === 'None'
  const result: string[] = []
  if (metadata?.annotations?.[topologyHints] !== undefined) {
    result.push(`annotation ${topologyHints} is deprecated, please use ${topologyMode} instead`)
  }
  if (clusterIP !== '' && clusterIP !== 'None') {
    result.push(...clusterIPs.flatMap((ip, at) => warningsForIP(path.child('clusterIPs').index(at), ip)))
  }
  if (isHeadless) {
    if (loadBalancerIP !== '') result.push('spec.loadBalancerIP is ignored for headless services')
    if (externalIPs.length > 0) result.push('spec.externalIPs is ignored for headless services')
    if (spec.sessionAffinity !== 'None') result.push('spec.SessionAffinity is ignored for headless services')
  }
  result.push(...externalIPs.flatMap((ip, at) => warningsForIP(path.child('externalIPs').index(at), ip)))
  if (externalIPs.length > 0 && !isHeadless && type !== 'ExternalName') {
    result.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  }
  if (loadBalancerIP !== '') result.push(...warningsForIP(path.child('loadBalancerIP'), loadBalancerIP))
  for (const [at, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    result.push(...warningsForCIDR(path.child('loadBalancerSourceRanges').index(at), range))
  }
  if (type === 'ExternalName' && externalIPs.length > 0)
    result.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  if (type !== 'ExternalName' && externalName !== '') {
    result.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  }
  if (spec.trafficDistribution === 'PreferClose') {
    result.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  }
  return result
}

/** Of the addresses of a load balancer. */
export function statusWarnings({ status }: Service): string[] {
  const path = field('status', 'loadBalancer', 'ingress')
  const ingresses = status?.loadBalancer?.ingress ?? []
  return ingresses.flatMap(({ ip = '' }, at) => (ip === '' ? [] : warningsForIP(path.index(at), ip)))
}
