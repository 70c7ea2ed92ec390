// IP addresses and CIDR blocks: parsing as leniently as the API does, canonical text, and their validation.
// Source: k8s.io/utils/net, staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go (v1.36)
import type { FieldError, FieldPath } from './field.ts'
import { invalid } from './field.ts'

/** 4 or 16 bytes. An IPv4-mapped IPv6 address has 4, as in Go, with `mapped` set. */
export interface IP {
  readonly bytes: readonly number[]
  readonly mapped: boolean
}

export interface CIDR {
  /** The address as written, before masking. */
  readonly address: IP
  readonly network: IP
  readonly prefixLength: number
}

/** Leading zeros are read as decimal. Undefined if it is no address. */
export function parseIP(text: string): IP | undefined {
  if (text.includes(':')) return parseIPv6(text)
  const bytes = parseIPv4(text)
  return bytes === undefined ? undefined : { bytes, mapped: false }
}

function parseIPv4(text: string): number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes: number[] = []
  for (const part of parts) {
    if (!/^[0-9]+$/.test(part) || Number(part) > 255) return undefined
    bytes.push(Number(part))
  }
  return bytes
}

function parseIPv6(text: string): IP | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  // `::` stands for at least one group.
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined
  const bytes = [...head, ...Array.from({ length: missing }, () => 0), ...tail]
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  return mapped ? { bytes: bytes.slice(12), mapped } : { bytes, mapped }
}

/** Groups of one side of a `::`; the last one of the whole address may be an IPv4 address. */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [at, group] of groups.entries()) {
    if (last && at === groups.length - 1 && group.includes('.')) {
      const v4 = parseIPv4(group)
      if (v4 === undefined) return undefined
      bytes.push(...v4)
    } else {
      if (!/^[0-9a-fA-F]+$/.test(group) || Number.parseInt(group, 16) > 0xffff) return undefined
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 255)
    }
  }
  return bytes
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`. */
export function formatIP({ bytes }: IP): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, at) => (bytes[2 * at]! << 8) | bytes[2 * at + 1]!)
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start++) {
    let end = start
    while (end < 8 && groups[end] === 0) end++
    if (end - start > best.length) best = { start, length: end - start }
    if (end > start) start = end
  }
  const hex = groups.map((group) => group.toString(16))
  if (best.start < 0) return hex.join(':')
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`
}

export function isIPv6(ip: IP): boolean {
  return ip.bytes.length === 16
}

function equalIP(a: IP, b: IP): boolean {
  return a.bytes.length === b.bytes.length && a.bytes.every((byte, at) => byte === b.bytes[at])
}

export function parseCIDR(text: string): CIDR | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const address = parseIP(text.slice(0, slash))
  const mask = text.slice(slash + 1)
  if (address === undefined || !/^[0-9]{1,7}$/.test(mask)) return undefined
  const bits = address.mapped ? 128 : address.bytes.length * 8
  if (Number(mask) > bits) return undefined
  const prefixLength = address.mapped ? Number(mask) - 96 : Number(mask)
  return { address, network: { ...address, bytes: maskBytes(address.bytes, prefixLength) }, prefixLength }
}

function maskBytes(bytes: readonly number[], prefixLength: number): number[] {
  return bytes.map((byte, at) => byte & (0xff << Math.min(8, Math.max(0, 8 * (at + 1) - prefixLength))) & 0xff)
}

export function formatCIDR({ network, prefixLength }: CIDR): string {
  return `${formatIP(network)}/${prefixLength}`
}

export function cidrContains(cidr: CIDR, ip: IP): boolean {
  if (cidr.network.bytes.length !== ip.bytes.length) return false
  return equalIP({ bytes: maskBytes(ip.bytes, cidr.prefixLength), mapped: false }, cidr.network)
}

const leadingZero = /(^|[.:/])0[0-9]+(?=[./]|$)/

function hasLeadingZero(address: string): boolean {
  // Only decimal parts count: hexadecimal groups may have leading zeros.
  return address.includes('.') && leadingZero.test(address.slice(address.lastIndexOf(':') + 1))
}

/**
 * For fields that took any spelling of an address before 1.36, which is strict by default: `old` values stay valid.
 * Source: IsValidIPForLegacyField, feature gate StrictIPCIDRValidation
 */
