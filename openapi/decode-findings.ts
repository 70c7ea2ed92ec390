// What Go would say of a JSON value that does not fit its type: the second look decode.ts takes when something is off.
// Walks the value in its own order, because the first error is reported.
// Source: sigs.k8s.io/json internal/golang/encoding/json, decodeState (v0.0.0-20250730)
import { canonicalQuantity, QuantityError } from '../server/apimachinery/quantity.ts'
import { Base64Error, canonicalBase64 } from './base64.ts'
import { typeByName } from './index.ts'
import type { ScalarSchema, ScalarType, Schema, StructSchema } from './schema.ts'
import { canonicalMicroTime, canonicalTime, TimeError } from './time.ts'

export interface Problems {
  /** Go's error text; undefined if the value fits but for unknown fields. */
  readonly error: string | undefined
  readonly unknownFields: string[]
}

/** @param oddNumbers by path, numbers as a text had them */
export function findProblems(
  schema: StructSchema,
  value: unknown,
  oddNumbers: ReadonlyMap<string, string> = new Map(),
): Problems {
  const walk = new Walk(oddNumbers)
  try {
    walk.visit(schema, value, ROOT)
  } catch (error) {
    if (!(error instanceof Abort)) throw error
    return { error: error.message, unknownFields: [] }
  }
  return { error: walk.mismatch?.print(), unknownFields: [...walk.unknownFields] }
}

/** Where a value is: Go names the struct and the fields down to it (without indices), strict decoding the path. */
interface Place {
  readonly struct: string | undefined
  readonly fields: readonly string[]
  readonly path: string
}

const ROOT: Place = { struct: undefined, fields: [], path: '' }

/** Go's UnmarshalTypeError. */
class Mismatch {
  readonly value: string
  readonly type: string
  readonly place: Place
  constructor(value: string, type: string, place: Place) {
    this.value = value
    this.type = type
    this.place = place
  }

  print(): string {
    const { struct, fields } = this.place
    const into = struct === undefined ? `value` : `struct field ${struct}.${fields.join('.')}`
    return `json: cannot unmarshal ${this.value} into Go ${into} of type ${this.type}`
  }
}

/** An error from a type with a JSON form of its own: decoding stops, and it wins over mismatches met before. */
class Abort extends Error {}

const MAX_UNKNOWN_FIELDS = 100

class Walk {
  mismatch: Mismatch | { print(): string } | undefined
  readonly unknownFields = new Set<string>()
  readonly #oddNumbers: ReadonlyMap<string, string>

  constructor(oddNumbers: ReadonlyMap<string, string>) {
    this.#oddNumbers = oddNumbers
  }

  visit(schema: Schema, value: unknown, place: Place): void {
    if (value === null || value === undefined) return
    switch (schema.form) {
      case 'struct':
        this.#visitStruct(schema, value, place)
        break
      case 'list':
        if (!Array.isArray(value)) this.#save(new Mismatch(jsonTypeOf(value), schema.go ?? 'slice', place))
        else {
          for (const [index, element] of value.entries()) {
            this.visit(schema.element, element, { ...place, path: `${place.path}[${index}]` })
          }
        }
        break
      case 'map':
        if (!isObject(value)) this.#save(new Mismatch(jsonTypeOf(value), schema.go ?? 'map', place))
        else {
          for (const [key, member] of Object.entries(value)) {
            this.visit(schema.element, member, { ...place, path: joinPath(place.path, key) })
          }
        }
        break
      case 'scalar':
        this.#visitScalar(schema, value, place)
        break
      case 'any':
        visitJsonSchemaPropsOr(schema.name ?? '', value, place)
    }
  }

