// Endpoints of the core group.
// Source: pkg/registry/core/endpoint; pkg/apis/core/validation, ValidateEndpoints, ValidateEndpointIP;
// pkg/printers/internalversion, formatEndpoints (v1.36)
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../../api/core.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, invalid, required } from '../../apimachinery/field.ts'
import { isValidPortNum, nameIsDNSSubdomain } from '../../apimachinery/formats.ts'
import { isIPv6, isValidIPForLegacyField, parseIP, warningsForIP } from '../../apimachinery/ip.ts'
import { defineKind } from '../../registry/kind.ts'
import { invalids, validateDNS1123Label, validateQualifiedName } from '../metadata/field-formats.ts'
import { validateProtocol } from '../pod-template/containers.ts'

export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  strategy: { validate, validateUpdate, validateUpdateOnly: true, warnings, allowCreateOnUpdate: true },
  cells: { Endpoints: formatEndpoints },
})

function validate({ subsets }: Endpoints): FieldError[] {
  return (subsets ?? []).flatMap((subset, at) => validateSubset(subset, field('subsets').index(at)))
}

/** Subsets that were not right before may stay. */
function validateUpdate(object: Endpoints, old: Endpoints): FieldError[] {
  const errors = validate(object)
  return errors.length > 0 && semanticEqual(object.subsets, old.subsets) ? [] : errors
}

function validateSubset(
  { addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  if (addresses.length + notReadyAddresses.length === 0) {
    errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'))
  }
  return [
    ...errors,
    ...addresses.flatMap((address, at) => validateAddress(address, path.child('addresses').index(at))),
    ...notReadyAddresses.flatMap((address, at) => validateAddress(address, path.child('notReadyAddresses').index(at))),
    ...ports.flatMap((port, at) => validatePort(port, ports.length > 1, path.child('ports').index(at))),
  ]
}

function validateAddress({ ip = '', hostname = '', nodeName }: EndpointAddress, path: FieldPath): FieldError[] {
  return [
    ...isValidIPForLegacyField(path.child('ip'), ip, true),
    ...(hostname === '' ? [] : validateDNS1123Label(hostname, path.child('hostname'))),
    ...(nodeName === undefined ? [] : invalids(path.child('nodeName'), nodeName, nameIsDNSSubdomain(nodeName, false))),
    ...validateEndpointIP(ip, path.child('ip')),
  ]
}

/** An address that traffic may be sent to. */
export function validateEndpointIP(text: string, path: FieldPath): FieldError[] {
  const ip = parseIP(text)
  if (ip === undefined) return [invalid(path, text, 'must be a valid IP address')]
  const { bytes } = ip
  const [first = 0, second = 0, third = 0] = bytes
  const problems: string[] = []
  if (isIPv6(ip)) {
    const isZero = bytes.slice(0, -1).every((byte) => byte === 0)
    if (isZero && bytes.at(-1) === 0) problems.push(`may not be unspecified (${text})`)
    if (isZero && bytes.at(-1) === 1) problems.push(loopback)
    if (first === 0xfe && (second & 0xc0) === 0x80) problems.push(linkLocal)
    if (first === 0xff && (second & 0x0f) === 2) problems.push(linkLocalMulticast)
  } else {
    const [a = 0, b = 0, c = 0] = bytes.length === 16 ? bytes.slice(12) : [first, second, third]
    if (bytes.slice(-4).every((byte) => byte === 0)) problems.push(`may not be unspecified (${text})`)
    if (a === 127) problems.push(loopback)
    if (a === 169 && b === 254) problems.push(linkLocal)
    if (a === 224 && b === 0 && c === 0) problems.push(linkLocalMulticast)
  }
  return invalids(path, text, problems)
}

const loopback = 'may not be in the loopback range (127.0.0.0/8, ::1/128)'
const linkLocal = 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'
const linkLocalMulticast = 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'

function validatePort(
  { name = '', port = 0, protocol = '', appProtocol }: EndpointPort,
  isNameRequired: boolean,
  path: FieldPath,
): FieldError[] {
  const namePath = path.child('name')
  return [
    ...(name !== '' ? validateDNS1123Label(name, namePath) : isNameRequired ? [required(namePath)] : []),
    ...invalids(path.child('port'), port, isValidPortNum(port)),
    ...validateProtocol(protocol, path.child('protocol')),
    ...(appProtocol === undefined ? [] : validateQualifiedName(appProtocol, path.child('appProtocol'))),
  ]
}

function warnings({ metadata, subsets }: Endpoints): string[] {
  if (metadata?.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller') return []
  return (subsets ?? []).flatMap(({ addresses, notReadyAddresses }, at) => {
    const path = field('subsets').index(at)
    return [
      ...(addresses ?? []).flatMap(({ ip }, ipAt) =>
        warningsForIP(path.child('addresses').index(ipAt).child('ip'), ip),
      ),
      ...(notReadyAddresses ?? []).flatMap(({ ip }, ipAt) =>
        warningsForIP(path.child('notReadyAddresses').index(ipAt).child('ip'), ip),
      ),
    ]
  })
}

const mostShown = 3

/** The first addresses, each with each port. */
function formatEndpoints({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>'
  const all = subsets.flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip)
    return ports.flatMap(({ port }) =>
      addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
    )
  })
  const shown = all.slice(0, mostShown).join(',')
  return all.length > mostShown ? `${shown} + ${all.length - mostShown} more...` : shown
}