export function isValidIPForLegacyField(
  path: FieldPath,
  value: string,
  strict = true,
  old: readonly string[] = [],
): FieldError[] {
  return old.includes(value) ? [] : checkIP(path, value, strict)
}

function checkIP(path: FieldPath, value: string, strict: boolean): FieldError[] {
  const ip = parseIP(value)
  if (ip === undefined) return [invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  if (!strict) return []
  if (hasLeadingZero(value)) return [invalid(path, value, 'must not have leading 0s')]
  return ip.mapped ? [invalid(path, value, 'must not be an IPv4-mapped IPv6 address')] : []
}

/** A valid address in its canonical spelling. */
export function isValidIP(path: FieldPath, value: string): FieldError[] {
  const errors = checkIP(path, value, true)
  if (errors.length > 0) return errors
  const canonical = formatIP(parseIP(value)!)
  return value === canonical ? [] : [invalid(path, value, `must be in canonical form ("${canonical}")`)]
}

/** As isValidIPForLegacyField, for blocks. */
export function isValidCIDRForLegacyField(
  path: FieldPath,
  value: string,
  strict = true,
  old: readonly string[] = [],
): FieldError[] {
  return old.includes(value) ? [] : checkCIDR(path, value, strict)
}

function checkCIDR(path: FieldPath, value: string, strict: boolean): FieldError[] {
  const cidr = parseCIDR(value)
  if (cidr === undefined) {
    return [invalid(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
  }
  if (!strict) return []
  const [address = '', mask = ''] = value.split('/')
  if (hasLeadingZero(address) || /^0[0-9]/.test(mask)) {
    return [invalid(path, value, 'must not have leading 0s in IP or prefix length')]
  }
  if (cidr.address.mapped) return [invalid(path, value, 'must not have an IPv4-mapped IPv6 address')]
  if (!equalIP(cidr.address, cidr.network)) {
    return [invalid(path, value, 'must not have bits set beyond the prefix length')]
  }
  return []
}

/** A valid block in its canonical spelling, no bits set beyond the prefix. */
export function isValidCIDR(path: FieldPath, value: string): FieldError[] {
  const errors = checkCIDR(path, value, true)
  if (errors.length > 0) return errors
  const canonical = formatCIDR(parseCIDR(value)!)
  return value === canonical ? [] : [invalid(path, value, `must be in canonical form ("${canonical}")`)]
}

/** Sentences on spellings of an address that are accepted but not standard. Source: GetWarningsForIP */
export function warningsForIP(path: FieldPath, value: string): string[] {
  const ip = parseIP(value)
  if (ip === undefined) return []
  const canonical = formatIP(ip)
  if (hasLeadingZero(value) || ip.mapped) {
    return [`${path}: non-standard IP address "${value}" is invalid: use "${canonical}"`]
  }
  if (!isIPv6(ip) || canonical === value) return []
  return [`${path}: IPv6 address "${value}" should be in RFC 5952 canonical format ("${canonical}")`]
}

/** As warningsForIP, for blocks. Source: GetWarningsForCIDR */
export function warningsForCIDR(path: FieldPath, value: string): string[] {
  const cidr = parseCIDR(value)
  if (cidr === undefined) return []
  const warnings: string[] = []
  const canonical = formatCIDR(cidr)
  if (!equalIP(cidr.address, cidr.network)) {
    const single = `${formatIP(cidr.address)}/${cidr.address.bytes.length * 8}`
    warnings.push(
      `${path}: CIDR value "${value}" is ambiguous in this context (should be "${canonical}" or "${single}"?)`,
    )
  }
  const [address = '', mask = ''] = value.split('/')
  if (hasLeadingZero(address) || /^0[0-9]/.test(mask) || cidr.address.mapped) {
    warnings.push(`${path}: non-standard CIDR value "${value}" is invalid: use "${canonical}"`)
  }
  if (warnings.length === 0 && isIPv6(cidr.address) && canonical !== value) {
    warnings.push(`${path}: IPv6 CIDR value "${value}" should be in RFC 5952 canonical format ("${canonical}")`)
  }
  return warnings
}
