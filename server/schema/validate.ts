// Values against a JSON schema, in the words of the real server.
// Source: k8s.io/kube-openapi/pkg/validation/validate and errors; apiextensions-apiserver/pkg/apiserver/validation,
// kubeOpenAPIResultToFieldErrors (v1.36)
import type { JSONSchemaProps } from '../api/apiextensions.ts'
import { compileRegex } from '../apimachinery/cel/regex.ts'
import { deepEqual } from '../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../apimachinery/field.ts'
import { field, invalid, notSupported, required, tooLong, tooMany, typeInvalid } from '../apimachinery/field.ts'
import type { Correlation } from './correlation.ts'
import { hasFormat, isKnownFormat, normalFormat } from './formats.ts'
import { rootPath } from './root-path.ts'
import { isSchema } from './structural.ts'

/** What is wrong, and how many checks passed: alternatives are told by the one that fits best. */
interface Result {
  readonly errors: Finding[]
  matches: number
}

/** Errors with the same text are one. */
interface Finding {
  readonly text: string
  readonly error: FieldError
}

const newResult = (): Result => ({ errors: [], matches: 0 })

function report(result: Result, text: string, error: FieldError): void {
  if (!result.errors.some((one) => one.text === text)) result.errors.push({ text, error })
}

function merge(into: Result, from: Result): void {
  for (const { text, error } of from.errors) report(into, text, error)
  into.matches += from.matches
}

export interface ValidationOptions {
  /** Where the value is; texts name what is below it as if it were a whole object. Default: it is one. */
  readonly base?: FieldPath
  /** With what the value replaces: errors of what is as it was do not count. */
  readonly correlation?: Correlation | undefined
}

export function validateValue(
  value: unknown,
  schema: JSONSchemaProps,
  { base = rootPath, correlation }: ValidationOptions = {},
): FieldError[] {
  return check(value, schema, '', correlation).errors.map(({ error }) => ({
    ...error,
    field: String(error.field === nowhereAtAll || error.field === '[]' ? base : base.child(error.field)),
  }))
}

const nowhereAtAll = '<nil>'

/** Root paths are written with a dot before the first member, which error fields leave out. */
const shown = (path: string): string => path.replace(/^\./, '')
const at = (path: string) => field(shown(path))
const nowhere = (detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field: nowhereAtAll,
  message: `Invalid value: "": ${detail}`,
})

/** Of a value that is as it was, what is wrong is let pass. */
function check(value: unknown, schema: JSONSchemaProps, path: string, correlation?: Correlation): Result {
  const result = checkAll(value, schema, path, correlation)
  if (result.errors.length > 0 && correlation?.equal() === true) return { errors: [], matches: result.matches }
  return result
}

function checkAll(value: unknown, schema: JSONSchemaProps, path: string, correlation: Correlation | undefined): Result {
  const result = newResult()
  merge(result, checkType(value, schema, path))
  if (value === null) {
    merge(result, checkEnum(value, schema, path))
    return result
  }
  merge(result, checkAlternatives(value, schema, path))
  result.matches += 2
  if (typeof value === 'string') {
    merge(result, checkString(value, schema, path))
    result.matches++
    if (isKnownFormat(schema.format)) {
      merge(result, checkFormat(value, schema.format!, path))
      result.matches++
    }
  } else if (typeof value === 'number') {
    merge(result, checkNumber(value, schema, path))
    result.matches++
  } else if (Array.isArray(value)) {
    merge(result, checkList(value, schema, path, correlation))
    result.matches++
  }
  merge(result, checkEnum(value, schema, path))
  result.matches++
  if (typeof value === 'object' && !Array.isArray(value)) {
    merge(result, checkObject(value as Record<string, unknown>, schema, path, correlation))
    result.matches++
  }
  result.matches++
  return result
}

function typesOf(schema: JSONSchemaProps): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string']
  return schema.type === undefined || schema.type === '' ? [] : [schema.type]
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return isInteger(value) ? 'integer' : 'number'
  return typeof value
}

/** What has no place in 64 bits is read as a fraction. The largest that has is read as the next, which is rounder. */
const isInteger = (value: number): boolean => Number.isInteger(value) && Math.abs(value) <= maxInt64

