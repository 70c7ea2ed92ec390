// Operators and conversions.
// Source: cel-go 0.26, common/types/int.go, uint.go, double.go, overflow.go, string.go
import { Uint } from './ast.ts'
import { parseDurationNanoseconds, parseTimestampNanoseconds } from './time.ts'
import { Abstract, Duration, EvaluationError, Timestamp, TypeValue, typeNameOf } from './values.ts'
import type { Value } from './values.ts'

const maxInt = 2n ** 63n - 1n
const minInt = -(2n ** 63n)
const maxUint = 2n ** 64n - 1n

function overflowed(kind: 'integer' | 'unsigned integer' = 'integer'): never {
  throw new EvaluationError(`${kind} overflow`)
}

export function int64(value: bigint): bigint {
  return value > maxInt || value < minInt ? overflowed() : value
}

export function uint64(value: bigint): Uint {
  return value > maxUint || value < 0n ? overflowed('unsigned integer') : new Uint(value)
}

export function noOverload(): never {
  throw new EvaluationError('no such overload')
}

export function arithmetic(operator: string, a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int64(integers(operator, a, b))
  if (a instanceof Uint && b instanceof Uint) return uint64(integers(operator, a.value, b.value))
  if (typeof a === 'number' && typeof b === 'number') return doubles(operator, a, b)
  if (operator === '+') return sum(a, b)
  return operator === '-' ? difference(a, b) : noOverload()
}

function integers(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    default:
      if (b === 0n) throw new EvaluationError(operator === '/' ? 'division by zero' : 'modulus by zero')
      return operator === '/' ? a / b : a % b
  }
}

function doubles(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    default:
      return operator === '/' ? a / b : noOverload()
  }
}

function sum(a: Value, b: Value): Value {
  if (typeof a === 'string' && typeof b === 'string') return a + b
  if (Array.isArray(a) && Array.isArray(b)) return [...(a as readonly Value[]), ...(b as readonly Value[])]
  if (a instanceof Uint8Array && b instanceof Uint8Array) return new Uint8Array([...a, ...b])
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanoseconds + b.nanoseconds)
  if (a instanceof Duration && b instanceof Timestamp) return new Timestamp(a.nanoseconds + b.nanoseconds)
  if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.nanoseconds + b.nanoseconds)
  return noOverload()
}

function difference(a: Value, b: Value): Value {
  if (a instanceof Timestamp && b instanceof Timestamp) return new Duration(a.nanoseconds - b.nanoseconds)
  if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.nanoseconds - b.nanoseconds)
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanoseconds - b.nanoseconds)
  return noOverload()
}

export function negate(value: Value): Value {
  if (typeof value === 'bigint') return int64(-value)
  return typeof value === 'number' ? -value : noOverload()
}

function conversionError(from: Value, to: string): never {
  throw new EvaluationError(`type conversion error from '${typeNameOf(from)}' to '${to}'`)
}

export function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return int64(value.value)
  if (typeof value === 'number') return Number.isFinite(value) ? int64(BigInt(Math.trunc(value))) : overflowed()
  if (typeof value === 'string')
    return /^[+-]?\d+$/.test(value) ? int64(BigInt(value.replace(/^\+/, ''))) : conversionError(value, 'int')
  if (value instanceof Timestamp) return value.nanoseconds / 1_000_000_000n
  if (value instanceof Duration) return value.nanoseconds
  return conversionError(value, 'int')
}

export function toUint(value: Value): Uint {
  if (value instanceof Uint) return value
  if (typeof value === 'bigint') return uint64(value)
  if (typeof value === 'number')
    return Number.isFinite(value) ? uint64(BigInt(Math.trunc(value))) : overflowed('unsigned integer')
  if (typeof value === 'string' && /^\d+$/.test(value)) return uint64(BigInt(value))
  return conversionError(value, 'uint')
}

export function toDouble(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  if (typeof value === 'string' && value.trim() === value && value !== '' && !Number.isNaN(Number(value)))
    return Number(value)
  return conversionError(value, 'double')
}

export function toText(value: Value): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return formatDouble(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  if (value instanceof Duration) return `${Number(value.nanoseconds) / 1e9}s`
  if (value instanceof Timestamp) return formatTimestamp(value)
  if (value instanceof TypeValue) return value.name
  return value instanceof Abstract ? String(value) : conversionError(value, 'string')
}

function formatDouble(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (Object.is(value, -0)) return '-0'
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  if (exponent >= -4 && exponent < 21 && Math.abs(value) < 1e6) return String(value)
  // As Go's %g: an exponent of at least two digits.
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}

/** In the zone in which it was written. */
function formatTimestamp({ nanoseconds: instant, zone }: Timestamp): string {
  const nanoseconds = instant + BigInt(zoneMinutes(zone)) * 60_000_000_000n
  const fraction = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const whole = new Date(Number((nanoseconds - fraction) / 1_000_000n)).toISOString().slice(0, 19)
  return `${whole}${fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`}${zone}`
}

function zoneMinutes(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):(\d{2})$/.exec(zone) ?? []
  const amount = Number(hours ?? 0) * 60 + Number(minutes ?? 0)
  return sign === '-' ? -amount : amount
}

export function toBool(value: Value): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') {
    if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true
    if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false
  }
  return conversionError(value, 'bool')
}

export function toDuration(value: Value): Duration {
  if (value instanceof Duration) return value
  if (typeof value === 'bigint') return new Duration(value)
  const parsed = typeof value === 'string' ? parseDurationNanoseconds(value) : undefined
  return parsed === undefined ? conversionError(value, 'google.protobuf.Duration') : new Duration(parsed)
}

export function toTimestamp(value: Value): Timestamp {
  if (value instanceof Timestamp) return value
  if (typeof value === 'bigint') return new Timestamp(value * 1_000_000_000n)
  const parsed = typeof value === 'string' ? parseTimestampNanoseconds(value) : undefined
  if (parsed === undefined) return conversionError(value, 'google.protobuf.Timestamp')
  return new Timestamp(parsed, /(?:Z|[+-]\d{2}:\d{2})$/.exec(value as string)?.[0])
}
