// A JSON value → the object a real server would hold: members in Go order, unknown ones pruned, empty ones left out,
// scalars in canonical form. Decoders are compiled per schema on first use.
// Lists and maps that Go always prints are null when empty, as after a way through the store, where empty and nil
// are the same; but for the items of lists of objects, which are not stored. What is wrong with a value is found by a second, slower look (decode-findings.ts).
import { canonicalQuantity, QuantityError } from '../server/apimachinery/quantity.ts'
import { copy } from '../server/apimachinery/equality.ts'
import type { AnyObject } from '../server/apimachinery/types.ts'
import { Base64Error, canonicalBase64 } from './base64.ts'
import { findProblems } from './decode-findings.ts'
import { typeByName } from './index.ts'
import type { Field, MapSchema, ScalarSchema, ScalarType, Schema, StructSchema } from './schema.ts'
import { canonicalMicroTime, canonicalTime, TimeError } from './time.ts'

/** A member has the wrong type or form; the message is Go's, without "... cannot be handled as a ...". */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

export interface Decoded {
  object: AnyObject
  /** Paths such as `spec.template.spec.containers[0].bar`, in the order of the value. */
  unknownFields: string[]
}

/**
 * Never changes `value`, and shares nothing with it but field sets (FieldsV1), which nobody may change.
 * @param known an earlier result: parts that are the very parts of it, in the same place, are copied as they are
 * @param oddNumbers by path, numbers as a text had them where their value does not say it: `1e3` is no integer in Go
 * @throws DecodeError
 */
export function decodeObject(
  schema: StructSchema,
  value: unknown,
  oddNumbers?: ReadonlyMap<string, string>,
  known?: object,
): Decoded {
  if (schema.decode !== undefined) return schema.decode(value)
  irregular = false
  sharing = false
  const object = decoderOf(schema)(value, known) as AnyObject
  if (!irregular && (oddNumbers === undefined || oddNumbers.size === 0)) return { object, unknownFields: [] }
  const { error, unknownFields } = findProblems(schema, value, oddNumbers)
  if (error !== undefined) throw new DecodeError(error)
  return { object, unknownFields }
}

/**
 * What `decodeObject` makes of a value that is known to be sound but for its form. Parts that are equal to those of `old`, which is
 * a result of this function, are those of `old` themselves: nothing is made for them, and who compares finds them at once.
 * @throws DecodeError
 */
export function decodeAgainst(schema: StructSchema, value: unknown, old: object | undefined): AnyObject {
  if (old === undefined || schema.decode !== undefined) return decodeObject(schema, value).object
  irregular = false
  sharing = true
  const object = decoderOf(schema)(value, old) as AnyObject
  return irregular ? decodeObject(schema, value).object : object
}

/**
 * Returns what Go would print for a value that is not null.
 * @param old what was decoded before in this place: while sharing, returned itself where the value says the same
 */
type Decoder = (value: unknown, old?: unknown) => unknown

/**
 * Set by a decoder that met an unknown field or a value it cannot take. One flag will do, as decoding is synchronous;
 * decodeObject sets it back.
 */
let irregular = false
/** Whether what is equal to what was decoded before is taken from there; set by both ways in. */
let sharing = false

function reject(): undefined {
  irregular = true
  return undefined
}

const decoders = new WeakMap<Schema, Decoder>()

function decoderOf(schema: Schema): Decoder {
  let decoder = decoders.get(schema)
  if (decoder === undefined) {
    decoder = compile(schema)
    decoders.set(schema, decoder)
  }
  return decoder
}

