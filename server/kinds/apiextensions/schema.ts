// The schema of a version of a custom resource.
// Source: apiextensions-apiserver/pkg/apis/apiextensions/validation, validateCustomResourceDefinitionValidation and
// ValidateCustomResourceDefinitionOpenAPISchema (v1.36)
import type { CustomResourceValidation, JSONSchemaProps } from '../../api/apiextensions.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, invalid, notSupported } from '../../apimachinery/field.ts'
import { isSchema, structuralOf } from '../../schema/structural.ts'
import { printSchema } from './internal-form.ts'
import { validateListAndMapTypes } from './list-and-map-types.ts'
import { validateDefaults } from './schema-defaults.ts'
import { compileErrors, validateRules } from './schema-rules.ts'
import { unsupported, validateStructural } from './structure.ts'

/** @param hasStatus whether the version has a status of its own, which is judged apart from the rest */
export function validateSchema(
  validation: CustomResourceValidation | undefined,
  hasStatus: boolean,
  parent: FieldPath,
): FieldError[] {
  const schema = validation?.openAPIV3Schema
  if (schema === undefined) return []
  const path = parent.child('openAPIV3Schema')
  const errors = hasStatus ? validateRoot(schema, parent) : []
  if (schema.nullable === true) {
    errors.push(forbidden(parent.child('openAPIV3Schema.nullable'), 'nullable cannot be true at the root'))
  }
  const problem = unsupported(schema)
  const structural = problem === undefined ? validateStructural(schema, path) : []
  errors.push(...structural)
  const isStructural = problem === undefined && structural.length === 0
  const defaults = isStructural ? validateDefaults(structuralOf(schema), path) : []
  errors.push(...defaults)
  const context: Context = {
    isRoot: true,
    isInsideMeta: false,
    noDefaults: undefined,
    uncorrelatable: undefined,
    hasTypes: isStructural && defaults.length === 0,
  }
  const { form, rules } = walk(schema, path, context)
  errors.push(...form, ...rules)
  if (errors.length === 0 && problem !== undefined) errors.push(invalid(path, '', problem))
  return errors
}

/** By their Go names, in Go order. */
const allowedAtRoot =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems ' +
  'MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations'

const goNames: Readonly<Record<string, string>> = {
  'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields',
  'x-kubernetes-validations': 'XValidations',
}

function validateRoot(schema: JSONSchemaProps, parent: FieldPath): FieldError[] {
  const { type = '' } = schema
  if (type !== '' && type !== 'object') {
    const detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
    return [invalid(parent.child('openAPIV3Schema.type'), type, detail)]
  }
  const allowed = new Set(allowedAtRoot.split(' '))
  const isOdd = Object.entries(schema).some(([name, value]) => {
    if (value === false || value === '' || value === undefined) return false
    return !allowed.has(goNames[name] ?? name.charAt(0).toUpperCase() + name.slice(1))
  })
  if (!isOdd) return []
  const detail = `only [${allowedAtRoot}] fields are allowed at the root of the schema if the status subresource is enabled`
  return [invalid(parent.child('openAPIV3Schema'), printSchema(schema), detail)]
}

interface Context {
  readonly isRoot: boolean
  readonly isInsideMeta: boolean
  /** Why there may be no defaults. */
  readonly noDefaults: string | undefined
  /** The outermost place below which values cannot be told from those they replace. */
  readonly uncorrelatable: FieldPath | undefined
  /** Whether rules can be compiled here. */
  readonly hasTypes: boolean
}

/** Rules are only compiled where the form has no faults. */
interface Findings {
  readonly form: FieldError[]
  readonly rules: FieldError[]
}

const metaFields = new Set(['metadata', 'kind', 'apiVersion'])

function walk(schema: JSONSchemaProps, path: FieldPath, context: Context): Findings {
  const findings: Findings = { form: validateMembers(schema, path, context), rules: [] }
  const into = (child: JSONSchemaProps, at: FieldPath, change: Partial<Context>): void => {
    const below = walk(child, at, { ...context, isRoot: false, ...change })
    findings.form.push(...below.form)
    findings.rules.push(...below.rules)
  }
  const { form } = findings
  if (schema.uniqueItems === true) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
    form.push(forbidden(path.child('uniqueItems'), detail))
  }
  const { properties = {}, additionalProperties } = schema
  const additionalPath = path.child('additionalProperties')
  if (additionalProperties !== undefined && Object.keys(properties).length > 0 && !isTrue(additionalProperties)) {
    form.push(forbidden(additionalPath, 'additionalProperties and properties are mutual exclusive'))
  }
  if (isSchema(additionalProperties)) {
    const noDefaults = context.isInsideMeta
      ? 'inside additionalProperties applying to object metadata'
      : context.noDefaults
    into(additionalProperties, additionalPath, { noDefaults })
  }
  walkProperties(schema, path, context, into)
  walkAlternatives(schema, path, into)
  walkItems(schema, path, context, into)
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    form.push(invalid(path.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'))
  }
  form.push(...validateListAndMapTypes(schema, path), ...validateRules(schema, path))
  if (form.length === 0 && context.hasTypes) {
    findings.rules.push(...compileErrors(schema, path, context.isRoot, context.uncorrelatable))
  }
  return findings
}

