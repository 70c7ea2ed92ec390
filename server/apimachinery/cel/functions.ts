// The functions that expressions call, by name. The receiver is the first argument.
// Source: cel-go 0.26, common/stdlib/standard.go, ext/strings.go, ext/sets.go, ext/lists.go, cel/library.go;
// apiserver/pkg/cel/library (v1.36)
import { Uint } from './ast.ts'
import {
  arithmetic,
  negate,
  noOverload,
  toBool,
  toDouble,
  toDuration,
  toInt,
  toText,
  toTimestamp,
  toUint,
} from './arithmetic.ts'
import { kubernetesFunctions } from './kubernetes-values.ts'
import { compileRegex, regexProblem } from './regex.ts'
import { stringFunctions } from './strings.ts'
import {
  Abstract,
  Duration,
  EvaluationError,
  Optional,
  Timestamp,
  TypeValue,
  compare,
  equal,
  isMap,
  typeNameOf,
} from './values.ts'
import type { CelFunction, MapKey, Value } from './values.ts'

/** Whether a name with dots is a function rather than a field's. */
export function isNamespaced(name: string): boolean {
  return functions.has(name) || name.startsWith('format.')
}

/** @throws EvaluationError */
export function callFunction(name: string, args: readonly Value[], isMember = false): Value {
  const [receiver, ...rest] = args
  if (isMember && receiver instanceof Abstract) return receiver.call(name, rest)
  const found = functions.get(name) ?? (name.startsWith('format.') ? kubernetesFunctions['@format']! : undefined)
  if (found === undefined) return noOverload()
  return name.startsWith('format.') && name !== 'format.named' ? found(name.slice('format.'.length)) : found(...args)
}

const byOrder =
  (holds: (order: number) => boolean): CelFunction =>
  (a, b) => {
    const order = compare(a!, b!)
    // What is no number compares with nothing.
    if (Number.isNaN(a) || Number.isNaN(b)) return false
    return order === undefined ? noOverload() : holds(order)
  }

function listOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : noOverload()
}

function size(value: Value): bigint {
  if (typeof value === 'string') return BigInt([...value].length)
  if (value instanceof Uint8Array || Array.isArray(value)) return BigInt((value as Uint8Array).length)
  return isMap(value) ? BigInt(value.size) : noOverload()
}

function isIn(one: Value, container: Value): boolean {
  if (Array.isArray(container)) return (container as readonly Value[]).some((other) => equal(other, one))
  if (isMap(container)) return container.has((one instanceof Uint ? one.value : one) as MapKey)
  return noOverload()
}

function matches(text: Value, pattern: Value): boolean {
  if (typeof text !== 'string' || typeof pattern !== 'string') return noOverload()
  const regex = compileRegex(pattern)
  if (regex === undefined) throw new EvaluationError(`error parsing regexp: ${regexProblem(pattern)}`)
  return regex.test(text)
}

function contains(outer: Value, inner: Value): boolean {
  const all = listOf(outer)
  return listOf(inner).every((one) => all.some((other) => equal(other, one)))
}

function isZero(value: Value): boolean {
  if (value === null || value === false || value === '' || value === 0n || value === 0) return true
  if (value instanceof Uint) return value.value === 0n
  return Array.isArray(value) ? value.length === 0 : isMap(value) && value.size === 0
}

function sorted(list: Value): Value[] {
  return [...listOf(list)].sort((a, b) => compare(a, b) ?? noOverload())
}

function total(list: Value): Value {
  const [first, ...rest] = listOf(list)
  return rest.reduce((sum: Value, one) => arithmetic('+', sum, one), first ?? 0n)
}

function extreme(name: string, sign: number): CelFunction {
  return (list) => {
    const all = listOf(list)
    if (all.length === 0) throw new EvaluationError(`${name} called on empty list`)
    return all.reduce((best, one) => ((compare(one, best) ?? noOverload()) * sign > 0 ? one : best))
  }
}

function flatten(list: Value, depth = 1n): Value[] {
  return listOf(list).flatMap((one) => (Array.isArray(one) && depth > 0n ? flatten(one as Value, depth - 1n) : [one]))
}

const dateParts: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDayOfYear: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDate: (date) => date.getUTCDate(),
  getDayOfWeek: (date) => date.getUTCDay(),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
}

const durationUnits: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
  getMilliseconds: 1_000_000n,
}

/** A date whose UTC parts are those of the zone. */
function inZone({ nanoseconds }: Timestamp, zone: Value | undefined): Date {
  const time = Number(nanoseconds / 1_000_000n)
  if (zone === undefined || zone === '' || zone === 'UTC') return new Date(time)
  const offset = /^([+-]?)(\d{2}):(\d{2})$/.exec(String(zone))
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3])
    return new Date(time + (offset[1] === '-' ? -minutes : minutes) * 60_000)
  }
  try {
    const local = new Date(time).toLocaleString('sv-SE', { timeZone: String(zone) })
    return new Date(Date.parse(`${local.replace(' ', 'T')}Z`) + (time % 1000))
  } catch {
    throw new EvaluationError(`unknown time zone ${String(zone)}`)
  }
}

