// Types of the definitions as JSON schemas, as kube-openapi prints them: members in its order, properties by name.
// Source: kube-openapi/pkg/validation/spec, Schema; apimachinery's own OpenAPI forms (v1.36)
import { registeredKinds, typeByName } from '../index.ts'
import type { Field, Schema, StructSchema } from '../schema.ts'

export type JSONSchema = Record<string, unknown>

/** Where descriptions come from; undefined where there is none. */
export interface Descriptions {
  type(name: string): string | undefined
  property(name: string, property: string): string | undefined
}

export interface SchemaOptions {
  readonly version: 2 | 3
  readonly descriptions: Descriptions
  /** The kinds a type is named as, where they are others than those it is registered as. */
  kinds?(type: string): readonly KindName[] | undefined
}

export interface KindName {
  readonly group: string
  readonly kind: string
  readonly version: string
}

/** A JSON schema and the names of the types it refers to. */
export interface PrintedSchema {
  readonly schema: JSONSchema
  readonly references: ReadonlySet<string>
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const apiextensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'

export function printType(name: string, options: SchemaOptions): PrintedSchema {
  const printer = new Printer(options)
  const schema = printer.type(name)
  return { schema, references: printer.references }
}

export const referenceTo = (name: string, version: 2 | 3): JSONSchema => ({
  $ref: `#/${version === 2 ? 'definitions' : 'components/schemas'}/${name}`,
})

/** Types with a form of their own, beside those that may hold anything. */
const fixedForms: Readonly<Record<string, { 2: JSONSchema; 3: JSONSchema }>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': {
    2: { type: 'string' },
    3: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    2: { type: 'string', format: 'int-or-string' },
    3: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  [`${meta}.Time`]: both({ type: 'string', format: 'date-time' }),
  [`${meta}.MicroTime`]: both({ type: 'string', format: 'date-time' }),
  [`${meta}.FieldsV1`]: both({ type: 'object' }),
  [`${meta}.Patch`]: both({ type: 'object' }),
  'io.k8s.apimachinery.pkg.runtime.RawExtension': both({ type: 'object' }),
  [`${apiextensions}.JSON`]: both({}),
  [`${apiextensions}.JSONSchemaPropsOrArray`]: both({}),
  [`${apiextensions}.JSONSchemaPropsOrBool`]: both({}),
  [`${apiextensions}.JSONSchemaPropsOrStringArray`]: both({}),
}

function both(schema: JSONSchema): { 2: JSONSchema; 3: JSONSchema } {
  return { 2: schema, 3: schema }
}

const text = { type: 'string', default: '' }

/** What /version answers; the one type that is not among the definitions. */
const versionInfo = {
  required: [
    'major',
    'minor',
    'gitVersion',
    'gitCommit',
    'gitTreeState',
    'buildDate',
    'goVersion',
    'compiler',
    'platform',
  ],
  properties: [
    'buildDate',
    'compiler',
    'emulationMajor',
    'emulationMinor',
    'gitCommit',
    'gitTreeState',
    'gitVersion',
    'goVersion',
    'major',
    'minCompatibilityMajor',
    'minCompatibilityMinor',
    'minor',
    'platform',
  ],
}

const scalarNames: Readonly<Record<string, string>> = {
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  intOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  time: `${meta}.Time`,
  microTime: `${meta}.MicroTime`,
  duration: `${meta}.Duration`,
}

