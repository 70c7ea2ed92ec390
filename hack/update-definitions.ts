// Derives openapi/definitions/ from the recorded facts of the API: `node hack/update-definitions.ts [API_DIR]`.
// Facts only: descriptions of types are never copied. The same input gives the same bytes.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type {
  DefinitionFile,
  FieldFacts,
  FieldRow,
  GroupRow,
  PackageTable,
  ResourceRow,
  TypeRow,
} from '../openapi/definition-file.ts'

interface RecordedField {
  json: string
  inline?: boolean
  go: string
  ref?: string
  container?: string
  pointer?: boolean
  omit?: string
  required?: boolean
  default?: unknown
  itemDefault?: unknown
  enum?: string[]
  listType?: 'atomic' | 'set' | 'map'
  listMapKeys?: string[]
  mapType?: 'granular' | 'atomic'
  patchStrategy?: string
  patchMergeKey?: string
  proto?: { n: number; type: string }
}

interface RecordedType {
  go: string
  goKind?: string
  underlying?: string
  customJSON?: boolean
  mapType?: 'granular' | 'atomic'
  unions?: unknown[]
  gvks?: string[]
  inOpenAPIv2: boolean
  protoMessage?: true | { n: number; name: string; type: string }[]
  fields?: RecordedField[]
}

interface RecordedKind {
  group: string
  version: string
  kind: string
  plural: string
  singular: string
  shortNames?: string[]
  categories?: string[]
  namespaced: boolean
  verbs: string[]
  storageVersionHash?: string
  listKind?: string
  type: string
  fieldSelectors?: string[]
  defaults?: Record<string, unknown>
  subresources?: { name: string; kind: string; apiVersion: string; verbs: string[]; type: string }[]
}

interface RecordedFields {
  kinds: RecordedKind[]
  otherKinds: { apiVersion: string; kind: string; type: string }[]
  types: Record<string, RecordedType>
}

interface RecordedTable {
  groupVersion: string
  resource: string
  columns: { name: string; type: string; format: string; priority: number }[]
}

/** Packages that many groups share: one file holds them all. */
const SHARED_FILE = 'meta.json'

/**
 * Recorded values that are no defaults: DeviceTaint.timeAdded is the time at which the recording was made. The kind
 * sets it from the clock.
 */
const NOT_DEFAULTS = new Set(['io.k8s.api.resource.v1.DeviceTaint.timeAdded'])

/** The recording program went no deeper than this, counting each member and each list: what is below is not absent. */
const RECORDED_DEPTH = 12
const depthOf = (path: string): number => path.split(/\.|(?=\[\])/).length

/** The package part of an OpenAPI name. */
const packageOf = (type: string): string => type.slice(0, type.lastIndexOf('.'))
const nameOf = (type: string): string => type.slice(type.lastIndexOf('.') + 1)

/** `io.k8s.api.apps.v1` → `apps.v1`, `io.k8s.apimachinery.pkg.util.intstr` → `intstr`. */
function aliasOf(openapiPackage: string): string {
  const parts = openapiPackage.split('.')
  const last = parts.at(-1)!
  return /^v\d/.test(last) ? `${parts.at(-2)!}.${last}` : last
}

const fileOf = (alias: string): string => (/^(?!meta\.).+\.v\d/.test(alias) ? `${alias}.json` : SHARED_FILE)
const apiVersionOf = (group: string, version: string): string => (group === '' ? version : `${group}/${version}`)

