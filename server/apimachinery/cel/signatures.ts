// The functions that expressions may call, with their types.
// Source: cel-go 0.26, common/stdlib/standard.go, ext/strings.go, ext/sets.go, ext/lists.go, cel/library.go;
// apiserver/pkg/cel/library, apiserver/pkg/cel/environment/base.go (v1.36)
import * as types from './types.ts'
import type { Type } from './types.ts'

export interface Overload {
  readonly isMember: boolean
  /** The receiver first. */
  readonly args: readonly Type[]
  readonly result: Type
}

/** Overloads by name. */
export type Functions = ReadonlyMap<string, readonly Overload[]>

const standard = `
  _?_:_(bool, A, A): A
  _&&_(bool, bool): bool
  _||_(bool, bool): bool
  !_(bool): bool
  _==_(A, A): bool
  _!=_(A, A): bool
  _+_(bytes, bytes): bytes          _+_(double, double): double       _+_(duration, duration): duration
  _+_(duration, timestamp): timestamp  _+_(timestamp, duration): timestamp
  _+_(int, int): int                _+_(list(A), list(A)): list(A)    _+_(string, string): string
  _+_(uint, uint): uint
  _-_(double, double): double       _-_(duration, duration): duration _-_(int, int): int
  _-_(timestamp, duration): timestamp  _-_(timestamp, timestamp): duration  _-_(uint, uint): uint
  _*_(double, double): double       _*_(int, int): int                _*_(uint, uint): uint
  _/_(double, double): double       _/_(int, int): int                _/_(uint, uint): uint
  _%_(int, int): int                _%_(uint, uint): uint
  -_(double): double                -_(int): int
  @in(A, list(A)): bool             @in(A, map(A, B)): bool
  _[_](list(A), int): A             _[_](map(A, B), A): B
  _[_](optional(list(A)), int): optional(A)    _[_](optional(map(A, B)), A): optional(B)
  _[?_](list(A), int): optional(A)             _[?_](optional(list(A)), int): optional(A)
  _[?_](map(A, B), A): optional(B)             _[?_](optional(map(A, B)), A): optional(B)
  size(bytes): int    size(list(A)): int    size(map(A, B)): int    size(string): int
  bytes.size(): int   list(A).size(): int   map(A, B).size(): int   string.size(): int
  bool(bool): bool    bool(string): bool
  bytes(bytes): bytes    bytes(string): bytes
  double(double): double    double(int): double    double(string): double    double(uint): double
  duration(duration): duration    duration(int): duration    duration(string): duration
  dyn(A): dyn
  int(int): int    int(double): int    int(duration): int    int(string): int    int(timestamp): int    int(uint): int
  string(string): string    string(bool): string    string(bytes): string    string(double): string
  string(duration): string    string(int): string    string(timestamp): string    string(uint): string
  timestamp(timestamp): timestamp    timestamp(int): timestamp    timestamp(string): timestamp
  type(A): type(A)
  uint(uint): uint    uint(double): uint    uint(int): uint    uint(string): uint
  string.contains(string): bool    string.endsWith(string): bool    string.startsWith(string): bool
  matches(string, string): bool    string.matches(string): bool
  timestamp.getFullYear(): int     timestamp.getFullYear(string): int
  timestamp.getMonth(): int        timestamp.getMonth(string): int
  timestamp.getDayOfYear(): int    timestamp.getDayOfYear(string): int
  timestamp.getDayOfMonth(): int   timestamp.getDayOfMonth(string): int
  timestamp.getDate(): int         timestamp.getDate(string): int
  timestamp.getDayOfWeek(): int    timestamp.getDayOfWeek(string): int
  timestamp.getHours(): int        timestamp.getHours(string): int      duration.getHours(): int
  timestamp.getMinutes(): int      timestamp.getMinutes(string): int    duration.getMinutes(): int
  timestamp.getSeconds(): int      timestamp.getSeconds(string): int    duration.getSeconds(): int
  timestamp.getMilliseconds(): int timestamp.getMilliseconds(string): int duration.getMilliseconds(): int`