const scalarForms: Readonly<Record<string, JSONSchema>> = {
  string: { type: 'string' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  boolean: { type: 'boolean' },
  bytes: { type: 'string', format: 'byte' },
}

const atomicStrings: Partial<Field> = { elementDefault: '', listType: 'atomic' }

/** What the documents say of members whose facts the definitions do not have: those of structs that are only inlined. */
const further: Readonly<Record<string, Partial<Field>>> = {
  apiGroups: atomicStrings,
  apiVersions: atomicStrings,
  resources: atomicStrings,
  scope: { enum: ['*', 'Cluster', 'Namespaced'] },
  allocatedResourceStatuses: {
    enum: [
      'ControllerResizeInProgress',
      'ControllerResizeInfeasible',
      'NodeResizeInProgress',
      'NodeResizeInfeasible',
      'NodeResizePending',
    ],
  },
}

const typesWithFurtherFacts = new Set([
  'io.k8s.api.admissionregistration.v1.NamedRuleWithOperations',
  'io.k8s.api.admissionregistration.v1.RuleWithOperations',
  'io.k8s.api.core.v1.PersistentVolumeClaimStatus',
])

function fieldsOf(schema: StructSchema): Field[] {
  const fields = [...schema.fields.values()]
  if (typesWithFurtherFacts.has(schema.name)) return fields.map((field) => ({ ...field, ...further[field.name] }))
  if (schema.name !== 'io.k8s.api.core.v1.EphemeralContainer') return fields
  // What it has in common with a container is declared alike.
  const container = typeByName('io.k8s.api.core.v1.Container')
  return fields.map((field) => (container.form === 'struct' ? container.fields.get(field.name) : undefined) ?? field)
}

/** Members without a word of description, whose references therefore stand alone. */
const undescribed: Readonly<Record<string, readonly string[]>> = {
  [`${apiextensions}.JSONSchemaProps`]: [
    'additionalItems',
    'additionalProperties',
    'example',
    'externalDocs',
    'items',
    'not',
  ],
  'io.k8s.api.networking.v1.IngressRule': ['http'],
}

const isUndescribed = (type: string, member: string): boolean => undescribed[type]?.includes(member) ?? false

/** Sources that say nothing of the values leave the list of them out. */
function withEnum(description: string, values: readonly string[]): string {
  if (description.includes('Possible enum values:')) return description
  return `${description}\n\nPossible enum values:\n${values.map((value) => ` - \`"${value}"\``).join('\n')}`
}

let kindsByType: Map<string, KindName[]> | undefined

/** Kinds a type is registered as, by group, version, kind. */
function kindsOf(name: string): KindName[] {
  if (kindsByType === undefined) {
    kindsByType = new Map()
    for (const { apiVersion, kind, type } of registeredKinds()) {
      const slash = apiVersion.indexOf('/')
      const entry = { group: apiVersion.slice(0, Math.max(slash, 0)), kind, version: apiVersion.slice(slash + 1) }
      const list = kindsByType.get(type)
      if (list === undefined) kindsByType.set(type, [entry])
      else list.push(entry)
    }
    for (const list of kindsByType.values())
      list.sort((a, b) => (`${a.group}/${a.version}` < `${b.group}/${b.version}` ? -1 : 1))
  }
  return kindsByType.get(name) ?? []
}

/** In the order in which kube-openapi prints the members of a schema. */
const memberOrder = [
  'description',
  'type',
  'format',
  'default',
  'enum',
  'required',
  'items',
  'allOf',
  'oneOf',
  'properties',
  'additionalProperties',
  '$ref',
]

function ordered(schema: JSONSchema): JSONSchema {
  const rank = (key: string): number => (memberOrder.includes(key) ? memberOrder.indexOf(key) : memberOrder.length)
  const entries = Object.entries(schema).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)))
}

class Printer {
  readonly references = new Set<string>()
  readonly #options: SchemaOptions

  constructor(options: SchemaOptions) {
    this.#options = options
  }

  type(name: string): JSONSchema {
    const description = this.#options.descriptions.type(name)
    if (name === 'io.k8s.apimachinery.pkg.version.Info') return ordered({ description, ...this.#versionInfo(name) })
    const fixed = fixedForms[name]
    if (fixed !== undefined) return ordered({ description, ...fixed[this.#options.version] })
    const schema = typeByName(name)
    if (schema.form !== 'struct') throw new Error(`${name} is no struct`)
    return ordered({ description, ...this.#struct(schema) })
  }

  #versionInfo(name: string): JSONSchema {
    const properties = versionInfo.properties.map((property) => {
      const description = this.#options.descriptions.property(name, property)
      const hasDefault = this.#options.version === 3 && versionInfo.required.includes(property)
      return [property, ordered({ description, ...(hasDefault ? text : { type: 'string' }) })]
    })
    return { type: 'object', required: versionInfo.required, properties: Object.fromEntries(properties) as JSONSchema }
  }

  #struct(schema: StructSchema): JSONSchema {
    const declared = fieldsOf(schema)
    const required = declared.filter((field) => field.required).map((field) => field.name)
    const fields = declared.sort((a, b) => (a.name < b.name ? -1 : 1))
    const kinds = this.#options.kinds?.(schema.name) ?? kindsOf(schema.name)
    return {
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      ...(fields.length === 0
        ? {}
        : { properties: Object.fromEntries(fields.map((field) => [field.name, this.#property(schema, field)])) }),
      ...(kinds.length === 0 ? {} : { 'x-kubernetes-group-version-kind': kinds }),
      ...(schema.mapType === 'atomic' ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      ...(schema.unions === undefined ? {} : { 'x-kubernetes-unions': schema.unions }),
    }
  }

  #property(owner: StructSchema, field: Field): JSONSchema {
    const { version, descriptions } = this.#options
    const prose = descriptions.property(owner.name, field.name)
    const value = this.#value(field.schema, field)
    const isList = field.schema.form === 'list'
    const isReference = '$ref' in value
    const enumeration = isList || field.schema.form === 'map' ? {} : { enum: field.enum }
    const description =
      prose === undefined || enumeration.enum === undefined ? prose : withEnum(prose, enumeration.enum)
    // v2 has no defaults, and puts what else there is beside a reference.
    const hasNeighbours = field.default !== undefined || !isUndescribed(owner.name, field.name)
    const target = isReference && version === 3 && hasNeighbours ? { allOf: [value] } : value
    return ordered({
      description,
      ...target,
      ...(field.default === undefined || version === 2 ? {} : { default: field.default }),
      ...enumeration,
      ...(field.listType === undefined ? {} : { 'x-kubernetes-list-type': field.listType }),
      ...(isList && field.schema.keys.length > 0 && field.listType === 'map'
        ? { 'x-kubernetes-list-map-keys': field.schema.keys }
        : {}),
      ...(field.mapType === undefined ? {} : { 'x-kubernetes-map-type': field.mapType }),
      ...(field.patchStrategy.length === 0 ? {} : { 'x-kubernetes-patch-strategy': field.patchStrategy.join(',') }),
      ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    })
  }

  #reference(name: string): JSONSchema {
    this.references.add(name)
    return referenceTo(name, this.#options.version)
  }

  #value(schema: Schema, field?: Field): JSONSchema {
    switch (schema.form) {
      case 'struct':
        return this.#reference(schema.name)
      case 'list':
        return { type: 'array', items: this.#element(schema.element, field) }
      case 'map':
        return { type: 'object', additionalProperties: this.#element(schema.element, field) }
      case 'any':
        return schema.name === undefined ? { type: 'object' } : this.#reference(schema.name)
      case 'scalar': {
        const name = scalarNames[schema.scalar]
        return name === undefined ? { ...scalarForms[schema.scalar] } : this.#reference(name)
      }
    }
  }

  #element(schema: Schema, field: Field | undefined): JSONSchema {
    const { version } = this.#options
    const value = this.#value(schema)
    const enumeration = field?.enum === undefined || schema.form !== 'scalar' ? {} : { enum: field.enum }
    if (version === 2)
      return schema.form === 'scalar' && !('$ref' in value) ? ordered({ ...value, ...enumeration }) : value
    // A list within a map (ExtraValue) is of plain strings.
    if (schema.form === 'list') return { type: 'array', items: { ...this.#value(schema.element), default: '' } }
    const fallback = field?.elementDefault
    const target = '$ref' in value && fallback !== undefined ? { allOf: [value] } : value
    return ordered({ ...target, ...(fallback === undefined ? {} : { default: fallback }), ...enumeration })
  }
}
