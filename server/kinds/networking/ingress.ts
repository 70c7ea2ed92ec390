// Ingress of networking.k8s.io/v1.
// Source: pkg/apis/networking/validation, ValidateIngressSpec; pkg/registry/networking/ingress;
// pkg/printers/internalversion, printIngress (v1.36)
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressSpec,
  IngressTLS,
} from '../../api/networking.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, invalid, notSupported, required } from '../../apimachinery/field.ts'
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isPathSegmentName,
  isValidIPForLegacyField,
  isValidPortName,
  isValidPortNum,
  isWildcardDNS1123Subdomain,
  nameIsDNSSubdomain,
  parseIP,
} from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'

export const ingress = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  generation: true,
  strategy: { validate: validateCreate, validateUpdate, validateUpdateOnly: true, warnings },
  status: { validateUpdate: validateStatusUpdate },
  cells: {
    Class: ({ spec }) => spec?.ingressClassName ?? '<none>',
    Hosts: ({ spec }) => formatHosts(spec?.rules ?? []),
    Address: formatAddresses,
    Ports: ({ spec }) => ((spec?.tls ?? []).length > 0 ? '80, 443' : '80'),
  },
})

const classAnnotation = 'kubernetes.io/ingress.class'

/** What an update does not judge again, because the stored object fails it already. */
interface Leniency {
  secretNames?: boolean
  wildcardRules?: boolean
}

function validateCreate(object: Ingress): FieldError[] {
  const errors = validateSpec(object.spec ?? {}, field('spec'), {})
  const annotation = object.metadata?.annotations?.[classAnnotation]
  const className = object.spec?.ingressClassName
  if (annotation !== undefined && className !== undefined && annotation !== className) {
    const path = field('annotations').child(classAnnotation)
    errors.push(invalid(path, annotation, 'must match `ingressClassName` when both are specified'))
  }
  return errors
}

function validateUpdate(object: Ingress, old: Ingress): FieldError[] {
  const { rules = [], tls = [] } = old.spec ?? {}
  return validateSpec(object.spec ?? {}, field('spec'), {
    secretNames: tls.some(
      ({ secretName = '' }) => secretName !== '' && nameIsDNSSubdomain(secretName, false).length > 0,
    ),
    wildcardRules: rules.some(
      (rule) => rule.host?.includes('*') === true && validateRuleValue(rule, field()).length > 0,
    ),
  })
}