function checkType(value: unknown, schema: JSONSchemaProps, path: string): Result {
  const result = newResult()
  result.matches = 1
  const types = typesOf(schema)
  const actual = typeOf(value)
  const format = normalFormat(schema.format)
  const wrongType = (expected: string): Result => {
    const detail = `${shown(path)} in body must be of type ${expected}: ${JSON.stringify(actual)}`
    const wrong = newResult()
    report(wrong, detail, typeInvalid(at(path), actual, detail))
    return wrong
  }
  if (types.length === 0 && format === '') return result
  if (value === null) {
    return types.length > 0 && !types.includes('null') && schema.nullable !== true ? wrongType(types.join(',')) : result
  }
  const isNumeric = types.includes('number') || types.includes('integer')
  if (!isNumeric && format !== '' && (actual === 'string' || actual === 'array')) return result
  const fits = types.includes(actual) || (actual === 'integer' && types.includes('number'))
  if (format !== '' && actual !== 'string' && actual !== 'array' && !fits) {
    const detail = `${shown(path)} in body must be of type ${format}: ${JSON.stringify(goFormat(value))}`
    const wrong = newResult()
    report(wrong, detail, typeInvalid(at(path), goFormat(value), detail))
    return wrong
  }
  return fits ? result : wrongType(types.join(','))
}

/** The format a Go value of the JSON value has of itself. */
function goFormat(value: unknown): string {
  if (typeof value !== 'number') return ''
  return isInteger(value) ? 'int64' : 'float64'
}

function checkEnum(value: unknown, schema: JSONSchemaProps, path: string): Result {
  const result = newResult()
  const allowed = schema.enum as readonly unknown[] | undefined
  if (allowed === undefined || allowed.length === 0 || allowed.some((one) => deepEqual(one, value))) return result
  const values = allowed.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
  report(result, `${shown(path)} in body should be one of`, notSupported(at(path), value, values))
  return result
}

function checkString(value: string, schema: JSONSchemaProps, path: string): Result {
  const result = newResult()
  const length = [...value].length
  const { maxLength, minLength, pattern } = schema
  if (maxLength !== undefined && length > maxLength) {
    report(result, `${shown(path)} at most ${maxLength}`, tooLong(at(path), maxLength))
  } else if (minLength !== undefined && length < minLength) {
    complain(result, path, value, `should be at least ${minLength} chars long`)
  } else if (pattern !== undefined && pattern !== '' && compileRegex(pattern)?.test(value) === false) {
    complain(result, path, value, `should match '${pattern}'`)
  } else result.matches = 1
  return result
}

function complain(result: Result, path: string, value: unknown, what: string): void {
  const detail = `${shown(path)} in body ${what}`
  report(result, detail, invalid(at(path), value, detail))
}

function checkFormat(value: string, format: string, path: string): Result {
  const result = newResult()
  if (hasFormat(value, format)) return result
  const detail = `${shown(path)} in body must be of type ${format}: ${JSON.stringify(value)}`
  report(result, detail, typeInvalid(at(path), value, detail))
  return result
}

const maxInt32 = 2 ** 31 - 1
const maxInt64 = 2 ** 63

function isInRange(value: number, type: string, format: string): boolean {
  if (type === 'integer') {
    if (!Number.isInteger(value)) return false
    return format === 'int32' ? value <= maxInt32 && value >= -maxInt32 - 1 : value <= maxInt64 && value >= -maxInt64
  }
  return format !== 'float' || Math.abs(value) <= 3.4028234663852886e38
}

function checkNumber(value: number, schema: JSONSchemaProps, path: string): Result {
  const result = newResult()
  const types = typesOf(schema)
  const type = types.length === 1 && (types[0] === 'integer' || types[0] === 'number') ? types[0] : ''
  const formats: Readonly<Record<string, readonly string[]>> = {
    integer: ['int32', 'int64'],
    number: ['float', 'double'],
  }
  const format = formats[type]?.includes(schema.format ?? '') === true ? schema.format! : ''
  const problem = (prefix: string, number: number): FieldError[] => {
    if (isInRange(number, type, format)) return []
    const which = format === '' ? `${type} (default format)` : `${type} with format ${format}`
    return [nowhere(`${prefix} value must be of type ${which} in ${shown(path)}`)]
  }
  const found = (errors: readonly FieldError[]): void => {
    for (const error of errors) report(result, error.message, error)
  }
  found(problem('Checked', value))
  const { multipleOf, minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false } = schema
  /** A bound that fits the type is brought to the type of the value. */
  const bring = (bound: number, errors: readonly FieldError[]): number =>
    errors.length === 0 && isInteger(value) ? Math.trunc(bound) : bound
  if (multipleOf !== undefined) {
    const errors = problem('MultipleOf', multipleOf)
    found(errors)
    const factor = bring(multipleOf, errors)
    if (factor <= 0) {
      const detail = `factor MultipleOf declared for ${shown(path)} must be positive: ${factor}`
      report(result, detail, invalid(at(path), factor, detail))
    } else if (!Number.isInteger(factor < 1 ? (1 / factor) * value : value / factor)) {
      complain(result, path, value, `should be a multiple of ${factor}`)
    }
  }
  if (minimum !== undefined) {
    const errors = problem('Minimum boundary', minimum)
    found(errors)
    const least = bring(minimum, errors)
    if (exclusiveMinimum ? value <= least : value < least) {
      complain(result, path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${least}`)
    }
  }
  if (maximum !== undefined) {
    const errors = problem('Maximum boundary', maximum)
    found(errors)
    const most = bring(maximum, errors)
    if (exclusiveMaximum ? value >= most : value > most) {
      complain(result, path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${most}`)
    }
  }
  result.matches++
  return result
}