/** Reads every recording and returns the content of each file to write, by file name. */
export function makeDefinitions(apiDir: string): Map<string, string> {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(apiDir, name), 'utf8'))
  const recorded = read('fields.json') as RecordedFields
  const tables = (read('tables.json') as { tables: RecordedTable[] }).tables
  const files = new Map<string, DefinitionFile>()
  const fileNamed = (name: string): DefinitionFile => {
    let file = files.get(name)
    if (file === undefined) {
      file = { packages: {}, kinds: {}, resources: {} }
      files.set(name, file)
    }
    return file
  }

  const types = Object.keys(recorded.types).sort(compare)
  for (const type of types) {
    const alias = aliasOf(packageOf(type))
    const { packages } = fileNamed(fileOf(alias))
    const table = (packages[alias] ??= packageTable(type, recorded.types[type]!))
    table.types[nameOf(type)] = typeRow(type, recorded.types)
  }

  const shortType = (type: string): string => `${aliasOf(packageOf(type))}.${nameOf(type)}`
  const fileOfApiVersion = new Map<string, string>()
  for (const { group, version, type } of recorded.kinds) {
    fileOfApiVersion.set(apiVersionOf(group, version), fileOf(aliasOf(packageOf(type))))
  }
  const registered = new Map<string, string>()
  const register = (apiVersion: string, kind: string, type: string): void => {
    registered.set(`${apiVersion} ${kind}`, shortType(type))
  }
  for (const { group, version, kind, type } of recorded.kinds) register(apiVersionOf(group, version), kind, type)
  for (const { apiVersion, kind, type } of recorded.otherKinds) register(apiVersion, kind, type)
  for (const type of types) {
    for (const gvk of recorded.types[type]!.gvks ?? []) {
      const [apiVersion, kind] = gvk.split(' ') as [string, string]
      if (!registered.has(gvk)) register(apiVersion, kind, type)
    }
  }
  for (const key of [...registered.keys()].sort(compare)) {
    const [apiVersion, kind] = key.split(' ') as [string, string]
    // Group versions without a file of their own register shared kinds only (WatchEvent, DeleteOptions, ...).
    const { kinds } = fileNamed(fileOfApiVersion.get(apiVersion) ?? fileOf(registered.get(key)!.replace(/\.\w+$/, '')))
    ;(kinds[apiVersion] ??= {})[kind] = registered.get(key)!
  }

  const defaults = factorDefaults(recorded)
  for (const [type, values] of defaults.byType) {
    const row = fileNamed(fileOf(aliasOf(packageOf(type)))).packages[aliasOf(packageOf(type))]!.types[nameOf(type)]!
    if (typeof row === 'object' && 'fields' in row) row.defaults = values
  }

  const groups = groupRows(read, (apiVersion) => fileOfApiVersion.get(apiVersion)!)
  for (const { group, versions } of groups) {
    for (const { version } of versions) {
      const apiVersion = apiVersionOf(group, version)
      const list = read(group === '' ? 'discovery/api.v1.json' : `discovery/apis.${group}.${version}.json`) as {
        resources: { name: string }[]
      }
      const rows: ResourceRow[] = []
      for (const { name } of list.resources.filter((entry) => !entry.name.includes('/'))) {
        const kind = recorded.kinds.find((k) => k.group === group && k.version === version && k.plural === name)
        if (kind === undefined) throw new Error(`${apiVersion} ${name} is in discovery but not in fields.json`)
        const table = tables.find((t) => t.groupVersion === apiVersion && t.resource === name)
        rows.push(resourceRow(kind, table, shortType, defaults))
      }
      fileNamed(fileOfApiVersion.get(apiVersion)!).resources[apiVersion] = rows
    }
  }

  const out = new Map<string, string>()
  out.set('groups.json', `[\n${groups.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`)
  for (const [name, file] of [...files].sort(([a], [b]) => compare(a, b))) out.set(name, printFile(file))
  return out
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function packageTable(type: string, first: RecordedType): PackageTable {
  return { openapi: packageOf(type), go: first.go.slice(0, first.go.lastIndexOf('.')), types: {} }
}