const extensions = `
  optional.of(A): optional(A)    optional.ofNonZeroValue(A): optional(A)    optional.none(): optional(A)
  optional(A).value(): A    optional(A).hasValue(): bool
  optional(A).or(optional(A)): optional(A)    optional(A).orValue(A): A
  string.charAt(int): string
  string.indexOf(string): int    string.indexOf(string, int): int    list(A).indexOf(A): int
  string.lastIndexOf(string): int    string.lastIndexOf(string, int): int    list(A).lastIndexOf(A): int
  string.lowerAscii(): string    string.upperAscii(): string    string.trim(): string
  string.replace(string, string): string    string.replace(string, string, int): string
  string.split(string): list(string)    string.split(string, int): list(string)
  string.substring(int): string    string.substring(int, int): string
  string.format(list(dyn)): string    strings.quote(string): string
  list(string).join(): string    list(string).join(string): string
  sets.contains(list(A), list(A)): bool    sets.equivalent(list(A), list(A)): bool
  sets.intersects(list(A), list(A)): bool
  list(A).slice(int, int): list(A)    list(list(A)).flatten(): list(A)    list(dyn).flatten(int): list(dyn)
  lists.range(int): list(int)    list(A).reverse(): list(A)    list(A).distinct(): list(A)
  ${['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']
    .map(
      (one) =>
        `list(${one}).sort(): list(${one}) list(${one}).isSorted(): bool list(${one}).max(): ${one} list(${one}).min(): ${one}`,
    )
    .join('\n')}
  ${['int', 'uint', 'double', 'duration'].map((one) => `list(${one}).sum(): ${one}`).join('\n')}
  string.find(string): string    string.findAll(string): list(string)    string.findAll(string, int): list(string)
  url(string): URL    isURL(string): bool
  URL.getScheme(): string    URL.getHost(): string    URL.getHostname(): string    URL.getPort(): string
  URL.getEscapedPath(): string    URL.getQuery(): map(string, list(string))
  quantity(string): Quantity    isQuantity(string): bool
  sign(Quantity): int    Quantity.isGreaterThan(Quantity): bool    Quantity.isLessThan(Quantity): bool
  Quantity.compareTo(Quantity): int    Quantity.asApproximateFloat(): double    Quantity.asInteger(): int
  Quantity.isInteger(): bool    Quantity.add(Quantity): Quantity    Quantity.add(int): Quantity
  Quantity.sub(Quantity): Quantity    Quantity.sub(int): Quantity
  semver(string): Semver    semver(string, bool): Semver    isSemver(string): bool    isSemver(string, bool): bool
  Semver.isGreaterThan(Semver): bool    Semver.isLessThan(Semver): bool    Semver.compareTo(Semver): int
  Semver.major(): int    Semver.minor(): int    Semver.patch(): int
  ip(string): IP    isIP(string): bool    ip.isCanonical(string): bool    string(IP): string
  IP.family(): int    IP.isUnspecified(): bool    IP.isLoopback(): bool    IP.isLinkLocalMulticast(): bool
  IP.isLinkLocalUnicast(): bool    IP.isGlobalUnicast(): bool
  cidr(string): CIDR    isCIDR(string): bool    string(CIDR): string
  CIDR.containsIP(string): bool    CIDR.containsIP(IP): bool    CIDR.containsCIDR(string): bool
  CIDR.containsCIDR(CIDR): bool    CIDR.ip(): IP    CIDR.prefixLength(): int    CIDR.masked(): CIDR
  ${['dns1123Label', 'dns1123Subdomain', 'dns1035Label', 'qualifiedName', 'dns1123LabelPrefix']
    .concat('dns1123SubdomainPrefix', 'dns1035LabelPrefix', 'labelValue', 'uri', 'uuid', 'byte', 'date', 'datetime')
    .map((one) => `format.${one}(): Format`)
    .join('\n')}
  Format.validate(string): optional(list(string))    format.named(string): optional(Format)
  Authorizer.path(string): PathCheck    Authorizer.group(string): GroupCheck
  Authorizer.serviceAccount(string, string): Authorizer
  GroupCheck.resource(string): ResourceCheck    ResourceCheck.subresource(string): ResourceCheck
  ResourceCheck.namespace(string): ResourceCheck    ResourceCheck.name(string): ResourceCheck
  ResourceCheck.fieldSelector(string): ResourceCheck    ResourceCheck.labelSelector(string): ResourceCheck
  PathCheck.check(string): Decision    ResourceCheck.check(string): Decision
  Decision.errored(): bool    Decision.error(): string    Decision.allowed(): bool    Decision.reason(): string`

