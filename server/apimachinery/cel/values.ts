// Values of expressions. Lists are arrays, maps are Maps, integers are bigints; the rest has classes.
// Source: cel-go 0.26, common/types
import { Uint, type Literal } from './ast.ts'

/** Nanoseconds. */
export class Duration {
  readonly nanoseconds: bigint
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds
  }
}

/** Nanoseconds since the epoch. */
export class Timestamp {
  readonly nanoseconds: bigint
  /** `Z` or `+02:00`: how it prints. */
  readonly zone: string
  constructor(nanoseconds: bigint, zone = 'Z') {
    this.nanoseconds = nanoseconds
    this.zone = zone
  }
}

export class Optional {
  readonly content: Value | undefined
  constructor(content?: Value) {
    this.content = content
  }
}

/** A type as a value. */
export class TypeValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** A value with functions of its own, such as a quantity. */
export abstract class Abstract {
  abstract readonly typeName: string
  /** A function whose receiver this is. @throws EvaluationError */
  abstract call(name: string, args: readonly Value[]): Value
  equals(other: Value): boolean {
    return this === other
  }
}

/** A struct that an expression has made, or a declared one: only its fields may be named. */
export class Struct {
  readonly name: string
  readonly fields: ReadonlyMap<string, Value>
  constructor(name: string, fields: ReadonlyMap<string, Value>) {
    this.name = name
    this.fields = fields
  }
}

/** A function that checks its arguments itself: a dynamic one may be of any type. */
export type CelFunction = (...args: readonly Value[]) => Value

export type MapValue = ReadonlyMap<MapKey, Value>
export type MapKey = string | bigint | boolean
export type Value =
  | Literal
  | Duration
  | Timestamp
  | Optional
  | TypeValue
  | Abstract
  | Struct
  | readonly Value[]
  | MapValue

/** What goes wrong while an expression runs. */
export class EvaluationError extends Error {}

export function isMap(value: Value): value is MapValue {
  return value instanceof Map
}

/** What JSON holds: whole numbers are integers. */
export function fromJson(value: unknown): Value {
  if (value === undefined || value === null) return null
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value === 'object') return new Map(Object.entries(value).map(([key, member]) => [key, fromJson(member)]))
  return value as string | boolean
}

/** As JSON has it: structs and maps are objects, bytes are base64. */
export function toJson(value: Value): unknown {
  const number = numberOf(value)
  if (number !== undefined) return Number(number)
  if (Array.isArray(value)) return (value as readonly Value[]).map(toJson)
  if (isMap(value)) return Object.fromEntries([...value].map(([key, one]) => [String(key), toJson(one)]))
  if (value instanceof Struct) return Object.fromEntries([...value.fields].map(([name, one]) => [name, toJson(one)]))
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return typeof value === 'object' && value !== null ? String(value) : value
}

export function typeNameOf(value: Value): string {
  if (value === null) return 'null_type'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'double'
  if (typeof value === 'string') return 'string'
  if (value instanceof Uint) return 'uint'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
  if (value instanceof Optional) return 'optional_type'
  if (value instanceof TypeValue) return 'type'
  if (value instanceof Abstract) return value.typeName
  if (value instanceof Struct) return value.name
  return Array.isArray(value) ? 'list' : 'map'
}

/** A number as one that can be compared with any other. */
export function numberOf(value: Value): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  return value instanceof Uint ? value.value : undefined
}

export function equal(a: Value, b: Value): boolean {
  const [x, y] = [numberOf(a), numberOf(b)]
  // Loose on purpose: an integer equals a double of the same amount.
  // oxlint-disable-next-line eqeqeq
  if (x !== undefined && y !== undefined) return x == y
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((one: Value, at) => equal(one, (b as readonly Value[])[at]!))
  }
  if (isMap(a) && isMap(b)) {
    return a.size === b.size && [...a].every(([key, one]) => b.has(key) && equal(one, b.get(key)!))
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  if (a instanceof Duration && b instanceof Duration) return a.nanoseconds === b.nanoseconds
  if (a instanceof Timestamp && b instanceof Timestamp) return a.nanoseconds === b.nanoseconds
  if (a instanceof TypeValue && b instanceof TypeValue) return a.name === b.name
  if (a instanceof Optional && b instanceof Optional) {
    return a.content === undefined || b.content === undefined ? a.content === b.content : equal(a.content, b.content)
  }
  if (a instanceof Struct && b instanceof Struct) {
    return (
      a.name === b.name &&
      a.fields.size === b.fields.size &&
      [...a.fields].every(([key, one]) => b.fields.has(key) && equal(one, b.fields.get(key)!))
    )
  }
  return a instanceof Abstract ? a.equals(b) : a === b
}

/** Below zero, zero, above zero; undefined for what has no order. */
export function compare(a: Value, b: Value): number | undefined {
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if ((a instanceof Duration && b instanceof Duration) || (a instanceof Timestamp && b instanceof Timestamp)) {
    return a.nanoseconds < b.nanoseconds ? -1 : a.nanoseconds > b.nanoseconds ? 1 : 0
  }
  return undefined
}

/** How an error prints a key. */
export function printKey(key: Value): string {
  if (key instanceof Uint) return String(key.value)
  return String(key as MapKey)
}
