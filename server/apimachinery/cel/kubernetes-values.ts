// Quantities, versions, addresses, URLs and named formats as values of expressions.
// Source: apiserver/pkg/cel/library: quantity.go, semverlib.go, ip.go, cidr.go, urls.go, format.go (v1.36)
import {
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isQualifiedName,
  isValidLabelValue,
  nameIsDNS1035Label,
  nameIsDNSLabel,
  nameIsDNSSubdomain,
} from '../formats.ts'
import { cidrContains, formatCIDR, formatIP, isIPv6, parseCIDR, parseIP, type CIDR, type IP } from '../ip.ts'
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  newQuantity,
  parseQuantity,
  quantityToNumber,
  quantityValue,
  subtractQuantities,
  type Quantity,
} from '../quantity.ts'
import { int64, noOverload } from './arithmetic.ts'
import { parseTimestampNanoseconds } from './time.ts'
import { Abstract, EvaluationError, Optional } from './values.ts'
import type { CelFunction, Value } from './values.ts'

function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : noOverload()
}

export class QuantityValue extends Abstract {
  readonly typeName = 'kubernetes.Quantity'
  readonly #amount: Quantity

  constructor(amount: Quantity) {
    super()
    this.#amount = amount
  }

  override toString(): string {
    return formatQuantity(this.#amount)
  }

  override equals(other: Value): boolean {
    return other instanceof QuantityValue && compareQuantities(this.#amount, other.#amount) === 0
  }

  call(name: string, [other]: readonly Value[]): Value {
    const whole = quantityValue(this.#amount)
    switch (name) {
      case 'asInteger':
        if (!this.#isInteger()) throw new EvaluationError('cannot convert value to integer')
        return int64(whole)
      case 'isInteger':
        return this.#isInteger()
      case 'asApproximateFloat':
        return quantityToNumber(this.#amount)
      case '@sign':
        return BigInt(compareQuantities(this.#amount, newQuantity(0)))
    }
    const amount =
      typeof other === 'bigint' ? newQuantity(other) : other instanceof QuantityValue ? other.#amount : noOverload()
    const order = compareQuantities(this.#amount, amount)
    switch (name) {
      case 'isGreaterThan':
        return order > 0
      case 'isLessThan':
        return order < 0
      case 'compareTo':
        return BigInt(order)
      case 'add':
        return new QuantityValue(addQuantities(this.#amount, amount))
      case 'sub':
        return new QuantityValue(subtractQuantities(this.#amount, amount))
      default:
        return noOverload()
    }
  }

  #isInteger(): boolean {
    return compareQuantities(this.#amount, newQuantity(quantityValue(this.#amount))) === 0
  }
}

function readQuantity(value: string): Quantity | undefined {
  try {
    return parseQuantity(value)
  } catch {
    return undefined
  }
}

const semverSyntax =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/

class SemverValue extends Abstract {
  readonly typeName = 'kubernetes.Semver'
  readonly #numbers: readonly bigint[]
  readonly #preRelease: readonly string[]

  constructor(numbers: readonly bigint[], preRelease: readonly string[]) {
    super()
    this.#numbers = numbers
    this.#preRelease = preRelease
  }

  override equals(other: Value): boolean {
    return other instanceof SemverValue && this.#order(other) === 0
  }

  call(name: string, [other]: readonly Value[]): Value {
    const part = ['major', 'minor', 'patch'].indexOf(name)
    if (part >= 0) return this.#numbers[part]!
    const order = other instanceof SemverValue ? this.#order(other) : noOverload()
    if (name === 'isGreaterThan') return order > 0
    if (name === 'isLessThan') return order < 0
    return name === 'compareTo' ? BigInt(order) : noOverload()
  }

  /** A release comes after all of its pre-releases. */
  #order(other: SemverValue): number {
    for (const [at, number] of this.#numbers.entries()) {
      if (number !== other.#numbers[at]) return number < other.#numbers[at]! ? -1 : 1
    }
    const [mine, theirs] = [this.#preRelease, other.#preRelease]
    if (mine.length === 0 || theirs.length === 0)
      return theirs.length - mine.length === 0 ? 0 : mine.length === 0 ? 1 : -1
    for (const [at, one] of mine.entries()) {
      const two = theirs[at]
      if (two === undefined) return 1
      if (one !== two) return comparePreRelease(one, two)
    }
    return mine.length === theirs.length ? 0 : -1
  }
}

function comparePreRelease(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber && isOtherNumber) return BigInt(a) < BigInt(b) ? -1 : 1
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  return a < b ? -1 : 1
}

/** @param isLenient a leading `v`, leading zeros and missing parts are forgiven */
function readSemver(value: string, isLenient: boolean): SemverValue | undefined {
  const normal = isLenient ? normalized(value) : value
  const match = semverSyntax.exec(normal)
  if (match === null) return undefined
  const [, major = '', minor = '', patch = '', preRelease] = match
  return new SemverValue([BigInt(major), BigInt(minor), BigInt(patch)], preRelease?.split('.') ?? [])
}

function normalized(value: string): string {
  const [, core = '', rest = ''] = /^([^+-]*)(.*)$/s.exec(value.replace(/^v/, ''))!
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''))
  while (parts.length < 3) parts.push('0')
  return parts.join('.') + rest
}

class IPValue extends Abstract {
  readonly typeName = 'net.IP'
  readonly ip: IP

  constructor(ip: IP) {
    super()
    this.ip = ip
  }

  override toString(): string {
    return formatIP(this.ip)
  }

  override equals(other: Value): boolean {
    return other instanceof IPValue && String(this) === String(other)
  }

  call(name: string): Value {
    const { bytes } = this.ip
    const is4 = !isIPv6(this.ip)
    switch (name) {
      case 'family':
        return is4 ? 4n : 6n
      case 'isUnspecified':
        return bytes.every((byte) => byte === 0)
      case 'isLoopback':
        return is4 ? bytes[0] === 127 : bytes.every((byte, at) => byte === (at === 15 ? 1 : 0))
      case 'isLinkLocalMulticast':
        return is4
          ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0
          : bytes[0] === 0xff && (bytes[1]! & 0x0f) === 0x02
      case 'isLinkLocalUnicast':
        return is4 ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80
      case 'isGlobalUnicast': {
        const isMulticast = is4 ? bytes[0]! >= 224 && bytes[0]! < 240 : bytes[0] === 0xff
        const isBroadcast = is4 && bytes.every((byte) => byte === 255)
        const others = ['isUnspecified', 'isLoopback', 'isLinkLocalUnicast']
        return !isMulticast && !isBroadcast && !others.some((other) => this.call(other) === true)
      }
      default:
        return noOverload()
    }
  }
}

/** Strict: without zone, leading zeros, or an IPv4 address inside of IPv6. */
function readIP(value: string): IP | undefined {
  if (/(?:^|\.)0\d/.test(value) || value.includes('%')) return undefined
  const ip = parseIP(value)
  return ip === undefined || ip.mapped ? undefined : ip
}

class CIDRValue extends Abstract {
  readonly typeName = 'net.CIDR'
  readonly cidr: CIDR

  constructor(cidr: CIDR) {
    super()
    this.cidr = cidr
  }

  override toString(): string {
    return `${formatIP(this.cidr.address)}/${this.cidr.prefixLength}`
  }

  override equals(other: Value): boolean {
    return other instanceof CIDRValue && String(this) === String(other)
  }

  call(name: string, [other]: readonly Value[]): Value {
    switch (name) {
      case 'containsIP': {
        const ip = other instanceof IPValue ? other.ip : readIP(text(other))
        if (ip === undefined) throw new EvaluationError(ipProblem(text(other)))
        return ip.bytes.length === this.cidr.network.bytes.length && cidrContains(this.cidr, ip)
      }
      case 'containsCIDR': {
        const cidr = other instanceof CIDRValue ? other.cidr : readCIDR(text(other))
        if (cidr === undefined) throw new EvaluationError(cidrProblem(text(other)))
        return (
          cidr.network.bytes.length === this.cidr.network.bytes.length &&
          cidr.prefixLength >= this.cidr.prefixLength &&
          cidrContains(this.cidr, cidr.network)
        )
      }
      case 'ip':
        return new IPValue(this.cidr.address)
      case 'prefixLength':
        return BigInt(this.cidr.prefixLength)
      case 'masked':
        return new CIDRValue(parseCIDR(formatCIDR(this.cidr))!)
      default:
        return noOverload()
    }
  }
}

function readCIDR(value: string): CIDR | undefined {
  const cidr = parseCIDR(value)
  return cidr === undefined || readIP(value.split('/')[0]!) === undefined ? undefined : cidr
}

class URLValue extends Abstract {
  readonly typeName = 'kubernetes.URL'
  readonly #url: URL
  readonly #text: string

  constructor(url: URL, source: string) {
    super()
    this.#url = url
    this.#text = source
  }

  override equals(other: Value): boolean {
    return other instanceof URLValue && other.#text === this.#text
  }

  call(name: string): Value {
    const isPath = this.#text.startsWith('/')
    const host = /^[^:]+:\/\/(?:[^@/]*@)?([^/?#]*)/.exec(this.#text)?.[1] ?? ''
    switch (name) {
      case 'getScheme':
        return isPath ? '' : this.#url.protocol.slice(0, -1)
      case 'getHost':
        return isPath ? '' : host
      case 'getHostname':
        return isPath ? '' : host.replace(/:\d*$/, '').replace(/^\[|\]$/g, '')
      case 'getPort':
        return isPath ? '' : (/:(\d*)$/.exec(host)?.[1] ?? '')
      case 'getEscapedPath':
        return this.#url.pathname === '/' && !/[^/]\/(?:$|[?#])|^\//.test(this.#text) ? '' : this.#url.pathname
      case 'getQuery': {
        const query = new Map<string, string[]>()
        for (const [key, value] of this.#url.searchParams) query.set(key, [...(query.get(key) ?? []), value])
        return query
      }
      default:
        return noOverload()
    }
  }
}

function readURL(value: string): URLValue | undefined {
  if (!value.startsWith('/') && !/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(value)) return undefined
  try {
    return new URLValue(new URL(value, 'http://none'), value)
  } catch {
    return undefined
  }
}

type Check = (value: string) => readonly string[]

const says =
  (isValid: (value: string) => boolean, message: string): Check =>
  (value) =>
    isValid(value) ? [] : [message]

/** Problems of a text by the name of its format. */
const formats: Readonly<Record<string, Check>> = {
  dns1123Label: isDNS1123Label,
  dns1123Subdomain: isDNS1123Subdomain,
  dns1035Label: isDNS1035Label,
  qualifiedName: isQualifiedName,
  dns1123LabelPrefix: (value) => nameIsDNSLabel(value, true),
  dns1123SubdomainPrefix: (value) => nameIsDNSSubdomain(value, true),
  dns1035LabelPrefix: (value) => nameIsDNS1035Label(value, true),
  labelValue: isValidLabelValue,
  uri: (value) => (readURL(value) === undefined ? [urlProblem(value)] : []),
  uuid: says(
    (value) => /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32})$/i.test(value),
    'does not match the UUID format',
  ),
  byte: says(
    (value) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value),
    'invalid base64',
  ),
  date: says((value) => parseTimestampNanoseconds(`${value}T00:00:00Z`) !== undefined, 'invalid date'),
  datetime: says((value) => parseTimestampNanoseconds(value) !== undefined, 'invalid datetime'),
}

class FormatValue extends Abstract {
  readonly typeName = 'kubernetes.NamedFormat'
  readonly #check: Check

  constructor(check: Check) {
    super()
    this.#check = check
  }

  call(name: string, [value]: readonly Value[]): Value {
    if (name !== 'validate') return noOverload()
    const problems = this.#check(text(value))
    return new Optional(problems.length === 0 ? undefined : problems)
  }
}

function urlProblem(value: string): string {
  const quoted = JSON.stringify(value)
  if (value === '') return `parse ${quoted}: empty url`
  return /^[A-Za-z/]/.test(value)
    ? `parse ${quoted}: invalid URI for request`
    : `parse ${quoted}: missing protocol scheme`
}

function ipProblem(value: string): string {
  return `IP Address ${JSON.stringify(value)} parse error during conversion from string: ParseAddr(${JSON.stringify(value)}): unable to parse IP`
}

function cidrProblem(value: string): string {
  const prefix = 'network address parse error during conversion from string: '
  return `${prefix}${prefix}netip.ParsePrefix(${JSON.stringify(value)}): no '/'`
}

function orFail<T>(found: T | undefined, message: string): T {
  if (found === undefined) throw new EvaluationError(message)
  return found
}

export const kubernetesFunctions: Readonly<Record<string, CelFunction>> = {
  quantity: (value) => new QuantityValue(orFail(readQuantity(text(value)), quantityProblem)),
  sign: (value) => (value instanceof QuantityValue ? value.call('@sign', []) : noOverload()),
  isQuantity: (value) => readQuantity(text(value)) !== undefined,
  semver: (value, isLenient) =>
    orFail(readSemver(text(value), isLenient === true), 'No Major.Minor.Patch elements found'),
  isSemver: (value, isLenient) => readSemver(text(value), isLenient === true) !== undefined,
  ip: (value) =>
    value instanceof CIDRValue
      ? value.call('ip', [])
      : new IPValue(orFail(readIP(text(value)), ipProblem(text(value)))),
  isIP: (value) => readIP(text(value)) !== undefined,
  'ip.isCanonical': (value) => {
    const ip = orFail(readIP(text(value)), ipProblem(text(value)))
    return formatIP(ip) === value
  },
  cidr: (value) => new CIDRValue(orFail(readCIDR(text(value)), cidrProblem(text(value)))),
  isCIDR: (value) => readCIDR(text(value)) !== undefined,
  url: (value) =>
    orFail(readURL(text(value)), `URL parse error during conversion from string: ${urlProblem(text(value))}`),
  isURL: (value) => readURL(text(value)) !== undefined,
  'format.named': (name) => {
    const check = formats[text(name)]
    return new Optional(check === undefined ? undefined : new FormatValue(check))
  },
  '@format': (name) => new FormatValue(orFail(formats[text(name)], 'no such overload')),
}

const quantityProblem = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
