// The form of the files in openapi/definitions/, which hack/update-definitions.ts writes and index.ts reads.

/** `groups.json`: the groups as /apis lists them, the core group first; `file` holds the definitions of a version. */
export interface GroupRow {
  group: string
  versions: { version: string; file: string }[]
  preferredVersion: string
}

/** One file per group and version, and `meta.json` for what all groups share. */
export interface DefinitionFile {
  /** By alias: `apps.v1`, `meta.v1`, `resource` (of Quantity), ... */
  packages: Record<string, PackageTable>
  /** Type (`apps.v1.Deployment`) by kind by apiVersion. */
  kinds: Record<string, Record<string, string>>
  /** In the order of discovery, by apiVersion. */
  resources: Record<string, ResourceRow[]>
}

export interface PackageTable {
  /** Prefix of OpenAPI names, `io.k8s.api.apps.v1`. */
  openapi: string
  /** Go import path. */
  go: string
  types: Record<string, TypeRow>
}

/** A named scalar, list or map is its underlying Go type. */
export type TypeRow = string | MessageListRow | StructRow | CustomRow

/** A named list that is a message in protobuf, its elements being the message's field 1. */
export interface MessageListRow {
  underlying: string
  message: true
}

export interface StructRow {
  mapType?: 'granular' | 'atomic'
  unions?: unknown[]
  /** Registered in Go, but without a definition in the OpenAPI documents. */
  undocumented?: true
  /** What Go's defaulting sets in an absent field wherever the type occurs. */
  defaults?: Record<string, unknown>
  fields: FieldRow[]
}

/** A type with a JSON form of its own (Time, Quantity, ...); its protobuf members are name, type and number. */
export interface CustomRow {
  custom: true
  message: [name: string, type: string, number: number][]
}

/**
 * JSON name, Go type, protobuf number, further facts. An inline member has the name '' (its number is that of the
 * message it is in protobuf). Types of the own package have no prefix, others have their package's alias.
 */
export type FieldRow = [name: string, type: string, protoNumber: number | null, facts?: FieldFacts]

export interface FieldFacts {
  /** No omitempty: always printed. */
  always?: true
  omitzero?: true
  required?: true
  /** OpenAPI defaults of the field and of its elements. */
  default?: unknown
  itemDefault?: unknown
  enum?: string[]
  listType?: 'atomic' | 'set' | 'map'
  keys?: string[]
  mapType?: 'granular' | 'atomic'
  patchStrategy?: string[]
  mergeKey?: string
  /** Where generated.proto differs from what the Go type suggests. */
  protoType?: string
}

export interface ResourceRow {
  kind: string
  listKind?: string
  resource: string
  singular: string
  shortNames?: string[]
  categories?: string[]
  namespaced: boolean
  verbs: string[]
  storageVersionHash?: string
  type: string
  fieldSelectors: string[]
  columns: [name: string, type: string, format: string, priority: number][]
  subresources: { name: string; kind: string; apiVersion: string; verbs: string[]; type: string }[]
  /** Recorded defaults of fields whose type does not have them everywhere, by path (`spec.a[].b`). */
  defaults?: Record<string, unknown>
}