function compile(schema: Schema): Decoder {
  switch (schema.form) {
    case 'struct':
      return structDecoder(schema)
    case 'list':
      return listDecoder(schema.element)
    case 'map':
      return mapDecoder(schema)
    case 'scalar':
      return scalarDecoder(schema)
    case 'any':
      // Field sets are half of many objects, and nobody changes one: versions of an object share them, too.
      if (schema.name === 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1') return (value) => value
      return JSON_SCHEMA_PROPS_OR[schema.name ?? ''] ?? copyJson
  }
}

/** Definitions are recursive: the decoder of an inner schema is compiled when a value first needs it. */
function lazily(schema: Schema): Decoder {
  let decoder: Decoder | undefined
  return (value, old) => (decoder ??= decoderOf(schema))(value, old)
}

function listDecoder(elementSchema: Schema): Decoder {
  const element = lazily(elementSchema)
  const zero = zeroOf(elementSchema)
  const holdsOwners = elementSchema.form === 'struct' && elementSchema.fields.has('fieldsV1')
  return (value, old) => {
    if (!Array.isArray(value)) return reject()
    const known: readonly unknown[] = Array.isArray(old) ? old : noElements
    const out = new Array<unknown>(value.length)
    let isSame = sharing && known.length === value.length && known !== noElements
    for (let at = 0; at < value.length; at++) {
      const each: unknown = value[at]
      const before = known[at]
      const isKnown = each === before && (sharing || !holdsOwners)
      const decoded = each === null ? zero() : isKnown ? taken(each) : element(each, before)
      out[at] = decoded
      if (isSame && decoded !== before) isSame = false
    }
    return isSame ? old : out
  }
}

const noElements: readonly unknown[] = []

/** What was decoded before. */
function taken(known: unknown): unknown {
  return sharing || typeof known !== 'object' ? known : copy(known)
}

interface FieldPlan {
  readonly name: string
  readonly index: number
  /** Undefined: the field is left out. */
  readonly decode: Decoder
  /** What is printed for an absent field that is always printed; undefined if it is left out. */
  readonly absent: ((old?: unknown) => unknown) | undefined
  /** Most fields are strings, which stay as they are (but for empty ones, here): no call for those. */
  readonly isString: boolean
  /** Has field sets in it, which are not copied. */
  readonly holdsOwners: boolean
  /** The field that came after this one the last time: objects resemble each other. */
  follower: FieldPlan | undefined
}

type Members = Readonly<Record<string, unknown>>

function structDecoder(schema: StructSchema): Decoder {
  let plans: Map<string, FieldPlan> | undefined
  let always: FieldPlan[] = []
  let first: FieldPlan | undefined
  return (value, old) => {
    if (!isObject(value)) return reject()
    if (plans === undefined) {
      const stored = !isListOfObjects(schema)
      plans = new Map([...schema.fields.values()].map((field, index) => [field.name, planOf(field, index, stored)]))
      always = [...plans.values()].filter(({ absent }) => absent !== undefined)
    }
    const found: FieldPlan[] = []
    let isOrdered = true
    let missing = always.length
    let last: FieldPlan | undefined
    for (const key in value) {
      let plan = last === undefined ? first : last.follower
      if (plan === undefined || plan.name !== key) {
        plan = plans.get(key)
        if (plan === undefined) {
          irregular = true
          isOrdered = false
          continue
        }
        if (last === undefined) first = plan
        else last.follower = plan
      }
      if (last !== undefined && plan.index < last.index) isOrdered = false
      if (plan.absent !== undefined) missing--
      last = plan
      found.push(plan)
    }
    const known = isObject(old) ? old : undefined
    const out = isOrdered && missing === 0 ? withDecoded(found, value, known) : undefined
    return out ?? inOrder(found, always, value, known)
  }
}

/** The decoded form of members that are all there and in their order; undefined where one is to be left out. */
function withDecoded(found: readonly FieldPlan[], value: Members, old: Members | undefined): Members | undefined {
  let out: Record<string, unknown> | undefined
  let isSame = sharing && old !== undefined
  for (const plan of found) {
    const { name } = plan
    const sent = value[name]
    const known = old === undefined ? undefined : old[name]
    const isKept = plan.isString && typeof sent === 'string' && sent !== ''
    const isKnown = sent === known && sent !== undefined && (sharing || !plan.holdsOwners)
    const decoded = isKept ? sent : isKnown ? taken(sent) : plan.decode(sent, known)
    if (decoded === undefined) return undefined
    if (isSame && decoded !== known) isSame = false
    if (decoded !== sent) {
      out ??= Object.assign({}, value) as Record<string, unknown>
      out[name] = decoded
    }
  }
  if (isSame && countOf(old!) === found.length) return old
  return out ?? Object.assign({}, value)
}

function inOrder(
  found: FieldPlan[],
  always: readonly FieldPlan[],
  value: Members,
  old: Members | undefined,
): Members | undefined {
  sortByIndex(found)
  const out: Record<string, unknown> = {}
  let isSame = sharing && old !== undefined
  let count = 0
  let next = 0
  for (let at = 0; at < found.length || next < always.length;) {
    const there = found[at]
    const due = always[next]
    const isAbsent = there === undefined || (due !== undefined && due.index < there.index)
    const plan = isAbsent ? due! : there
    const { name } = plan
    const known = old === undefined ? undefined : old[name]
    const decoded = isAbsent ? plan.absent!(known) : plan.decode(value[name], known)
    if (!isAbsent) at++
    if (due === plan) next++
    if (decoded === undefined) continue
    out[name] = decoded
    count++
    if (isSame && decoded !== known) isSame = false
  }
  return isSame && countOf(old!) === count ? old : out
}

/** By insertion: what is out of order is few, and a sort by a function costs room. */
function sortByIndex(plans: FieldPlan[]): void {
  for (let at = 1; at < plans.length; at++) {
    const plan = plans[at]!
    let before = at - 1
    for (; before >= 0 && plans[before]!.index > plan.index; before--) plans[before + 1] = plans[before]!
    plans[before + 1] = plan
  }
}

function countOf(object: Members): number {
  let count = 0
  for (const _ in object) count++
  return count
}

const holdingOwners = new Set(['metadata', 'managedFields', 'fieldsV1'])

function isListOfObjects({ fields }: StructSchema): boolean {
  const metadata = fields.get('metadata')?.schema
  return metadata?.form === 'struct' && metadata.name === 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'
}

function planOf(field: Field, index: number, stored: boolean): FieldPlan {
  const { name, omit, pointer, schema } = field
  const decode = lazily(schema)
  const absent = omit ? undefined : pointer ? () => null : zeroOf(schema)
  const ifAbsent: (old?: unknown) => unknown = absent ?? (() => undefined)
  const plan = (own: Decoder): FieldPlan => ({
    name,
    index,
    absent,
    decode: (value, old) => (value === null || value === undefined ? ifAbsent(old) : own(value, old)),
    isString: false,
    holdsOwners: holdingOwners.has(name),
    follower: undefined,
  })
  if (schema.form === 'map' && !pointer) return plan((value, old) => (isEmpty(value) ? ifAbsent() : decode(value, old)))
  if (schema.form === 'list' && !pointer && (omit || stored)) {
    return plan((value, old) => (Array.isArray(value) && value.length === 0 ? ifAbsent() : decode(value, old)))
  }
  if (schema.form === 'scalar' && schema.scalar === 'string') {
    const keepsEmpty = !omit || pointer
    return {
      name,
      index,
      absent,
      decode: (value) => {
        if (typeof value === 'string') return value !== '' || keepsEmpty ? value : undefined
        return value === null || value === undefined ? ifAbsent() : reject()
      },
      isString: true,
      holdsOwners: false,
      follower: undefined,
    }
  }
  if (!omit || pointer || schema.form !== 'scalar') return plan(decode)
  return plan((value) => {
    const decoded = decode(value)
    return isZero(decoded) ? undefined : decoded
  })
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || value === null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEmpty(value: unknown): boolean {
  if (!isObject(value)) return false
  for (const _ in value) return false
  return true
}

const SCALAR_ZEROS: Readonly<Record<ScalarType, unknown>> = {
  string: '',
  int32: 0,
  int64: 0,
  double: 0,
  boolean: false,
  bytes: null,
  quantity: '0',
  intOrString: 0,
  time: null,
  microTime: null,
  duration: '0s',
}

/** Makes what Go prints for the zero value of a type. */
function zeroOf(schema: Schema): (old?: unknown) => unknown {
  if (schema.form === 'struct') {
    const decode = lazily(schema)
    return (old) => decode({}, old)
  }
  const zero = schema.form === 'scalar' ? SCALAR_ZEROS[schema.scalar] : null
  return () => zero
}

function mapDecoder({ element }: MapSchema): Decoder {
  const decode = lazily(element)
  // Protobuf, and so the store, has no nil bytes in a map.
  const zero = element.form === 'scalar' && element.scalar === 'bytes' ? () => '' : zeroOf(element)
  const isOfStrings = element.form === 'scalar' && element.scalar === 'string'
  return (value, old) => {
    if (!isObject(value)) return reject()
    const keys = Object.keys(value)
    for (let index = 1; index < keys.length; index++) {
      if (keys[index]! < keys[index - 1]!) {
        keys.sort()
        break
      }
    }
    const known = isObject(old) ? old : undefined
    const out: Record<string, unknown> = {}
    let isSame = sharing && known !== undefined
    for (const key of keys) {
      const member = value[key]
      const before = known !== undefined && Object.hasOwn(known, key) ? known[key] : undefined
      const isKept = isOfStrings && typeof member === 'string'
      const decoded = isKept ? member : member === null || member === undefined ? zero() : decode(member, before)
      if (isSame && decoded !== before) isSame = false
      setMember(out, key, decoded)
    }
    return isSame && countOf(known!) === keys.length ? known : out
  }
}

/** Plain assignment to `__proto__` would not make a member. */
function setMember(out: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true })
  else out[key] = value
}