function typeRow(type: string, types: Record<string, RecordedType>): TypeRow {
  const own = packageOf(type)
  const recorded = types[type]!
  if (recorded.goKind !== undefined) {
    if (recorded.underlying === undefined) return recorded.goKind
    const underlying = namedType(recorded.underlying, own)
    return Array.isArray(recorded.protoMessage) ? { underlying, message: true } : underlying
  }
  if (recorded.customJSON) {
    const message = Array.isArray(recorded.protoMessage) ? recorded.protoMessage : []
    return { custom: true, message: message.map(({ n, name, type: proto }) => [name, proto, n]) }
  }
  return {
    ...(recorded.mapType === undefined ? {} : { mapType: recorded.mapType }),
    ...(recorded.unions === undefined ? {} : { unions: recorded.unions }),
    ...(recorded.inOpenAPIv2 ? {} : { undocumented: true as const }),
    fields: (recorded.fields ?? []).map((field) => fieldRow(withListFacts(type, field, types), own, types)),
  }
}

/** By a struct that is only inlined, and so in no recorded document: the one whose fields are declared alike. */
const declaredAlike: Readonly<Record<string, string>> = {
  'io.k8s.api.core.v1.EphemeralContainerCommon': 'io.k8s.api.core.v1.Container',
}

function withListFacts(type: string, field: RecordedField, types: Record<string, RecordedType>): RecordedField {
  const same = types[declaredAlike[type] ?? '']?.fields?.find(({ json }) => json === field.json)
  if (same?.listType === undefined) return field
  const { listType, listMapKeys } = same
  return { ...field, listType, ...(listMapKeys === undefined ? {} : { listMapKeys }) }
}

function fieldRow(field: RecordedField, own: string, types: Record<string, RecordedType>): FieldRow {
  const facts: FieldFacts = {}
  if (field.omit === undefined && !field.inline) facts.always = true
  if (field.omit?.includes('omitzero')) facts.omitzero = true
  if (field.required) facts.required = true
  if (field.default !== undefined) facts.default = field.default
  if (field.itemDefault !== undefined) facts.itemDefault = field.itemDefault
  if (field.enum !== undefined) facts.enum = field.enum
  if (field.listType !== undefined) facts.listType = field.listType
  if (field.listMapKeys !== undefined) facts.keys = field.listMapKeys
  if (field.mapType !== undefined) facts.mapType = field.mapType
  if (field.patchStrategy !== undefined) facts.patchStrategy = field.patchStrategy.split(',')
  if (field.patchMergeKey !== undefined) facts.mergeKey = field.patchMergeKey
  if (field.proto !== undefined && field.proto.type !== protoType(field, own, types)) facts.protoType = field.proto.type
  const row: FieldRow = [field.json, goType(field, own), field.proto?.n ?? null]
  if (Object.keys(facts).length > 0) row.push(facts)
  return row
}

/** What a field of this Go type usually is in generated.proto. */
function protoType(field: RecordedField, own: string, types: Record<string, RecordedType>): string {
  const expand = (go: string): string => {
    if (go.startsWith('*')) return expand(go.slice(1))
    if (go === '[]uint8') return 'bytes'
    if (go.startsWith('[]')) return `repeated ${expand(go.slice(2))}`
    const map = /^map\[[\w.]+\](.*)$/.exec(go)
    if (map !== null) return `map<string, ${expand(map[1]!)}>`
    if (field.ref === undefined) return go === 'float64' ? 'double' : go
    return named(field.ref)
  }
  const named = (type: string): string => {
    const { goKind, underlying, protoMessage } = types[type]!
    if (goKind === 'string') return 'string'
    if (underlying !== undefined && !Array.isArray(protoMessage)) {
      const [, prefix, element] = /^(\[\]|map\[[\w.]+\])\w+\.(\w+)$/.exec(underlying)!
      const elementType = Object.keys(types).find((t) => packageOf(t) === packageOf(type) && nameOf(t) === element)
      const printed = named(elementType ?? Object.keys(types).find((t) => nameOf(t) === element)!)
      return prefix === '[]' ? `repeated ${printed}` : `map<string, ${printed}>`
    }
    const openapiPackage = packageOf(type)
    return openapiPackage === own ? nameOf(type) : `.${openapiPackage.replace(/^io\.k8s/, 'k8s.io')}.${nameOf(type)}`
  }
  const type = expand(field.go)
  return /^(repeated |map<)/.test(type) ? type : `optional ${type}`
}

