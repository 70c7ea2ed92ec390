// Field paths and field errors: what validation returns.
// Source: staging/src/k8s.io/apimachinery/pkg/util/validation/field (v1.36)
import { quote } from './go-quote.ts'

/**
 * A path into an object, `spec.template.spec.containers[0].name`; immutable. It is only put together when it is printed:
 * validation walks many paths, and reports few.
 */
export class FieldPath {
  readonly #step: string | number
  readonly #isBracketed: boolean
  readonly #parent: FieldPath | undefined

  constructor(step: string | number, isBracketed = false, parent?: FieldPath) {
    this.#step = step
    this.#isBracketed = isBracketed
    this.#parent = parent
  }

  child(name: string, second = '', third = '', fourth = ''): FieldPath {
    const path = name === '' ? this : new FieldPath(name, false, this)
    return second === '' ? path : path.child(second, third, fourth)
  }

  index(position: number): FieldPath {
    return new FieldPath(position, true, this)
  }

  key(name: string): FieldPath {
    return new FieldPath(name, true, this)
  }

  /** A path that leads nowhere prints as Go's empty index. */
  toString(): string {
    const text = this.#print()
    return text === '' ? '[]' : text
  }

  #print(): string {
    const before = this.#parent === undefined ? '' : this.#parent.#print()
    if (this.#isBracketed) return `${before}[${this.#step}]`
    return before === '' ? String(this.#step) : `${before}.${this.#step}`
  }
}

export function field(...names: string[]): FieldPath {
  return new FieldPath(names.join('.'))
}

/** The reasons of a FieldError are the `reason` of its Status cause. */
export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueNotFound'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError'

export interface FieldError {
  readonly reason: FieldErrorReason
  readonly field: string
  /** The text without the path: what a Status cause shows. */
  readonly message: string
}

/** A bad value whose print is given: a struct whose members are to stand in Go order. */
export class Printed {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/**
 * A bad value as Go prints it in an error: strings quoted, numbers and booleans bare, the rest as compact JSON with
 * sorted keys.
 */
function printValue(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'string') return quote(value)
  if (value instanceof Printed) return value.text
  return JSON.stringify(sortKeys(value))
}

/** A copy whose members are in the order in which Go writes maps. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sortKeys(member)]),
  )
}

export function required(path: FieldPath, detail = ''): FieldError {
  return { reason: 'FieldValueRequired', field: String(path), message: 'Required value' + suffix(detail) }
}

export function invalid(path: FieldPath, value: unknown, detail: string): FieldError {
  return {
    reason: 'FieldValueInvalid',
    field: String(path),
    message: `Invalid value: ${printValue(value)}` + suffix(detail),
  }
}

export function notSupported(path: FieldPath, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? '' : 'supported values: ' + supported.map(quote).join(', ')
  return {
    reason: 'FieldValueNotSupported',
    field: String(path),
    message: `Unsupported value: ${printValue(value)}` + suffix(detail),
  }
}

export function notFound(path: FieldPath, value: unknown): FieldError {
  return { reason: 'FieldValueNotFound', field: String(path), message: `Not found: ${printValue(value)}` }
}

export function duplicate(path: FieldPath, value: unknown): FieldError {
  return { reason: 'FieldValueDuplicate', field: String(path), message: `Duplicate value: ${printValue(value)}` }
}

export function forbidden(path: FieldPath, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field: String(path), message: 'Forbidden' + suffix(detail) }
}

/** `maxBytes` is named in the text; the value itself is not repeated. */
export function tooLong(path: FieldPath, maxBytes: number): FieldError {
  return {
    reason: 'FieldValueTooLong',
    field: String(path),
    message: `Too long: may not be more than ${maxBytes} bytes`,
  }
}

export function tooMany(path: FieldPath, actual: number, max: number): FieldError {
  return {
    reason: 'FieldValueTooMany',
    field: String(path),
    message: `Too many: ${actual}: must have at most ${max} items`,
  }
}

/** What the validation itself could not do. */
export function internal(path: FieldPath, detail: string): FieldError {
  return { reason: 'InternalError', field: String(path), message: `Internal error: ${detail}` }
}

export function typeInvalid(path: FieldPath, value: unknown, detail: string): FieldError {
  return {
    reason: 'FieldValueTypeInvalid',
    field: String(path),
    message: `Invalid value: ${printValue(value)}` + suffix(detail),
  }
}

function suffix(detail: string): string {
  return detail === '' ? '' : `: ${detail}`
}
