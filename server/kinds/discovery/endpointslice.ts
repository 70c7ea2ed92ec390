// EndpointSlice of discovery.k8s.io/v1.
// Source: pkg/apis/discovery/v1, SetDefaults_EndpointPort; pkg/apis/discovery/validation, ValidateEndpointSlice;
// pkg/registry/discovery/endpointslice; pkg/printers/internalversion, printEndpointSlice (v1.36)
import type { EndpointPort, Endpoint, EndpointHints, EndpointSlice } from '../../api/discovery.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, field, invalid, notSupported, required, tooMany } from '../../apimachinery/field.ts'
import {
  isDNS1123Label,
  isIPv6,
  isQualifiedName,
  isValidIP,
  isValidIPForLegacyField,
  isValidLabelValue,
  nameIsDNSSubdomain,
  parseIP,
  validateImmutableField,
  warningsForIP,
  type IP,
} from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { validateFullyQualifiedDomainName } from '../rules/domains.ts'

export const endpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  generation: true,
  defaults: (draft) => {
    for (const port of draft.ports ?? []) {
      port.name ??= ''
      port.protocol ??= 'TCP'
    }
  },
  strategy: {
    prepareForCreate: dropTopology,
    prepareForUpdate,
    validate: (object) => validateSlice(object, undefined),
    validateUpdate: (object, old) => [
      ...validateSlice(object, old),
      ...validateImmutableField(object.addressType, old.addressType, field('addressType')),
    ],
    validateUpdateOnly: true,
    warnings,
  },
  cells: {
    AddressType: ({ addressType }) => addressType,
    Ports: ({ ports }) => firstThree((ports ?? []).map(({ port, name }) => String(port ?? name ?? '*'))),
    Endpoints: ({ endpoints }) => firstThree((endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])),
  },
})

/** `a,b,c + 2 more...`, or `<unset>`. */
function firstThree(all: readonly string[]): string {
  const list = all.slice(0, 3).join(',')
  return all.length > 3 ? `${list} + ${all.length - 3} more...` : list || '<unset>'
}

/** The topology of older versions is not taken in this one. */
function dropTopology(draft: EndpointSlice): void {
  for (const endpoint of draft.endpoints ?? []) delete endpoint.deprecatedTopology
}

/** Labels count for the generation too, and so does a topology that is dropped. */
function prepareForUpdate(draft: EndpointSlice, old: EndpointSlice): void {
  if (
    !deepEqual(draft.metadata?.labels, old.metadata?.labels) ||
    draft.endpoints?.some(({ deprecatedTopology }) => deprecatedTopology !== undefined)
  ) {
    draft.metadata!.generation = (old.metadata?.generation ?? 0) + 1
  }
  if (!deepEqual(draft.endpoints, old.endpoints)) dropTopology(draft)
}

const addressTypes = ['FQDN', 'IPv4', 'IPv6']
const protocols = ['SCTP', 'TCP', 'UDP']
const maxEndpoints = 1000
const maxAddresses = 100
const maxPorts = 20000
const maxHints = 8

function validateSlice(object: EndpointSlice, old: EndpointSlice | undefined): FieldError[] {
  const addressType = object.addressType ?? ''
  const errors: FieldError[] = []
  const typePath = field('addressType')
  if (addressType === '') errors.push(required(typePath))
  else if (!addressTypes.includes(addressType)) errors.push(notSupported(typePath, addressType, addressTypes))
  errors.push(...validatePorts(object.ports ?? [], field('ports')))
  // Endpoints that were stored before stay valid.
  if (old !== undefined && deepEqual(object.endpoints, old.endpoints)) return errors
  return [...errors, ...validateEndpoints(object.endpoints ?? [], addressType, field('endpoints'))]
}

function validatePorts(ports: readonly EndpointPort[], path: FieldPath): FieldError[] {
  if (ports.length > maxPorts) return [tooMany(path, ports.length, maxPorts)]
  const names = new Set<string>()
  return ports.flatMap(({ name = '', protocol, appProtocol }, at) => {
    const here = path.index(at)
    const namePath = here.child('name')
    const errors = name === '' ? [] : isDNS1123Label(name).map((text) => invalid(namePath, name, text))
    if (names.has(name)) errors.push(duplicate(namePath, name))
    names.add(name)
    if (protocol === undefined) errors.push(required(here.child('protocol')))
    else if (!protocols.includes(protocol)) errors.push(notSupported(here.child('protocol'), protocol, protocols))
    if (appProtocol !== undefined) {
      errors.push(...isQualifiedName(appProtocol).map((text) => invalid(here.child('appProtocol'), appProtocol, text)))
    }
    return errors
  })
}