function timePart(name: string): CelFunction {
  return (value, zone) => {
    if (value instanceof Timestamp) return BigInt(dateParts[name]!(inZone(value, zone)))
    const unit = durationUnits[name]
    if (!(value instanceof Duration) || unit === undefined) return noOverload()
    return value.nanoseconds / unit
  }
}

function optional(value: Value): Optional {
  return value instanceof Optional ? value : noOverload()
}

function toBytes(value: Value): Value {
  return value instanceof Uint8Array
    ? value
    : typeof value === 'string'
      ? new TextEncoder().encode(value)
      : noOverload()
}

const functions: ReadonlyMap<string, CelFunction> = new Map(
  Object.entries<CelFunction>({
    ...Object.fromEntries([...'+-*/%'].map((sign) => [`_${sign}_`, (a, b) => arithmetic(sign, a!, b!)])),
    '-_': (a) => negate(a!),
    '!_': (a) => (typeof a === 'boolean' ? !a : noOverload()),
    '_<_': byOrder((order) => order < 0),
    '_<=_': byOrder((order) => order <= 0),
    '_>_': byOrder((order) => order > 0),
    '_>=_': byOrder((order) => order >= 0),
    '@in': (one, container) => isIn(one!, container!),
    size: (value) => size(value!),
    bool: (value) => toBool(value!),
    bytes: (value) => toBytes(value!),
    double: (value) => toDouble(value!),
    duration: (value) => toDuration(value!),
    dyn: (value) => value!,
    int: (value) => toInt(value!),
    string: (value) => toText(value!),
    timestamp: (value) => toTimestamp(value!),
    type: (value) => new TypeValue(typeNameOf(value!)),
    uint: (value) => toUint(value!),
    matches: (text, pattern) => matches(text!, pattern!),
    ...Object.fromEntries(Object.keys(dateParts).map((name) => [name, timePart(name)])),
    'optional.of': (value) => new Optional(value),
    'optional.ofNonZeroValue': (value) => new Optional(isZero(value!) ? undefined : value),
    'optional.none': () => new Optional(),
    value: (one) => {
      const { content } = optional(one!)
      if (content === undefined) throw new EvaluationError('optional.none() dereference')
      return content
    },
    hasValue: (one) => optional(one!).content !== undefined,
    or: (one, other) => (optional(one!).content === undefined ? other! : one!),
    orValue: (one, other) => optional(one!).content ?? other!,
    'sets.contains': (outer, inner) => contains(outer!, inner!),
    'sets.equivalent': (a, b) => contains(a!, b!) && contains(b!, a!),
    'sets.intersects': (a, b) => listOf(a).some((one) => listOf(b).some((other) => equal(one, other))),
    'lists.range': (count) => Array.from({ length: Number(toInt(count!)) }, (_none, at) => BigInt(at)),
    slice: (list, start, end) => {
      const all = listOf(list)
      const [from, to] = [Number(start), Number(end)]
      if (from < 0 || to < 0) throw new EvaluationError(`cannot slice(${from}, ${to}), negative indexes not supported`)
      if (from > to)
        throw new EvaluationError(`cannot slice(${from}, ${to}), start index must be less than or equal to end index`)
      if (to > all.length) throw new EvaluationError(`cannot slice(${from}, ${to}), list is length ${all.length}`)
      return all.slice(from, to)
    },
    flatten: (list, depth) => flatten(list!, depth === undefined ? 1n : toInt(depth)),
    reverse: (list) => listOf(list).toReversed(),
    distinct: (list) => listOf(list).filter((one, at, all) => all.findIndex((other) => equal(other, one)) === at),
    sort: (list) => sorted(list!),
    isSorted: (list) => listOf(list).every((one, at, all) => at === 0 || (compare(all[at - 1]!, one) ?? 0) <= 0),
    sum: (list) => total(list!),
    max: extreme('max', 1),
    min: extreme('min', -1),
    indexOf: (one, ...rest) =>
      Array.isArray(one)
        ? BigInt((one as readonly Value[]).findIndex((other) => equal(other, rest[0]!)))
        : stringFunctions['indexOf']!(one!, ...rest),
    lastIndexOf: (one, ...rest) =>
      Array.isArray(one)
        ? BigInt((one as readonly Value[]).findLastIndex((other) => equal(other, rest[0]!)))
        : stringFunctions['lastIndexOf']!(one!, ...rest),
    ...Object.fromEntries(
      Object.entries(stringFunctions).filter(([name]) => name !== 'indexOf' && name !== 'lastIndexOf'),
    ),
    ...kubernetesFunctions,
    'jsonpatch.escapeKey': (key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1'),
  }),
)
