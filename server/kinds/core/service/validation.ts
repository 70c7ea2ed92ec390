// Validation of services.
// Source: pkg/apis/core/validation, validateService, ValidateServiceUpdate, ValidateLoadBalancerStatus (v1.36)
import type { Service, ServicePort, ServiceSpec } from '../../../api/core.ts'
import type { FieldError, FieldPath } from '../../../apimachinery/field.ts'
import { duplicate, field, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts'
import { isDNS1123Subdomain, isValidPortNum } from '../../../apimachinery/formats.ts'
import { isValidCIDRForLegacyField, isValidIPForLegacyField, parseIP } from '../../../apimachinery/ip.ts'
import { validateLabels } from '../../../apimachinery/validation.ts'
import { internalValue } from '../../internal-form/index.ts'
import {
  invalids,
  validateDNS1123Label,
  validateDNS1123Subdomain,
  validateQualifiedName,
} from '../../metadata/field-formats.ts'
import { validateProtocol } from '../../pod-template/containers.ts'
import { validatePortNumOrName } from '../../pod-template/handlers.ts'
import { validateEndpointIP } from '../endpoints.ts'
import { validateClusterIPChange, validateClusterIPs, validateFamilyChange } from './cluster-ips.ts'
import { isExternallyAccessible, isHeadless, needsHealthCheck, trafficPolicies } from './types.ts'

const specPath = field('spec')

export function validate(service: Service): FieldError[] {
  return validateService(service, undefined)
}

export function validateUpdate(service: Service, old: Service): FieldError[] {
  const spec = service.spec ?? {}
  const oldSpec = old.spec ?? {}
  const healthPath = specPath.child('healthCheckNodePort')
  return [
    ...validateClusterIPChange(spec, oldSpec),
    ...validateFamilyChange(spec, oldSpec),
    ...validateLoadBalancerClass(spec, oldSpec),
    ...(needsHealthCheck(oldSpec) && needsHealthCheck(spec) && spec.healthCheckNodePort !== oldSpec.healthCheckNodePort
      ? [forbidden(healthPath, 'field is immutable')]
      : []),
    ...validateService(service, old),
  ]
}

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const topologyModeAnnotation = 'service.kubernetes.io/topology-mode'
const topologyHintsAnnotation = 'service.kubernetes.io/topology-aware-hints'

function validateService(service: Service, old: Service | undefined): FieldError[] {
  const spec = service.spec ?? {}
  const { type = '', externalIPs = [], ports = [] } = spec
  const errors = validateTopologyAnnotations(service)
  const portsPath = specPath.child('ports')
  if (ports.length === 0 && !isHeadless(spec) && type !== 'ExternalName') errors.push(required(portsPath))
  errors.push(...validateByType(spec))
  const names = new Set<string>()
  for (const [at, port] of ports.entries())
    errors.push(...validatePort(port, ports.length > 1, names, portsPath.index(at)))
  errors.push(
    ...validateLabels(spec.selector, specPath.child('selector')),
    ...validateSessionAffinity(spec),
    ...validateClusterIPs(spec, old?.spec?.clusterIPs),
  )
  for (const [at, ip] of externalIPs.entries()) {
    const here = specPath.child('externalIPs').index(at)
    const wrong = isValidIPForLegacyField(here, ip, true, old?.spec?.externalIPs ?? [])
    errors.push(...(wrong.length > 0 ? wrong : validateEndpointIP(ip, here)))
  }
  if (type === '') errors.push(required(specPath.child('type')))
  else if (!types.includes(type)) errors.push(notSupported(specPath.child('type'), type, types))
  return [
    ...errors,
    ...validateNodePorts(spec, portsPath),
    ...validateDuplicatePorts(ports, portsPath),
    ...validateSourceRanges(service, old),
    ...validateNodePortAllocation(spec),
    ...validateLoadBalancerClass(spec, undefined),
    ...validateExternalTraffic(spec),
    ...validateInternalTraffic(spec),
    ...validateTrafficDistribution(spec),
  ]
}

function validateTopologyAnnotations({ metadata }: Service): FieldError[] {
  const mode = metadata?.annotations?.[topologyModeAnnotation]
  const hints = metadata?.annotations?.[topologyHintsAnnotation]
  if (mode === undefined || hints === undefined || mode === hints) return []
  const path = field('metadata', 'annotations').key(topologyModeAnnotation)
  return [invalid(path, mode, `must match annotations[${topologyHintsAnnotation}] when both are specified`)]
}

function validateByType(spec: ServiceSpec): FieldError[] {
  const { type, externalName = '' } = spec
  if (type === 'LoadBalancer' || type === 'NodePort') {
    if (!isHeadless(spec)) return []
    return [invalid(specPath.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${type} services`)]
  }
  if (type !== 'ExternalName') return []
  const errors: FieldError[] = []
  const refuse = (name: string): void =>
    void errors.push(forbidden(specPath.child(name), 'may not be set for ExternalName services'))
  if ((spec.clusterIPs ?? []).length > 0) refuse('clusterIPs')
  if ((spec.ipFamilies ?? []).length > 0) refuse('ipFamilies')
  if (spec.ipFamilyPolicy !== undefined) refuse('ipFamilyPolicy')
  const namePath = specPath.child('externalName')
  const name = externalName.endsWith('.') ? externalName.slice(0, -1) : externalName
  return [...errors, ...(name === '' ? [required(namePath)] : validateDNS1123Subdomain(name, namePath))]
}

function validatePort(port: ServicePort, isNameRequired: boolean, names: Set<string>, path: FieldPath): FieldError[] {
  const { name = '', port: number = 0, protocol = '', targetPort, appProtocol } = port
  const namePath = path.child('name')
  const errors: FieldError[] = []
  if (name === '') {
    if (isNameRequired) errors.push(required(namePath))
  } else {
    errors.push(...validateDNS1123Label(name, namePath))
    if (names.has(name)) errors.push(duplicate(namePath, name))
    names.add(name)
  }
  return [
    ...errors,
    ...invalids(path.child('port'), number, isValidPortNum(number)),
    ...validateProtocol(protocol, path.child('protocol')),
    ...validatePortNumOrName(targetPort, path.child('targetPort')),
    ...(appProtocol === undefined ? [] : validateQualifiedName(appProtocol, path.child('appProtocol'))),
  ]
}

const affinities = ['ClientIP', 'None']
const maxAffinitySeconds = 86400

function validateSessionAffinity({ sessionAffinity = '', sessionAffinityConfig: config }: ServiceSpec): FieldError[] {
  const path = specPath.child('sessionAffinity')
  const configPath = specPath.child('sessionAffinityConfig')
  if (sessionAffinity === '') return [required(path)]
  if (!affinities.includes(sessionAffinity)) return [notSupported(path, sessionAffinity, affinities)]
  if (sessionAffinity === 'None') {
    return config === undefined ? [] : [forbidden(configPath, 'must not be set when session affinity is None')]
  }
  const why = 'when session affinity type is ClientIP'
  if (config === undefined) return [required(configPath, why)]
  if (config.clientIP === undefined) return [required(configPath.child('clientIP'), why)]
  const timeoutPath = configPath.child('clientIP', 'timeoutSeconds')
  const { timeoutSeconds } = config.clientIP
  if (timeoutSeconds === undefined) return [required(timeoutPath, why)]
  if (timeoutSeconds > 0 && timeoutSeconds <= maxAffinitySeconds) return []
  return [invalid(timeoutPath, timeoutSeconds, `must be greater than 0 and less than ${maxAffinitySeconds}`)]
}

function validateNodePorts({ type, ports = [] }: ServiceSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  if (type === 'ClusterIP') {
    for (const [at, { nodePort = 0 }] of ports.entries()) {
      if (nodePort === 0) continue
      errors.push(forbidden(path.index(at).child('nodePort'), "may not be used when `type` is 'ClusterIP'"))
    }
  }
  for (const [at, { nodePort = 0, protocol = '' }] of ports.entries()) {
    const key = `${protocol}/${nodePort}`
    if (nodePort !== 0 && seen.has(key)) errors.push(duplicate(path.index(at).child('nodePort'), nodePort))
    seen.add(key)
  }
  return errors
}

function validateDuplicatePorts(ports: readonly ServicePort[], path: FieldPath): FieldError[] {
  const seen = new Set<string>()
  return ports.flatMap(({ port = 0, protocol = '' }, at) => {
    const key = `${protocol}/${port}`
    const errors = seen.has(key) ? [duplicate(path.index(at), internalValue('ServicePort', { port, protocol }))] : []
    seen.add(key)
    return errors
  })
}

const onlyLoadBalancer = "may only be used when `type` is 'LoadBalancer'"

/** The field, or the annotation it came from. */
function validateSourceRanges({ metadata, spec = {} }: Service, old: Service | undefined): FieldError[] {
  const ranges = spec.loadBalancerSourceRanges ?? []
  const annotation = metadata?.annotations?.[sourceRangesAnnotation]
  const errors: FieldError[] = []
  if (ranges.length > 0) {
    const path = specPath.child('LoadBalancerSourceRanges')
    if (spec.type !== 'LoadBalancer') errors.push(forbidden(path, onlyLoadBalancer))
    const known = (old?.spec?.loadBalancerSourceRanges ?? []).map((range) => range.trim())
    for (const [at, range] of ranges.entries()) {
      errors.push(...isValidCIDRForLegacyField(path.index(at), range.trim(), true, known))
    }
  } else if (annotation !== undefined) {
    const path = field('metadata', 'annotations').key(sourceRangesAnnotation)
    if (spec.type !== 'LoadBalancer') errors.push(forbidden(path, onlyLoadBalancer))
    if (old?.metadata?.annotations?.[sourceRangesAnnotation] === annotation || annotation.trim() === '') return errors
    for (const range of annotation.split(',')) errors.push(...isValidCIDRForLegacyField(path, range.trim(), true))
  }
  return errors
}

function validateNodePortAllocation({ type, allocateLoadBalancerNodePorts: allocate }: ServiceSpec): FieldError[] {
  if (type === 'LoadBalancer') return allocate === undefined ? [required(field('allocateLoadBalancerNodePorts'))] : []
  return allocate === undefined ? [] : [forbidden(specPath.child('allocateLoadBalancerNodePorts'), onlyLoadBalancer)]
}

/** With `old`, also whether the class stays. */
function validateLoadBalancerClass(spec: ServiceSpec, old: ServiceSpec | undefined): FieldError[] {
  const path = specPath.child('loadBalancerClass')
  const { type, loadBalancerClass: name } = spec
  const errors: FieldError[] = []
  if (old?.type === 'LoadBalancer' && type === 'LoadBalancer' && old.loadBalancerClass !== name) {
    errors.push(invalid(path, name, 'may not change once set'))
  }
  if (name === undefined) return errors
  return [
    ...errors,
    ...(type === 'LoadBalancer' ? validateQualifiedName(name, path) : [forbidden(path, onlyLoadBalancer)]),
  ]
}

function validateExternalTraffic(spec: ServiceSpec): FieldError[] {
  const { externalTrafficPolicy: policy = '', healthCheckNodePort = 0 } = spec
  const path = specPath.child('externalTrafficPolicy')
  const healthPath = specPath.child('healthCheckNodePort')
  const errors: FieldError[] = []
  if (!isExternallyAccessible(spec)) {
    if (policy !== '') errors.push(invalid(path, policy, 'may only be set for externally-accessible services'))
  } else if (policy === '') errors.push(required(path))
  else if (!trafficPolicies.includes(policy)) errors.push(notSupported(path, policy, trafficPolicies))
  // A missing port is given by the allocator, after validation.
  if (healthCheckNodePort === 0) return errors
  if (needsHealthCheck(spec))
    return [...errors, ...invalids(healthPath, healthCheckNodePort, isValidPortNum(healthCheckNodePort))]
  const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
  return [...errors, invalid(healthPath, healthCheckNodePort, detail)]
}

function validateInternalTraffic({ type = '', internalTrafficPolicy: policy }: ServiceSpec): FieldError[] {
  const path = specPath.child('internalTrafficPolicy')
  if (policy === undefined) return ['ClusterIP', 'NodePort', 'LoadBalancer'].includes(type) ? [required(path)] : []
  return trafficPolicies.includes(policy) ? [] : [notSupported(path, policy, trafficPolicies)]
}

const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']

function validateTrafficDistribution({ trafficDistribution: distribution }: ServiceSpec): FieldError[] {
  if (distribution === undefined || distributions.includes(distribution)) return []
  return [notSupported(specPath.child('trafficDistribution'), distribution, distributions)]
}

export function validateStatusUpdate({ spec = {}, status }: Service, old: Service): FieldError[] {
  const path = field('status', 'loadBalancer', 'ingress')
  const ingresses = status?.loadBalancer?.ingress ?? []
  if (spec.type !== 'LoadBalancer' && ingresses.length > 0) {
    return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
  }
  const known = (old.status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip)
  return ingresses.flatMap(({ ip = '', ipMode, hostname = '' }, at) => {
    const here = path.index(at)
    const modePath = here.child('ipMode')
    const errors = ip === '' ? [] : isValidIPForLegacyField(here.child('ip'), ip, true, known)
    if (ipMode === undefined) {
      if (ip !== '') errors.push(required(modePath, 'must be specified when `ip` is set'))
    } else if (ip === '') errors.push(forbidden(modePath, 'may not be specified when `ip` is not set'))
    else if (ipMode !== 'VIP' && ipMode !== 'Proxy') errors.push(notSupported(modePath, ipMode, ['Proxy', 'VIP']))
    if (hostname === '') return errors
    errors.push(...invalids(here.child('hostname'), hostname, isDNS1123Subdomain(hostname)))
    if (parseIP(hostname) === undefined) return errors
    return [...errors, invalid(here.child('hostname'), hostname, 'must be a DNS name, not an IP address')]
  })
}
