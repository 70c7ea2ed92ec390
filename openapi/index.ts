// The loader of the definition set: facts of resources and groups at import, schemas of types on first use.
import { readFileSync } from 'node:fs'
import type { DefinitionFile, FieldRow, GroupRow, PackageTable, ResourceRow, StructRow } from './definition-file.ts'
import type {
  AnySchema,
  EmbeddedStruct,
  Field,
  GroupFacts,
  ResourceFacts,
  ScalarType,
  Schema,
  StructSchema,
  TableColumn,
} from './schema.ts'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`./definitions/${name}`, import.meta.url), 'utf8'))

const packages = new Map<string, PackageTable>()
const aliasByOpenapi = new Map<string, string>()
/** `apps.v1.Deployment` by `apps/v1 Deployment`. */
const kinds = new Map<string, string>()
const rows = new Map<string, ResourceRow>()

function loadFile(name: string): DefinitionFile {
  const file = read(name) as DefinitionFile
  for (const [alias, table] of Object.entries(file.packages)) {
    packages.set(alias, table)
    aliasByOpenapi.set(table.openapi, alias)
  }
  for (const [apiVersion, byKind] of Object.entries(file.kinds)) {
    for (const [kind, type] of Object.entries(byKind)) kinds.set(`${apiVersion} ${kind}`, type)
  }
  return file
}

const keyOf = (group: string, version: string, resource: string): string => `${group}/${version}/${resource}`

function openapiName(type: string): string {
  const dot = type.lastIndexOf('.')
  return `${packages.get(type.slice(0, dot))!.openapi}.${type.slice(dot + 1)}`
}

function loadResources(groupRows: readonly GroupRow[]): ResourceFacts[] {
  loadFile('meta.json')
  loadFile('apidiscovery.v2.json')
  // Types of one group may name those of another: all files are read before any name is resolved.
  const files = groupRows.flatMap(({ group, versions }) =>
    versions.map(({ version, file }) => ({ group, version, definitions: loadFile(file) })),
  )
  return files.flatMap(({ group, version, definitions }) =>
    (definitions.resources[group === '' ? version : `${group}/${version}`] ?? []).map((row) => {
      rows.set(keyOf(group, version, row.resource), row)
      return {
        group,
        version,
        kind: row.kind,
        listKind: row.listKind,
        resource: row.resource,
        singular: row.singular,
        shortNames: row.shortNames ?? [],
        categories: row.categories ?? [],
        namespaced: row.namespaced,
        verbs: row.verbs,
        storageVersionHash: row.storageVersionHash,
        type: openapiName(row.type),
        fieldSelectors: row.fieldSelectors,
        subresources: row.subresources.map((subresource) => ({ ...subresource, type: openapiName(subresource.type) })),
      }
    }),
  )
}

const groupRows = read('groups.json') as GroupRow[]

/** The groups as /apis lists them, after the core group. */
export const groups: readonly GroupFacts[] = groupRows.map(({ group, versions, preferredVersion }) => ({
  group,
  versions: versions.map(({ version }) => version),
  preferredVersion,
}))

/** All resources but subresources: by group as in `groups`, within a version in the order of discovery. */
export const resources: readonly ResourceFacts[] = loadResources(groupRows)

const factsByKey = new Map(resources.map((facts) => [keyOf(facts.group, facts.version, facts.resource), facts]))

export function resourceFacts(group: string, version: string, resource: string): ResourceFacts | undefined {
  return factsByKey.get(keyOf(group, version, resource))
}

const columnsByKey = new Map<string, readonly TableColumn[]>()

/** Columns of the Table of a built-in resource; empty for one that cannot be listed. */
export function tableColumns(group: string, version: string, resource: string): readonly TableColumn[] {
  const key = keyOf(group, version, resource)
  let columns = columnsByKey.get(key)
  if (columns === undefined) {
    columns = (rows.get(key)?.columns ?? []).map(([name, type, format, priority]) => ({ name, type, format, priority }))
    columnsByKey.set(key, columns)
  }
  return columns
}

/** Recorded defaults by path (`spec.a[].b`), beside those of the types (StructSchema.defaults). */
export function kindDefaults(facts: ResourceFacts): Readonly<Record<string, unknown>> {
  return rows.get(keyOf(facts.group, facts.version, facts.resource))?.defaults ?? {}
}

/** All registered kinds with their OpenAPI type names: objects, lists, options, reviews. */
export function registeredKinds(): { apiVersion: string; kind: string; type: string }[] {
  return [...kinds].map(([key, type]) => {
    const [apiVersion, kind] = key.split(' ') as [string, string]
    return { apiVersion, kind, type: openapiName(type) }
  })
}

