// What a patch has made of an object, any JSON value → an object of its kind, or the reason why it is none.
// JSON and merge patches go through JSON text upstream, strategic merge patches straight from map to struct: the same
// mistake reads differently.
// Source: apiserver/pkg/endpoints/handlers, patch.go; apimachinery/pkg/runtime, converter.go (v1.36)
import { newInvalid, type StatusError } from '../apimachinery/errors.ts'
import { field, invalid } from '../apimachinery/field.ts'
import { formatGroupVersion } from '../apimachinery/gvk.ts'
import { consumedPatch } from '../apimachinery/patch/consumed-patch.ts'
import { goPrint, jsonTypeOf } from '../apimachinery/patch/errors.ts'
import { isObject } from '../apimachinery/patch/merge-patch.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { decodeObject, DecodeError } from '../../openapi/decode.ts'
import { typeOfKind } from '../../openapi/index.ts'
import type { Field, Schema, ScalarSchema, StructSchema } from '../../openapi/schema.ts'
import type { Scope } from './api.ts'
import { convertingProblem, internalName, schemeName, unregisteredProblem } from './decode.ts'
import { restoreEmptyLists } from './empty-lists.ts'
import type { FieldValidation } from './options.ts'
import { undeterminableName } from './update.ts'

/** What the object must be. */
export interface PatchedKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface PatchedValue {
  readonly value: unknown
  /** The patch itself, where it is a strategic merge patch. */
  readonly strategic?: unknown
  /** What the patch was applied to. */
  readonly before?: unknown
  /** Duplicate members of the patch. */
  readonly findings: readonly string[]
}