const isTrue = (value: unknown): boolean => value === true

type Into = (child: JSONSchemaProps, at: FieldPath, change: Partial<Context>) => void

function walkProperties(schema: JSONSchemaProps, path: FieldPath, context: Context, into: Into): void {
  const mapType = schema['x-kubernetes-map-type']
  const isCorrelatable = mapType === undefined || mapType === 'granular' || mapType === 'atomic'
  const isResource = context.isRoot || schema['x-kubernetes-embedded-resource'] === true
  for (const name of Object.keys(schema.properties ?? {}).sort()) {
    into(schema.properties![name]!, path.child('properties').key(name), {
      ...(isCorrelatable ? {} : { uncorrelatable: context.uncorrelatable ?? path }),
      ...(isResource && metaFields.has(name)
        ? { isInsideMeta: true, ...(context.isRoot ? { noDefaults: `in top-level ${name}` } : {}) }
        : {}),
    })
  }
}

function walkAlternatives(schema: JSONSchemaProps, path: FieldPath, into: Into): void {
  const apart = { hasTypes: false }
  if (schema.not !== undefined) into(schema.not, path.child('not'), apart)
  for (const name of ['allOf', 'oneOf', 'anyOf'] as const) {
    for (const [at, one] of (schema[name] ?? []).entries()) into(one, path.child(name).index(at), apart)
  }
  for (const [name, one] of Object.entries(schema.definitions ?? {})) {
    into(one, path.child('definitions').key(name), apart)
  }
}

function walkItems(schema: JSONSchemaProps, path: FieldPath, context: Context, into: Into): void {
  const items: unknown = schema.items
  const isMap = schema['x-kubernetes-list-type'] === 'map'
  const change = isMap ? {} : { uncorrelatable: context.uncorrelatable ?? path }
  if (isSchema(items)) into(items, path.child('items'), change)
  else if (Array.isArray(items)) {
    for (const [at, one] of (items as JSONSchemaProps[]).entries()) into(one, path.child('items').index(at), change)
  }
  for (const [name, one] of Object.entries((schema.dependencies ?? {}) as Record<string, unknown>)) {
    if (isSchema(one)) into(one, path.child('dependencies').key(name), { hasTypes: false })
  }
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
/** JSON schema has these; structural schemas do not. */
const never: readonly (keyof JSONSchemaProps)[] = [
  'id',
  'additionalItems',
  'patternProperties',
  'definitions',
  'dependencies',
  '$ref',
]

function validateMembers(schema: JSONSchemaProps, path: FieldPath, context: Context): FieldError[] {
  const errors: FieldError[] = []
  const { type = '' } = schema
  if (type !== '' && !types.includes(type)) errors.push(notSupported(path.child('type'), type, types))
  if (schema.default !== undefined && schema.default !== null && context.noDefaults !== undefined) {
    errors.push(forbidden(path.child('default'), `must not be set ${context.noDefaults}`))
  }
  for (const name of never) {
    const value: unknown = schema[name]
    const isEmptyMap = (name === 'patternProperties' || name === 'definitions') && Object.keys(value ?? {}).length === 0
    if (value !== undefined && value !== '' && !isEmptyMap) {
      errors.push(forbidden(path.child(name), `${name} is not supported`))
    }
  }
  if (type === 'null') {
    errors.push(forbidden(path.child('type'), 'type cannot be set to null, use nullable as an alternative'))
  }
  if (Array.isArray(schema.items) && schema.items.length > 0) {
    errors.push(forbidden(path.child('items'), 'items must be a schema object and not an array'))
  }
  if (context.isInsideMeta && schema['x-kubernetes-embedded-resource'] === true) {
    const detail = 'must not be used inside of resource meta'
    errors.push(forbidden(path.child('x-kubernetes-embedded-resource'), detail))
  }
  return errors
}