const ordered = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration']
const numbers = ['int', 'uint', 'double']

/** Comparisons of a type with itself, and of numbers with each other. */
function comparisons(): string {
  const pairs = [
    ...ordered.map((one) => [one, one]),
    ...numbers.flatMap((a) => numbers.filter((b) => b !== a).map((b) => [a, b])),
  ]
  return ['_<_', '_<=_', '_>_', '_>=_'].flatMap((name) => pairs.map(([a, b]) => `${name}(${a}, ${b}): bool`)).join('\n')
}

const named: Readonly<Record<string, Type>> = {
  bool: types.bool,
  int: types.int,
  uint: types.uint,
  double: types.double,
  string: types.string,
  bytes: types.bytes,
  dyn: types.dyn,
  any: types.any,
  null: types.nullType,
  duration: types.duration,
  timestamp: types.timestamp,
  URL: types.structOf('kubernetes.URL'),
  Quantity: types.structOf('kubernetes.Quantity'),
  Semver: types.structOf('kubernetes.Semver'),
  IP: types.structOf('net.IP'),
  CIDR: types.structOf('net.CIDR'),
  Format: types.structOf('kubernetes.NamedFormat'),
  Authorizer: types.structOf('kubernetes.authorization.Authorizer'),
  PathCheck: types.structOf('kubernetes.authorization.PathCheck'),
  GroupCheck: types.structOf('kubernetes.authorization.GroupCheck'),
  ResourceCheck: types.structOf('kubernetes.authorization.ResourceCheck'),
  Decision: types.structOf('kubernetes.authorization.Decision'),
}

/** `map(string, list(A))`: a capital letter alone is a parameter, a name with a dot a struct. */
export function parseType(text: string): Type {
  const { name, args } = /^(?<name>[A-Za-z.]+)(?:\((?<args>.*)\))?$/s.exec(text.trim())!.groups!
  const params = args === undefined ? [] : splitArgs(args).map(parseType)
  switch (name) {
    case 'list':
      return types.listOf(params[0]!)
    case 'map':
      return types.mapOf(params[0]!, params[1]!)
    case 'optional':
      return types.optionalOf(params[0]!)
    case 'type':
      return types.typeOf(params[0]!)
    default:
      if (/^[A-Z]$/.test(name!)) return types.paramOf(name!)
      return named[name!] ?? types.structOf(name!)
  }
}

function splitArgs(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let part = ''
  for (const letter of text) {
    if (letter === '(') depth++
    if (letter === ')') depth--
    if (letter === ',' && depth === 0) {
      parts.push(part)
      part = ''
    } else part += letter
  }
  return part.trim() === '' ? parts : [...parts, part]
}

/** A namespace that functions have in their names, not a receiver. */
const prefixes = ['optional.', 'strings.', 'sets.', 'lists.', 'format.', 'ip.isCanonical', 'jsonpatch.', 'math.']

const typePattern = String.raw`(?:[A-Za-z.]+(?:\((?:[^()]|\([^()]*\))*\))?)`
const signature = new RegExp(
  String.raw`(?<head>(?:${typePattern}\.)?[^\s(]+(?=\())\((?<args>(?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\): (?<result>${typePattern})`,
  'g',
)

/** Reads `name(type, …): type` and `type.name(type, …): type`. */
export function parseFunctions(text: string): Map<string, Overload[]> {
  const functions = new Map<string, Overload[]>()
  for (const match of text.matchAll(signature)) {
    const { head, args, result } = match.groups as { head: string; args: string; result: string }
    const isNamespaced = prefixes.some((prefix) => head.startsWith(prefix))
    const dot = isNamespaced || head.startsWith('_') || head.startsWith('@') ? -1 : head.lastIndexOf('.')
    const name = head.slice(dot + 1)
    const overload: Overload = {
      isMember: dot >= 0,
      args: [...(dot < 0 ? [] : [parseType(head.slice(0, dot))]), ...splitArgs(args).map(parseType)],
      result: parseType(result),
    }
    functions.set(name, [...(functions.get(name) ?? []), overload])
  }
  return functions
}

let base: Functions | undefined

/** What every expression may call. Read once, when the first expression is compiled. */
export function baseFunctions(): Functions {
  base ??= parseFunctions(standard + comparisons() + extensions)
  return base
}