/** @throws StatusError 422: another kind, a wrong type, or an unknown field with fieldValidation=Strict */
export function decodePatched(
  schema: StructSchema,
  expected: PatchedKind,
  { value, strategic, before, findings }: PatchedValue,
  fieldValidation: FieldValidation,
  scope: Pick<Scope, 'warn' | 'name'>,
): AnyObject {
  const refuse = (why: string): StatusError => {
    const left = isObject(before) && isObject(strategic) ? consumedPatch(before, strategic, schema) : strategic
    const shown = strategic === undefined ? JSON.stringify(value) : goPrint(left)
    return newInvalid({ group: '', kind: '' }, '', [invalid(field('patch'), shown, why)])
  }
  const problem = strategic === undefined ? kindProblem(expected, value) : conversionProblem(schema, value, before)
  if (problem !== undefined) throw refuse(problem)
  if (strategic === undefined && isWithoutVersion(value))
    refuseInternal(expected, value, findings, fieldValidation, scope, refuse)
  // What is stored is sound.
  const known = isObject(before) && Object.isFrozen(before) ? before : undefined
  try {
    const { object, unknownFields } =
      strategic === undefined ? decodeObject(schema, value, undefined, known) : decodeConverted(schema, value, known)
    if (strategic !== undefined) unknownFields.sort()
    restoreEmptyLists(schema, value, object)
    object.kind = expected.kind
    object.apiVersion = formatGroupVersion(expected)
    if (fieldValidation === 'Ignore') return object
    const strict = [...findings, ...unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`)]
    if (strict.length > 0 && fieldValidation === 'Strict') throw refuse(`strict decoding error: ${strict.join(', ')}`)
    for (const finding of strict) scope.warn(finding)
    return object
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw refuse(strategic === undefined ? error.message : messageOfConversion(error))
  }
}

/**
 * Decodes what Go converts from a map, where integers that are too large for their field lose their upper bits.
 * Source: apimachinery/pkg/runtime, FromUnstructured. @throws DecodeError
 */
export function decodeConverted(schema: StructSchema, value: unknown, known?: object): ReturnType<typeof decodeObject> {
  try {
    return decodeObject(schema, value, undefined, known)
  } catch (error) {
    if (!(error instanceof DecodeError) || !error.message.endsWith(' of type int32')) throw error
    return decodeObject(schema, withCutIntegers(schema, value))
  }
}

function withCutIntegers(schema: Schema, value: unknown): unknown {
  if (typeof value === 'number') {
    return schema.form === 'scalar' && schema.scalar === 'int32' && Number.isInteger(value) ? value | 0 : value
  }
  if (Array.isArray(value)) {
    return schema.form === 'list' ? value.map((element) => withCutIntegers(schema.element, element)) : value
  }
  if (!isObject(value)) return value
  const schemaOf = (name: string): Schema | undefined =>
    schema.form === 'struct' ? schema.fields.get(name)?.schema : schema.form === 'map' ? schema.element : undefined
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const own = schemaOf(name)
      return [name, own === undefined ? member : withCutIntegers(own, member)]
    }),
  )
}

/** Values with a form of their own are read one by one from a map: they do not know where they are. */
export function messageOfConversion({ message }: DecodeError): string {
  if (message.startsWith('illegal base64 data')) return `error decoding from json: ${message}`
  return message.replace(/ Go struct field \S+ of type /, ' Go value of type ')
}

function isWithoutVersion(value: unknown): value is Partial<AnyObject> {
  return ((value as Partial<AnyObject>).apiVersion ?? '') === ''
}

/**
 * Without a version, an object is read into Go's internal type, whose fields have other names: nothing is known, and there
 * is no name.
 */
function refuseInternal(
  expected: PatchedKind,
  value: Partial<AnyObject>,
  findings: readonly string[],
  fieldValidation: FieldValidation,
  scope: Pick<Scope, 'warn' | 'name'>,
  refuse: (why: string) => StatusError,
): never {
  const problem = internalKindProblem(expected, value.kind ?? '')
  if (problem !== undefined) throw refuse(problem)
  const unknown = Object.keys(value).filter((name) => name !== 'kind' && name !== 'apiVersion')
  const strict = [...findings, ...unknown.map((name) => `unknown field ${JSON.stringify(name)}`)]
  if (strict.length > 0 && fieldValidation === 'Strict') throw refuse(`strict decoding error: ${strict.join(', ')}`)
  if (fieldValidation === 'Warn') for (const finding of strict) scope.warn(finding)
  throw undeterminableName(scope)
}

function internalKindProblem(expected: PatchedKind, kind: string): string | undefined {
  if (kind === '' || kind === expected.kind) return undefined
  const { group } = expected
  if (typeOfKind(formatGroupVersion(expected), kind) === undefined)
    return `no kind "${kind}" is registered for the internal version of group "${group}" in scheme "${schemeName}"`
  const internal = { group, kind }
  return `converting (${internalName(internal)}) to (${internalName(expected)}): unknown conversion`
}

/** A patch may say that the object is of another kind: it is decoded as one, and then cannot be converted. */
function kindProblem(expected: PatchedKind, value: unknown): string | undefined {
  const { kind, apiVersion } = value as Readonly<Record<string, unknown>>
  for (const [name, member] of Object.entries({ kind, apiVersion })) {
    if (member === undefined || member === null || typeof member === 'string') continue
    const found = `cannot unmarshal ${jsonTypeOf(member)} into Go struct field .${name} of type string`
    return `couldn't get version/kind; json parse error: json: ${found}`
  }
  // Empty is as absent.
  const isSame =
    (kind || expected.kind) === expected.kind &&
    (apiVersion || formatGroupVersion(expected)) === formatGroupVersion(expected)
  if (isSame || typeof kind !== 'string' || typeof apiVersion !== 'string' || apiVersion === '') return undefined
  const type = typeOfKind(apiVersion, kind)
  if (type === undefined) return unregisteredProblem(kind, apiVersion)
  try {
    decodeObject(type, value)
  } catch (error) {
    if (error instanceof DecodeError) return error.message
    throw error
  }
  return kind === expected.kind ? undefined : convertingProblem(kind, apiVersion, expected)
}

/**
 * The first member, in Go's order, that does not fit its type. Values with a form of their own are left to the decoder.
 * @param before what was there, if anything, which fits: a patch shares with it what it leaves alone
 */
export function conversionProblem(schema: Schema, value: unknown, before?: unknown): string | undefined {
  if (value === before || value === null || value === undefined) return undefined
  const known =
    typeof before === 'object' && before !== null ? (before as Readonly<Record<string, unknown>>) : noMembers
  switch (schema.form) {
    case 'struct': {
      if (!isObject(value)) return `cannot restore struct from: ${goKind(value)}`
      const problemOf = (one: Field): string | undefined =>
        conversionProblem(one.schema, value[one.name], known[one.name])
      // Mostly there is none, and few of the fields are there.
      for (const name in value) {
        const one = schema.fields.get(name)
        if (one !== undefined && problemOf(one) !== undefined) return first(schema.fields.values(), problemOf)
      }
      return undefined
    }
    case 'map':
      if (!isObject(value)) return `cannot restore map from ${goKind(value)}`
      for (const name in value) {
        const problem = conversionProblem(schema.element, value[name], known[name])
        if (problem !== undefined) return problem
      }
      return undefined
    case 'list':
      if (!Array.isArray(value)) return `cannot restore slice from ${goKind(value)}`
      for (let at = 0; at < value.length; at++) {
        const problem = conversionProblem(schema.element, value[at], known[at])
        if (problem !== undefined) return problem
      }
      return undefined
    case 'scalar':
      return scalarProblem(schema, value)
    case 'any':
      return undefined
  }
}

const noMembers: Readonly<Record<string, unknown>> = {}

function first<T>(values: Iterable<T>, problemOf: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const problem = problemOf(value)
    if (problem !== undefined) return problem
  }
  return undefined
}

const goKinds: Partial<Record<ScalarSchema['scalar'], string>> = {
  string: 'string',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  boolean: 'bool',
}

function scalarProblem({ scalar, go }: ScalarSchema, value: unknown): string | undefined {
  if (scalar === 'bytes') return typeof value === 'string' ? undefined : `cannot restore slice from ${goKind(value)}`
  const kind = goKinds[scalar]
  if (kind === undefined) return undefined
  const given = goKind(value)
  if (given === kind || (given === 'int64' && scalar !== 'string' && scalar !== 'boolean')) return undefined
  // Go could convert an integer to a string, and a fraction to an integer, but JSON must not.
  const isConvertible = (given === 'int64' && scalar === 'string') || (given === 'float64' && kind.startsWith('int'))
  return isConvertible ? `cannot convert ${given} to ${go ?? kind}` : `unrecognized type: ${kind}`
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice'
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64'
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    default:
      return 'map'
  }
}