/** OpenAPI names of all types that are structs or have a JSON form of their own. */
export function typeNames(): string[] {
  return [...packages].flatMap(([, { openapi, types }]) =>
    Object.keys(types)
      .filter((name) => typeof types[name] === 'object')
      .map((name) => `${openapi}.${name}`),
  )
}

/**
 * Kinds that every group version registers.
 * Source: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1, AddToGroupVersion (v1.36)
 */
const OPTIONS_KINDS = ['CreateOptions', 'DeleteOptions', 'GetOptions', 'ListOptions', 'PatchOptions', 'UpdateOptions']

/** Schema of any registered kind, also of lists, options and reviews; `apiVersion` is `v1` or `apps/v1`. */
export function typeOfKind(apiVersion: string, kind: string): StructSchema | undefined {
  const everywhere = OPTIONS_KINDS.includes(kind) && kinds.has(`${apiVersion} WatchEvent`)
  const type = kinds.get(`${everywhere ? 'v1' : apiVersion} ${kind}`)
  if (type === undefined) return undefined
  const schema = named(type)
  return schema.form === 'struct' ? schema : undefined
}

/**
 * @param name OpenAPI name, `io.k8s.api.core.v1.PodSpec`
 * @throws Error if there is no such type
 */
export function typeByName(name: string): Schema {
  const dot = name.lastIndexOf('.')
  const alias = aliasByOpenapi.get(name.slice(0, dot))
  if (alias === undefined) throw new Error(`no type is named ${name}`)
  return named(`${alias}.${name.slice(dot + 1)}`)
}

const CUSTOM_SCALARS: Readonly<Record<string, ScalarType>> = {
  'resource.Quantity': 'quantity',
  'intstr.IntOrString': 'intOrString',
  'meta.v1.Time': 'time',
  'meta.v1.MicroTime': 'microTime',
  'meta.v1.Duration': 'duration',
}

const BUILTIN_SCALARS: Readonly<Record<string, ScalarType>> = {
  string: 'string',
  bool: 'boolean',
  int32: 'int32',
  int64: 'int64',
  float64: 'double',
  bytes: 'bytes',
}

const compiled = new Map<string, Schema>()

/** Schema of a named type, by `alias.Name`. */
function named(type: string): Schema {
  let schema = compiled.get(type)
  if (schema === undefined) {
    schema = compileNamed(type)
    compiled.set(type, schema)
  }
  return schema
}

function compileNamed(type: string): Schema {
  const dot = type.lastIndexOf('.')
  const alias = type.slice(0, dot)
  const name = type.slice(dot + 1)
  const table = packages.get(alias)
  const row = table?.types[name]
  if (table === undefined || row === undefined) throw new Error(`no type is named ${type}`)
  const go = `${table.go.slice(table.go.lastIndexOf('/') + 1)}.${name}`
  if (typeof row === 'string') return withGo(compileExpression(row, alias, {}), go)
  if ('underlying' in row) {
    const list = compileExpression(row.underlying, alias, {})
    if (list.form !== 'list') throw new Error(`${type}: ${row.underlying} is no list`)
    return { ...list, go, message: true }
  }
  if ('custom' in row) {
    const scalar = CUSTOM_SCALARS[type]
    return scalar === undefined ? any(`${table.openapi}.${name}`) : { form: 'scalar', scalar, go }
  }
  return compileStruct(row, alias, `${table.openapi}.${name}`, go)
}

const withGo = (schema: Schema, go: string): Schema => (schema.form === 'any' ? schema : { ...schema, go })
const any = (name: string | undefined): AnySchema => ({ form: 'any', name })

type ListFacts = Pick<Field, 'listType' | 'mapType'> & { keys?: readonly string[] }

/** @param expression Go type with aliases as packages: `*int32`, `[]Container`, `map[string]meta.v1.Time` */
function compileExpression(expression: string, alias: string, facts: ListFacts): Schema {
  if (expression.startsWith('*')) return compileExpression(expression.slice(1), alias, facts)
  if (expression.startsWith('[]')) {
    const element = compileExpression(expression.slice(2), alias, {})
    const { listType = 'atomic', keys = [] } = facts
    return { form: 'list', element, listType, keys, go: `[]${printGo(element)}` }
  }
  const map = /^map\[([\w.]+)\](.*)$/.exec(expression)
  if (map !== null) {
    const element = compileExpression(map[2]!, alias, {})
    return { form: 'map', element, mapType: facts.mapType ?? 'granular', go: `map[${map[1]!}]${printGo(element)}` }
  }
  const scalar = BUILTIN_SCALARS[expression]
  if (scalar !== undefined) return { form: 'scalar', scalar, go: expression === 'bytes' ? '[]uint8' : expression }
  if (expression === 'any') return any(undefined)
  const schema = named(expression.includes('.') ? expression : `${alias}.${expression}`)
  // A field may declare of its own use of a type what the type itself leaves open.
  if (schema.form === 'list' && facts.listType !== undefined) {
    return { ...schema, listType: facts.listType, keys: facts.keys ?? [] }
  }
  if ((schema.form === 'struct' || schema.form === 'map') && (facts.mapType ?? schema.mapType) !== schema.mapType) {
    return { ...schema, mapType: facts.mapType! }
  }
  return schema
}