  #visitStruct(schema: StructSchema, value: unknown, place: Place): void {
    if (!isObject(value)) {
      this.#save(new Mismatch(jsonTypeOf(value), schema.go, place))
      return
    }
    const struct = schema.go.slice(schema.go.indexOf('.') + 1)
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue
      const path = joinPath(place.path, key)
      const field = schema.fields.get(key)
      if (field === undefined) {
        if (this.unknownFields.size < MAX_UNKNOWN_FIELDS) this.unknownFields.add(path)
        continue
      }
      const fields = [...place.fields, ...(schema.inlined?.get(key) ?? []), key]
      this.visit(field.schema, member, { struct, fields, path })
    }
  }

  #visitScalar(schema: ScalarSchema, value: unknown, place: Place): void {
    const type = schema.go ?? schema.scalar
    const mismatch = (found = jsonTypeOf(value)): void => this.#save(new Mismatch(found, type, place))
    switch (schema.scalar) {
      case 'string':
        if (typeof value !== 'string') mismatch()
        break
      case 'boolean':
        if (typeof value !== 'boolean') mismatch()
        break
      case 'double':
        if (typeof value !== 'number') mismatch()
        break
      case 'int32':
      case 'int64':
        if (typeof value !== 'number') mismatch()
        else {
          const problem = integerProblem(value, schema.scalar, this.#oddNumbers.get(place.path))
          if (problem !== undefined) mismatch(problem)
        }
        break
      case 'bytes':
        if (typeof value !== 'string') mismatch()
        else {
          const message = messageOf(() => canonicalBase64(value))
          if (message !== undefined) this.#save({ print: () => message })
        }
        break
      default:
        visitCustomScalar(schema.scalar, value, place, this.#oddNumbers.get(place.path))
    }
  }

  #save(mismatch: Mismatch | { print(): string }): void {
    this.mismatch ??= mismatch
  }
}

/** Types that take their JSON apart themselves. */
function visitCustomScalar(scalar: ScalarType, value: unknown, place: Place, source?: string): void {
  if (scalar === 'intOrString') {
    if (typeof value === 'string') return
    if (typeof value !== 'number') throw new Abort(new Mismatch(jsonTypeOf(value), 'int32', place).print())
    const problem = integerProblem(value, 'int32', source)
    if (problem !== undefined) throw new Abort(new Mismatch(problem, 'int32', place).print())
    return
  }
  if (scalar === 'quantity') {
    const text = typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value)
    abortWith(messageOf(() => canonicalQuantity(text)))
    return
  }
  if (typeof value !== 'string') throw new Abort(new Mismatch(jsonTypeOf(value), 'string', place).print())
  if (scalar === 'time') abortWith(messageOf(() => canonicalTime(value)))
  if (scalar === 'microTime') abortWith(messageOf(() => canonicalMicroTime(value)))
}

const API_EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'

/** The JSONSchemaPropsOr... types; any other `any` takes everything. */
function visitJsonSchemaPropsOr(name: string, value: unknown, place: Place): void {
  if (!name.startsWith(`${API_EXTENSIONS}.JSONSchemaPropsOr`)) return
  const inner = new Walk(new Map())
  const visitSchema = (each: unknown): void => inner.visit(typeByName(`${API_EXTENSIONS}.JSONSchemaProps`), each, place)
  if (isObject(value)) visitSchema(value)
  else if (name.endsWith('OrBool')) {
    if (typeof value !== 'boolean') throw new Abort('boolean or JSON schema expected')
  } else if (Array.isArray(value)) {
    for (const each of value) {
      if (name.endsWith('OrArray')) visitSchema(each)
      else inner.visit({ form: 'scalar', scalar: 'string', go: 'string' }, each, place)
    }
  }
  const { mismatch } = inner
  // Go decodes the inner value on its own, then names the outer struct, with the fields of both.
  if (mismatch instanceof Mismatch) {
    throw new Abort(new Mismatch(mismatch.value, mismatch.type, { ...mismatch.place, struct: place.struct }).print())
  }
  if (mismatch !== undefined) throw new Abort(mismatch.print())
}

function abortWith(message: string | undefined): void {
  if (message !== undefined) throw new Abort(message)
}

function messageOf(canonical: () => unknown): string | undefined {
  try {
    canonical()
    return undefined
  } catch (error) {
    if (error instanceof QuantityError || error instanceof TimeError || error instanceof Base64Error)
      return error.message
    throw error
  }
}

/** Go's word for a number that is no such integer; undefined if it is one. @param source as a text had it */
function integerProblem(value: number, scalar: 'int32' | 'int64', source?: string): string | undefined {
  const text = source ?? (Number.isInteger(value) && Math.abs(value) < 1e21 ? String(BigInt(value)) : String(value))
  const fits = /^-?\d+$/.test(text) && BigInt.asIntN(scalar === 'int32' ? 32 : 64, BigInt(text)) === BigInt(text)
  return fits ? undefined : `number ${text}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Go's word for the kind of a JSON value. */
function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

const joinPath = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)