const isInt32 = (value: unknown): boolean => Number.isInteger(value) && (value as number) === ((value as number) | 0)

function scalarDecoder({ scalar }: ScalarSchema): Decoder {
  switch (scalar) {
    case 'string':
    case 'duration':
      return (value) => (typeof value === 'string' ? value : reject())
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : reject())
    case 'int32':
      return (value) => (isInt32(value) ? value : reject())
    case 'int64':
      return (value) => (Number.isInteger(value) && isInt64(value as number) ? value : reject())
    case 'double':
      return (value) => (typeof value === 'number' ? value : reject())
    case 'intOrString':
      return (value) => (typeof value === 'string' || isInt32(value) ? value : reject())
    case 'bytes':
      return textual(canonicalBase64)
    case 'time':
      return textual(canonicalTime)
    case 'microTime':
      return textual(canonicalMicroTime)
    case 'quantity':
      return (value) =>
        typeof value === 'number' ? attempt(canonicalQuantity, value) : textual(canonicalQuantity)(value)
  }
}

function textual(canonical: (text: string) => string | null): Decoder {
  return (value) => (typeof value === 'string' ? attempt(canonical, value) : reject())
}

function attempt<T>(canonical: (value: T) => string | null, value: T): string | null | undefined {
  try {
    return canonical(value)
  } catch (error) {
    if (error instanceof QuantityError || error instanceof TimeError || error instanceof Base64Error) return reject()
    throw error
  }
}

function copyJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyJson)
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(value)) setMember(out, key, copyJson((value as Record<string, unknown>)[key]))
  return out
}

const API_EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'
const decodeJsonSchema: Decoder = (value) => decoderOf(typeByName(`${API_EXTENSIONS}.JSONSchemaProps`))(value)

/**
 * Types that are a JSON schema or something else. Nested in one of these, unknown fields are pruned without being
 * reported, because Go decodes the inner value on its own (decode-findings.ts).
 * Source: staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1, marshal.go (v1.36)
 */
const JSON_SCHEMA_PROPS_OR: Readonly<Record<string, Decoder>> = {
  [`${API_EXTENSIONS}.JSONSchemaPropsOrArray`]: (value) => {
    if (isObject(value)) return decodeJsonSchema(value)
    if (!Array.isArray(value) || value.length === 0) return null
    return value.map((each) => decodeJsonSchema(each ?? {}))
  },
  [`${API_EXTENSIONS}.JSONSchemaPropsOrBool`]: (value) => {
    if (isObject(value)) return decodeJsonSchema(value)
    return typeof value === 'boolean' ? value : reject()
  },
  [`${API_EXTENSIONS}.JSONSchemaPropsOrStringArray`]: (value) => {
    if (isObject(value)) return decodeJsonSchema(value)
    if (!Array.isArray(value) || value.length === 0) return null
    return value.map((each) => (each === null ? '' : typeof each === 'string' ? each : reject()))
  },
}

/** As far as a double can tell. */
function isInt64(value: number): boolean {
  return value >= -(2 ** 63) && value < 2 ** 63
}