function printGo(schema: Schema): string {
  if (schema.form !== 'any') return schema.go ?? schema.form
  return schema.name === undefined ? 'interface {}' : schema.name.split('.').slice(-2).join('.')
}

function compileStruct(row: StructRow, alias: string, name: string, go: string): StructSchema {
  const fields = new Map<string, Field>()
  const embedded: EmbeddedStruct[] = []
  const inlined = new Map<string, readonly string[]>()
  for (const fieldRow of row.fields) {
    const [json, type, protoNumber] = fieldRow
    if (json !== '') {
      fields.set(json, compileField(fieldRow, alias))
      continue
    }
    const member = compileExpression(type, alias, {})
    if (member.form !== 'struct') throw new Error(`${name}: the inline member ${type} is no struct`)
    const goName = type.slice(type.lastIndexOf('.') + 1)
    for (const [key, field] of member.fields) {
      fields.set(key, field)
      inlined.set(key, [goName, ...(member.inlined?.get(key) ?? [])])
    }
    if (protoNumber !== null) embedded.push({ protoNumber, schema: member })
  }
  return {
    form: 'struct',
    name,
    go,
    fields,
    mapType: row.mapType ?? 'granular',
    ...(inlined.size === 0 ? {} : { inlined }),
    ...(embedded.length === 0 ? {} : { embedded }),
    ...(row.unions === undefined ? {} : { unions: row.unions }),
    ...(row.undocumented === undefined ? {} : { undocumented: true }),
    ...(row.defaults === undefined ? {} : { defaults: row.defaults }),
  }
}

function compileField([name, type, protoNumber, facts = {}]: FieldRow, alias: string): Field {
  const pointer = type.startsWith('*')
  let schema: Schema | undefined
  return {
    name,
    get schema() {
      schema ??= compileExpression(type, alias, facts)
      return schema
    },
    required: facts.required ?? false,
    omit: facts.omitzero ?? (facts.always === undefined && (pointer || !isGoStruct(type, alias))),
    pointer,
    default: facts.default,
    elementDefault: facts.itemDefault,
    enum: facts.enum,
    listType: facts.listType,
    mapType: facts.mapType,
    patchStrategy: facts.patchStrategy ?? [],
    patchMergeKey: facts.mergeKey,
    protoNumber: protoNumber ?? undefined,
    get protoType() {
      return protoNumber === null ? undefined : (facts.protoType ?? protoType(type, alias))
    },
  }
}

/** Whether Go holds the type as a struct, which omitempty never leaves out. */
function isGoStruct(expression: string, alias: string): boolean {
  if (/^(\[\]|map\[)/.test(expression) || expression in BUILTIN_SCALARS || expression === 'any') return false
  const type = expression.includes('.') ? expression : `${alias}.${expression}`
  const dot = type.lastIndexOf('.')
  const row = packages.get(type.slice(0, dot))?.types[type.slice(dot + 1)]
  return typeof row === 'object' && !('underlying' in row)
}

/** What a field of a Go type is in generated.proto, as hack/update-definitions.ts checks it. */
function protoType(expression: string, alias: string): string {
  const type = protoExpression(expression, alias, alias)
  return /^(repeated |map<)/.test(type) ? type : `optional ${type}`
}

function protoExpression(expression: string, alias: string, own: string): string {
  if (expression.startsWith('*')) return protoExpression(expression.slice(1), alias, own)
  if (expression.startsWith('[]')) return `repeated ${protoExpression(expression.slice(2), alias, own)}`
  const map = /^map\[[\w.]+\](.*)$/.exec(expression)
  if (map !== null) return `map<string, ${protoExpression(map[1]!, alias, own)}>`
  if (expression === 'float64') return 'double'
  if (expression in BUILTIN_SCALARS) return expression
  const type = expression.includes('.') ? expression : `${alias}.${expression}`
  const dot = type.lastIndexOf('.')
  const itsAlias = type.slice(0, dot)
  const table = packages.get(itsAlias)!
  const row = table.types[type.slice(dot + 1)]
  if (row === 'string') return row
  if (typeof row === 'string') return protoExpression(row, itsAlias, own)
  return itsAlias === own
    ? type.slice(dot + 1)
    : `.${table.openapi.replace(/^io\.k8s/, 'k8s.io')}.${type.slice(dot + 1)}`
}
