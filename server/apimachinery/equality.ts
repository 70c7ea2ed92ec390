// Deep equality, deep copies and deep freezing of JSON values: what every layer does to every object.

/** A copy that may be changed, of something that may be frozen. */
export type Mutable<T> = T extends readonly (infer E)[]
  ? Mutable<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T

/** Equal as JSON: the order of members does not count, and a member that is `undefined` is as good as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a !== a && b !== b
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let at = 0; at < a.length; at++) if (!deepEqual(a[at], b[at])) return false
    return true
  }
  if (Array.isArray(b)) return false
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  let common = 0
  for (const key in left) {
    if (left[key] === undefined) continue
    if (!Object.hasOwn(right, key) || !deepEqual(left[key], right[key])) return false
    common++
  }
  for (const key in right) if (right[key] !== undefined) common--
  return common === 0
}

/** Lists, maps and absent values that hold nothing: what Go's semantic equality takes for the same. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.length === 0
  for (const key in value) if ((value as Record<string, unknown>)[key] !== undefined) return false
  return true
}

/**
 * As deepEqual, but an empty list or object equals an absent one.
 * Source: apimachinery/pkg/api/equality, Semantic.DeepEqual (which does so for lists and maps; structs have no absence)
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isEmpty(a) && isEmpty(b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((element, at) => semanticEqual(element, b[at]))
  }
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  for (const key in left) if (!semanticEqual(left[key], right[key])) return false
  for (const key in right) if (!(key in left) && !isEmpty(right[key])) return false
  return true
}

/** A deep copy that shares nothing with the original. */
export function copy<T>(value: T): Mutable<T> {
  return copyValue(value) as Mutable<T>
}

function copyValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const elements = new Array<unknown>(value.length)
    for (let at = 0; at < value.length; at++) elements[at] = copyValue(value[at])
    return elements
  }
  const result: Record<string, unknown> = {}
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key]
    // Assigning to this name would set the prototype.
    if (key === '__proto__')
      Object.defineProperty(result, key, {
        value: copyValue(member),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    else result[key] = typeof member === 'object' ? copyValue(member) : member
  }
  return result
}

/** Freezes in place, all the way down. A frozen part is taken to be frozen below, too. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const key in value) deepFreeze(value[key])
  return value
}