/** The Go type with packages named by alias (`meta.v1.ObjectMeta`) and the own package left out (`PodSpec`). */
function goType(field: RecordedField, own: string): string {
  const prefix = /^(\*|\[\]|map\[[\w.]+\])*/.exec(field.go)![0]
  const rest = field.go.slice(prefix.length)
  if (field.ref === undefined)
    return rest === 'uint8' && prefix.endsWith('[]') ? `${prefix.slice(0, -2)}bytes` : field.go
  const openapiPackage = packageOf(field.ref)
  return prefix + (openapiPackage === own ? nameOf(field.ref) : `${aliasOf(openapiPackage)}.${nameOf(field.ref)}`)
}

/** `map[v1.ResourceName]resource.Quantity` of a named map or list: elements are of the own package or shared. */
function namedType(underlying: string, own: string): string {
  const prefix = /^(\*|\[\]|map\[[\w.]+\])*/.exec(underlying)![0]
  const rest = underlying.slice(prefix.length)
  const [goPackage, name] = rest.includes('.') ? (rest.split('.') as [string, string]) : [undefined, rest]
  if (goPackage === undefined) return underlying
  return prefix + (goPackage === nameOf(own) ? name : `${goPackage}.${name}`)
}

function resourceRow(
  kind: RecordedKind,
  table: RecordedTable | undefined,
  shortType: (type: string) => string,
  defaults: FactoredDefaults,
): ResourceRow {
  const own = defaults.byKind.get(kind)!
  return {
    kind: kind.kind,
    ...(kind.listKind === undefined ? {} : { listKind: kind.listKind }),
    resource: kind.plural,
    singular: kind.singular,
    ...(kind.shortNames === undefined ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories === undefined ? {} : { categories: kind.categories }),
    namespaced: kind.namespaced,
    verbs: kind.verbs,
    ...(kind.storageVersionHash === undefined ? {} : { storageVersionHash: kind.storageVersionHash }),
    type: shortType(kind.type),
    fieldSelectors: kind.fieldSelectors ?? [],
    columns: (table?.columns ?? []).map(({ name, type, format, priority }) => [name, type, format, priority]),
    subresources: (kind.subresources ?? []).map(({ name, kind: its, apiVersion, verbs, type }) => ({
      name,
      kind: its,
      apiVersion,
      verbs,
      type: shortType(type),
    })),
    ...(Object.keys(own).length === 0 ? {} : { defaults: own }),
  }
}

interface FactoredDefaults {
  /** Value by field by type: holds wherever the type occurs. */
  byType: Map<string, Record<string, unknown>>
  /** Value by path, for fields that only some occurrences of their type get: those of JobSpec in a Job, not in a CronJob. */
  byKind: Map<RecordedKind, Record<string, unknown>>
}

/** A field with a recorded default, as one kind reaches it. */
interface Occurrence {
  kind: RecordedKind
  path: string
  value: unknown
}

/**
 * The recording has defaults by path from each kind, some thirty paths for every container list. Go sets most of them
 * by type, so a value that every occurrence of a type has becomes the type's.
 */