function validateEndpoints(endpoints: readonly Endpoint[], addressType: string, path: FieldPath): FieldError[] {
  if (endpoints.length > maxEndpoints) return [tooMany(path, endpoints.length, maxEndpoints)]
  return endpoints.flatMap((endpoint, at) => validateEndpoint(endpoint, addressType, path.index(at)))
}

function validateEndpoint(endpoint: Endpoint, addressType: string, path: FieldPath): FieldError[] {
  const { nodeName, hostname, hints } = endpoint
  const addresses = endpoint.addresses ?? []
  const addressesPath = path.child('addresses')
  const errors: FieldError[] = []
  if (addresses.length === 0) errors.push(required(addressesPath, 'must contain at least 1 address'))
  else if (addresses.length > maxAddresses) errors.push(tooMany(addressesPath, addresses.length, maxAddresses))
  for (const [at, address] of addresses.entries()) {
    errors.push(...validateAddress(address, addressType, addressesPath, at))
  }
  if (nodeName !== undefined) {
    errors.push(...nameIsDNSSubdomain(nodeName, false).map((text) => invalid(path.child('nodeName'), nodeName, text)))
  }
  if (hostname !== undefined) {
    errors.push(...isDNS1123Label(hostname).map((text) => invalid(path.child('hostname'), hostname, text)))
  }
  return hints === undefined ? errors : [...errors, ...validateHints(hints, path.child('hints'))]
}

/** @param path of all addresses: an address of the other family is told of them */
function validateAddress(address: string, addressType: string, all: FieldPath, at: number): FieldError[] {
  const path = all.index(at)
  if (addressType === 'FQDN') return validateFullyQualifiedDomainName(address, path)
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return []
  const errors = addressType === 'IPv4' ? isValidIPForLegacyField(path, address, true) : isValidIP(path, address)
  if (errors.length > 0) return errors
  const ip = parseIP(address)!
  if (isIPv6(ip) !== (addressType === 'IPv6')) errors.push(invalid(all, address, `must be an ${addressType} address`))
  return [...errors, ...validateEndpointIP(address, ip, path)]
}

/** Addresses that cannot be reached from elsewhere. Source: pkg/apis/core/validation, ValidateEndpointIP */
function validateEndpointIP(address: string, ip: IP, path: FieldPath): FieldError[] {
  const { bytes } = ip
  const [first = 0, second = 0] = bytes
  const isV6 = isIPv6(ip)
  const errors: FieldError[] = []
  const isUnspecified = bytes.every((byte) => byte === 0)
  const isLoopback = isV6 ? bytes.every((byte, at) => byte === (at === 15 ? 1 : 0)) : first === 127
  const isLinkLocal = isV6 ? first === 0xfe && (second & 0xc0) === 0x80 : first === 169 && second === 254
  const isLinkLocalMulticast = isV6
    ? first === 0xff && (second & 0x0f) === 2
    : first === 224 && second === 0 && bytes[2] === 0
  if (isUnspecified) errors.push(invalid(path, address, `may not be unspecified (${address})`))
  if (isLoopback) errors.push(invalid(path, address, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'))
  if (isLinkLocal) errors.push(invalid(path, address, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'))
  if (isLinkLocalMulticast) {
    errors.push(invalid(path, address, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'))
  }
  return errors
}

function validateHints({ forZones = [], forNodes = [] }: EndpointHints, path: FieldPath): FieldError[] {
  const zones = validateHintNames(forZones, path.child('forZones'), isValidLabelValue)
  if (forZones.length > maxHints) return zones
  return [...zones, ...validateHintNames(forNodes, path.child('forNodes'), (name) => nameIsDNSSubdomain(name, false))]
}

function validateHintNames(
  hints: readonly { name: string }[],
  path: FieldPath,
  problems: (name: string) => string[],
): FieldError[] {
  if (hints.length > maxHints) return [tooMany(path, hints.length, maxHints)]
  const names = new Set<string>()
  return hints.flatMap(({ name }, at) => {
    const here = path.index(at).child('name')
    const errors = names.has(name) ? [duplicate(here, name)] : []
    names.add(name)
    return [...errors, ...problems(name).map((text) => invalid(here, name, text))]
  })
}

const managers = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']

function warnings(object: EndpointSlice, old: EndpointSlice | undefined): string[] {
  const found: string[] = []
  if (old === undefined && object.addressType === 'FQDN') found.push('spec.addressType: FQDN endpoints are deprecated')
  if (managers.includes(object.metadata?.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')) return found
  for (const [at, { addresses }] of (object.endpoints ?? []).entries()) {
    const path = field('endpoints').index(at).child('addresses')
    found.push(...(addresses ?? []).flatMap((address, index) => warningsForIP(path.index(index), address)))
  }
  return found
}