function checkList(
  value: readonly unknown[],
  schema: JSONSchemaProps,
  path: string,
  correlation: Correlation | undefined,
): Result {
  const result = newResult()
  const { items, minItems, maxItems, uniqueItems } = schema
  if (isSchema(items))
    for (const [index, item] of value.entries())
      merge(result, check(item, items, `${path}[${index}]`, correlation?.index(index)))
  if (minItems !== undefined && value.length < minItems) {
    complain(result, path, value.length, `should have at least ${minItems} items`)
  }
  if (maxItems !== undefined && value.length > maxItems) {
    report(result, `${shown(path)} at most ${maxItems} items`, tooMany(at(path), value.length, maxItems))
  }
  if (
    uniqueItems === true &&
    value.some((one, index) => value.slice(0, index).some((other) => deepEqual(one, other)))
  ) {
    complain(result, path, '', "shouldn't contain duplicates")
  }
  result.matches++
  return result
}

function checkObject(
  value: Record<string, unknown>,
  schema: JSONSchemaProps,
  path: string,
  correlation: Correlation | undefined,
): Result {
  const result = newResult()
  // All versions of an object are brought to the same type: whether these have changed cannot be told.
  const correlate = (name: string): Correlation | undefined =>
    path === '' && (name === 'apiVersion' || name === 'kind') ? undefined : correlation?.key(name)
  const names = Object.keys(value).sort()
  const { minProperties, maxProperties, properties = {}, additionalProperties } = schema
  if (minProperties !== undefined && names.length < minProperties) {
    complain(result, path, names.length, `should have at least ${minProperties} properties`)
  }
  if (maxProperties !== undefined && names.length > maxProperties) {
    report(result, `${shown(path)} at most ${maxProperties} properties`, tooMany(at(path), names.length, maxProperties))
  }
  for (const name of names) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (property !== undefined) continue
    if (additionalProperties === false) {
      const detail = `${shown(path)}.${name} in body is a forbidden property`
      report(result, detail, invalid(at(path), name, detail))
    } else if (isSchema(additionalProperties)) {
      merge(result, check(value[name], additionalProperties, `${path}.${name}`, correlate(name)))
    }
  }
  for (const name of Object.keys(properties).sort()) {
    if (!Object.hasOwn(value, name)) continue
    merge(result, check(value[name], properties[name]!, path === '' ? name : `${path}.${name}`, correlate(name)))
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) report(result, `${path}.${name} is required`, required(at(`${path}.${name}`)))
  }
  return result
}

function checkAlternatives(value: unknown, schema: JSONSchemaProps, path: string): Result {
  const result = newResult()
  const quoted = JSON.stringify(path)
  const fail = (detail: string): void => report(result, detail, nowhere(detail))
  const { anyOf = [], oneOf = [], allOf = [], not } = schema
  if (anyOf.length > 0) {
    const results = anyOf.map((one) => check(value, one, path))
    const good = results.find(({ errors }) => errors.length === 0)
    if (good === undefined) fail(`${quoted} must validate at least one schema (anyOf)`)
    merge(result, good ?? bestOf(results))
  }
  if (oneOf.length > 0) {
    const results = oneOf.map((one) => check(value, one, path))
    const good = results.filter(({ errors }) => errors.length === 0)
    if (good.length === 1) merge(result, good[0]!)
    else {
      const found = good.length === 0 ? 'Found none valid' : `Found ${good.length} valid alternatives`
      fail(`${quoted} must validate one and only one schema (oneOf). ${found}`)
      if (good.length === 0) merge(result, bestOf(results))
    }
  }
  if (allOf.length > 0) {
    let validated = 0
    for (const one of allOf) {
      const each = check(value, one, path)
      if (each.errors.length === 0) validated++
      merge(result, each)
    }
    if (validated !== allOf.length) {
      fail(`${quoted} must validate all the schemas (allOf)${validated === 0 ? '. None validated' : ''}`)
    }
  }
  if (not !== undefined && check(value, not, path).errors.length === 0) {
    fail(`${quoted} must not validate the schema (not)`)
  }
  result.matches++
  return result
}

/** The failed alternative that most checks spoke for; of equals the first. */
function bestOf(results: readonly Result[]): Result {
  return results.reduce((best, one) => (one.matches > best.matches ? one : best))
}