function factorDefaults({ kinds, types }: RecordedFields): FactoredDefaults {
  const recordedAt = new Map<string, Occurrence[]>()
  const absentAt = new Map<string, Occurrence[]>()
  for (const kind of kinds) {
    const left = new Set(Object.keys(kind.defaults ?? {}))
    const visit = (type: string, prefix: string, above: readonly string[]): void => {
      if (above.includes(type)) return
      for (const field of types[type]!.fields ?? []) {
        if (field.inline) {
          visit(field.ref!, prefix, [...above, type])
          continue
        }
        const path = prefix + field.json
        const has = left.delete(path)
        const list = has ? recordedAt : absentAt
        const key = `${type}.${field.json}`
        if (!list.has(key)) list.set(key, [])
        list.get(key)!.push({ kind, path, value: kind.defaults?.[path] })
        const struct = field.ref === undefined ? undefined : types[field.ref]
        const step = field.container === 'list' ? '[].' : field.container === 'map' ? '{}.' : '.'
        if (struct?.fields !== undefined && !struct.customJSON) visit(field.ref!, path + step, [...above, type])
      }
    }
    visit(kind.type, '', [])
    if (left.size > 0) throw new Error(`${kind.kind}: no field at ${[...left].join(', ')}`)
  }

  const byType: FactoredDefaults['byType'] = new Map()
  const byKind: FactoredDefaults['byKind'] = new Map(kinds.map((kind) => [kind, {}]))
  for (const key of [...recordedAt.keys()].sort(compare)) {
    if (NOT_DEFAULTS.has(key)) continue
    const occurrences = recordedAt.get(key)!
    const everywhere = (absentAt.get(key) ?? []).every(({ path }) => depthOf(path) > RECORDED_DEPTH)
    const values = new Set(occurrences.map(({ value }) => JSON.stringify(value)))
    if (values.size === 1 && everywhere) {
      const type = packageOf(key)
      if (!byType.has(type)) byType.set(type, {})
      byType.get(type)![nameOf(key)] = occurrences[0]!.value
    } else {
      for (const { kind, path, value } of occurrences) byKind.get(kind)![path] = value
    }
  }
  return { byType, byKind }
}

function groupRows(read: (name: string) => unknown, fileOfApiVersion: (apiVersion: string) => string): GroupRow[] {
  const core = read('discovery/api.json') as { versions: string[] }
  const named = read('discovery/apis.json') as {
    groups: { name: string; versions: { version: string }[]; preferredVersion: { version: string } }[]
  }
  const row = (group: string, versions: string[], preferredVersion: string): GroupRow => ({
    group,
    versions: versions.map((version) => ({ version, file: fileOfApiVersion(apiVersionOf(group, version)) })),
    preferredVersion,
  })
  return [
    row('', core.versions, core.versions[0]!),
    ...named.groups.map(({ name, versions, preferredVersion }) =>
      row(
        name,
        versions.map(({ version }) => version),
        preferredVersion.version,
      ),
    ),
  ]
}

/** JSON with one line for each field, kind and default: a change shows as the lines that it touches. */
function printFile(file: DefinitionFile): string {
  const one = (value: unknown): string => JSON.stringify(value)
  const print = (value: unknown, indent: string, depth: number): string => {
    if (value === null || typeof value !== 'object' || depth === 0) return one(value)
    const inner = `${indent}  `
    const lines = Array.isArray(value)
      ? value.map((element) => inner + print(element, inner, depth - 1))
      : Object.entries(value).map(([key, member]) => `${inner}${one(key)}: ${print(member, inner, depth - 1)}`)
    const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
    return lines.length === 0 ? open + close : `${open}\n${lines.join(',\n')}\n${indent}${close}`
  }
  // packages > alias > types > type > fields > row; kinds > apiVersion > kind; resources > apiVersion > row > member
  const members = Object.entries({
    packages: print(file.packages, '  ', 5),
    kinds: print(file.kinds, '  ', 2),
    resources: print(file.resources, '  ', 4),
  })
  return `{\n${members.map(([key, text]) => `  ${one(key)}: ${text}`).join(',\n')}\n}\n`
}

/** Writes the files of `makeDefinitions` into a folder, and removes other tables there. */
export function writeDefinitions(apiDir: string, folder: string): void {
  const files = makeDefinitions(apiDir)
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name))
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
}

/** The folder with the recordings: the first argument, or `../shared/api` beside the repository. */
export function apiDirOf(argv: readonly string[]): string {
  return argv[2] ?? fileURLToPath(new URL('../../shared/api', import.meta.url))
}

if (import.meta.main) {
  writeDefinitions(apiDirOf(process.argv), fileURLToPath(new URL('../openapi/definitions', import.meta.url)))
}
