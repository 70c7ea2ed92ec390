// What an unquoted YAML scalar is, by the rules of YAML 1.1 that go-yaml v2 applies: `y` and `on` are booleans, `010` is
// eight, `1_000` a number, a date stays a string.
// Source: go.yaml.in/yaml v2.4.3, resolve; encode.go isBase60Float

export type Resolved =
  | { readonly tag: 'string' | 'timestamp'; readonly value: string }
  | { readonly tag: 'bool'; readonly value: boolean }
  | { readonly tag: 'int' | 'float'; readonly value: number }
  | { readonly tag: 'null'; readonly value: null }

const words = new Map<string, Resolved>()

function addWords(resolved: Resolved, ...texts: string[]): void {
  for (const text of texts) words.set(text, resolved)
}

addWords({ tag: 'bool', value: true }, 'y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON')
addWords({ tag: 'bool', value: false }, 'n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF')
addWords({ tag: 'null', value: null }, '', '~', 'null', 'Null', 'NULL')
addWords({ tag: 'float', value: NaN }, '.nan', '.NaN', '.NAN')
addWords({ tag: 'float', value: Infinity }, '.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF')
addWords({ tag: 'float', value: -Infinity }, '-.inf', '-.Inf', '-.INF')

const maxUint64 = 2n ** 64n - 1n
const minInt64 = -(2n ** 63n)

/** As strconv.ParseInt with base 0: a leading 0 means octal, 0x, 0o and 0b their bases. */
function parseInteger(text: string): number | undefined {
  const match = /^([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/.exec(text)
  if (match === null) return undefined
  const [, sign, hex, binary, octal, decimal] = match
  const digits =
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : decimal!
  const magnitude = BigInt(digits)
  const value = sign === '-' ? -magnitude : magnitude
  // What no 64 bits hold is a floating-point number, if it is written in decimal.
  return value > maxUint64 || value < minInt64 ? undefined : Number(value)
}

const floatPattern = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/

const dayPattern =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)| +(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?)?$/

function isTimestamp(text: string): boolean {
  const match = dayPattern.exec(text)
  if (match === null) return false
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((group) =>
    Number(match[group] ?? match[group + 3] ?? 0),
  ) as [number, number, number, number, number, number]
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return month >= 1 && month <= 12 && day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60
}

/** Only these characters can begin something that is not a string. */
const hint = /^[-+.0-9yYnNtTfFoO~]/

export function resolvePlain(text: string): Resolved {
  const asString: Resolved = { tag: 'string', value: text }
  if (text !== '' && !hint.test(text)) return asString
  const word = words.get(text)
  if (word !== undefined) return word
  const first = text[0]!
  if (first === '.') return floatPattern.test(text) ? { tag: 'float', value: Number(text) } : asString
  if (!/[-+0-9]/.test(first)) return asString
  if (isTimestamp(text)) return { tag: 'timestamp', value: text }
  const plain = text.replaceAll('_', '')
  const integer = parseInteger(plain)
  if (integer !== undefined) return { tag: 'int', value: integer }
  return floatPattern.test(plain) ? { tag: 'float', value: Number(plain) } : asString
}

/** `1:30`, a number in base 60 to other YAML readers: not read as one here, but quoted on the way out. */
export function isBase60(text: string): boolean {
  return /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text)
}

/** A floating-point number as Go's format `g` prints it: with an exponent from 1e+06 on, and below 1e-4. */
export function printFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  const [mantissa = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  if (exponent >= -4 && exponent < 6) return String(value)
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}