function validateSpec(spec: IngressSpec, path: FieldPath, skip: Leniency): FieldError[] {
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec
  const errors: FieldError[] = []
  if (rules.length === 0 && defaultBackend === undefined) {
    errors.push(invalid(path, spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified'))
  }
  if (defaultBackend !== undefined) errors.push(...validateBackend(defaultBackend, path.child('defaultBackend')))
  for (const [at, rule] of rules.entries()) errors.push(...validateRule(rule, path.child('rules').index(at), skip))
  for (const [at, one] of tls.entries()) errors.push(...validateTLS(one, path.child('tls').index(at), skip))
  if (ingressClassName !== undefined) {
    const classPath = path.child('ingressClassName')
    errors.push(
      ...nameIsDNSSubdomain(ingressClassName, false).map((text) => invalid(classPath, ingressClassName, text)),
    )
  }
  return errors
}

function validateHost(host: string, path: FieldPath): FieldError[] {
  const problems = host.includes('*') ? isWildcardDNS1123Subdomain(host) : isDNS1123Subdomain(host)
  return problems.map((text) => invalid(path, host, text))
}

function validateRule(rule: IngressRule, path: FieldPath, skip: Leniency): FieldError[] {
  const { host = '' } = rule
  const errors: FieldError[] = []
  if (host !== '') {
    if (parseIP(host) !== undefined) errors.push(invalid(path.child('host'), host, notADNSName))
    errors.push(...validateHost(host, path.child('host')))
  }
  return host.includes('*') && skip.wildcardRules === true ? errors : [...errors, ...validateRuleValue(rule, path)]
}

const notADNSName = 'must be a DNS name, not an IP address'

function validateRuleValue({ http }: IngressRule, path: FieldPath): FieldError[] {
  if (http === undefined) return []
  const paths = http.paths ?? []
  const pathsPath = path.child('http', 'paths')
  if (paths.length === 0) return [required(pathsPath)]
  return paths.flatMap((one, at) => validatePath(one, pathsPath.index(at)))
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']
const invalidPathSequences = ['//', '/./', '/../', '%2f', '%2F']
const invalidPathSuffixes = ['/..', '/.']

function validatePath({ path = '', pathType, backend }: HTTPIngressPath, at: FieldPath): FieldError[] {
  const here = at.child('path')
  const errors: FieldError[] = []
  if (pathType === undefined || pathType === null) return [required(at.child('pathType'), 'pathType must be specified')]
  if (!pathTypes.includes(pathType)) errors.push(notSupported(at.child('pathType'), pathType, pathTypes))
  else {
    const mayBeEmpty = pathType === 'ImplementationSpecific'
    if (!path.startsWith('/') && !(mayBeEmpty && path === ''))
      errors.push(invalid(here, path, 'must be an absolute path'))
    if (!mayBeEmpty) {
      for (const one of invalidPathSequences) {
        if (path.includes(one)) errors.push(invalid(here, path, `must not contain '${one}'`))
      }
      for (const one of invalidPathSuffixes) {
        if (path.endsWith(one)) errors.push(invalid(here, path, `cannot end with '${one}'`))
      }
    }
  }
  return [...errors, ...validateBackend(backend ?? {}, at.child('backend'))]
}

function validateBackend({ resource, service }: IngressBackend, path: FieldPath): FieldError[] {
  if (resource !== undefined && service !== undefined) {
    return [invalid(path, '', 'cannot set both resource and service backends')]
  }
  if (resource !== undefined) return validateReference(resource, path.child('resource'))
  if (service === undefined) return [invalid(path, '', 'resource or service backend is required')]
  const errors: FieldError[] = []
  const servicePath = path.child('service')
  const name = service.name ?? ''
  if (name === '') errors.push(required(servicePath.child('name')))
  else errors.push(...isDNS1123Label(name).map((text) => invalid(servicePath.child('name'), name, text)))
  const portName = service.port?.name ?? ''
  const portNumber = service.port?.number ?? 0
  const portPath = servicePath.child('port')
  if (portName !== '' && portNumber !== 0) errors.push(invalid(path, '', 'cannot set both port name & port number'))
  else if (portName !== '') {
    errors.push(...isValidPortName(portName).map((text) => invalid(portPath.child('name'), portName, text)))
  } else if (portNumber !== 0) {
    errors.push(...isValidPortNum(portNumber).map((text) => invalid(portPath.child('number'), portNumber, text)))
  } else errors.push(required(path, 'port name or number is required'))
  return errors
}

interface Reference {
  readonly apiGroup?: string | null
  readonly kind?: string
  readonly name?: string
}

/** A typed reference without a namespace: of a resource backend, of a class's parameters. */
export function validateReference(reference: Reference, path: FieldPath): FieldError[] {
  const { apiGroup } = reference
  const errors: FieldError[] = []
  if (apiGroup !== undefined && apiGroup !== null) {
    errors.push(...isDNS1123Subdomain(apiGroup).map((text) => invalid(path.child('apiGroup'), apiGroup, text)))
  }
  for (const name of ['kind', 'name'] as const) {
    const value = reference[name] ?? ''
    if (value === '') errors.push(required(path.child(name)))
    else errors.push(...isPathSegmentName(value).map((text) => invalid(path.child(name), value, text)))
  }
  return errors
}

function validateTLS({ hosts = [], secretName = '' }: IngressTLS, path: FieldPath, skip: Leniency): FieldError[] {
  const errors = hosts.flatMap((host, at) => validateHost(host, path.child('hosts').index(at)))
  if (skip.secretNames === true || secretName === '') return errors
  return [
    ...errors,
    ...nameIsDNSSubdomain(secretName, false).map((text) => invalid(path.child('secretName'), secretName, text)),
  ]
}

function warnings({ metadata, spec }: Ingress, old: Ingress | undefined): string[] {
  const isAnnotated = metadata?.annotations?.[classAnnotation] !== undefined
  if (old !== undefined || !isAnnotated || spec?.ingressClassName !== undefined) return []
  return [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`]
}

function validateStatusUpdate(object: Ingress, old: Ingress): FieldError[] {
  const known = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []))
  return (object.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, at) => {
    const path = field('status', 'loadBalancer', 'ingress').index(at)
    const errors = ip ? isValidIPForLegacyField(path.child('ip'), ip, true, known) : []
    if (!hostname) return errors
    const hostPath = path.child('hostname')
    errors.push(...isDNS1123Subdomain(hostname).map((text) => invalid(hostPath, hostname, text)))
    if (parseIP(hostname) !== undefined) errors.push(invalid(hostPath, hostname, notADNSName))
    return errors
  })
}

/** At most three hosts, then how many rules more. */
function formatHosts(rules: readonly IngressRule[]): string {
  const hosts: string[] = []
  let isCut = false
  for (const { host } of rules) {
    if (hosts.length === 3) isCut = true
    else if (host) hosts.push(host)
  }
  if (hosts.length === 0) return '*'
  return isCut ? `${hosts.join(',')} + ${rules.length - 3} more...` : hosts.join(',')
}

function formatAddresses({ status }: Ingress): string {
  const points = status?.loadBalancer?.ingress ?? []
  return [...new Set(points.map(({ ip, hostname }) => ip || hostname || '').filter((one) => one !== ''))]
    .sort()
    .join(',')
}
