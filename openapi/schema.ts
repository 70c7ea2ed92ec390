// The model of a type: what definitions are compiled into, lazily, and what every derived thing reads (decoding,
// defaulting, protobuf, patches, OpenAPI documents). A CustomResourceDefinition is compiled into the same model.
import type { AnyObject } from '../server/apimachinery/types.ts'

export type Schema = StructSchema | ListSchema | MapSchema | ScalarSchema | AnySchema

/** A Go struct: named, with its fields in Go order, which is the order of the JSON a server prints. */
export interface StructSchema {
  readonly form: 'struct'
  /** OpenAPI name, `io.k8s.api.core.v1.Container`. */
  readonly name: string
  /** Go type without its package path, `v1.Container`: error texts name it. */
  readonly go: string
  /** By JSON name, in Go order; inline members are expanded in their place. */
  readonly fields: ReadonlyMap<string, Field>
  /** `atomic`: server-side apply owns the struct as a whole. */
  readonly mapType: 'granular' | 'atomic'
  /** Go names of the inline members a field comes from, `VolumeSource` for `secret` of a Volume: error texts name them. */
  readonly inlined?: ReadonlyMap<string, readonly string[]>
  /** Inline members that are messages of their own in protobuf; their fields are among `fields` too. */
  readonly embedded?: readonly EmbeddedStruct[]
  /** As OpenAPI prints them in x-kubernetes-unions. */
  readonly unions?: readonly unknown[]
  /** Registered, but without a definition in the OpenAPI documents. */
  readonly undocumented?: boolean
  /** What Go's defaulting was seen to set in absent fields wherever the type occurs; openapi/defaults.ts applies it. */
  readonly defaults?: Readonly<Record<string, unknown>>
  /** Members that are no field are kept, and are of this type: only in custom resources. */
  readonly others?: Schema
  /** Custom resources are not held by Go types: how one is decoded instead. @throws DecodeError */
  readonly decode?: (value: unknown) => { object: AnyObject; unknownFields: string[] }
}

/** For instance Volume holds VolumeSource as message 2: field `secret` of a volume is at the protobuf path 2, 6. */
export interface EmbeddedStruct {
  readonly protoNumber: number
  readonly schema: StructSchema
}

export interface Field {
  readonly name: string
  /** Resolved on first use: definitions are recursive. */
  readonly schema: Schema
  readonly required: boolean
  /**
   * Whether an absent or zero value is left out of JSON; a field that is not `omit` is always printed. Go never leaves
   * out a struct that is no pointer, so `spec` of a Pod is not `omit`, nor is a Time or IntOrString without pointer.
   */
  readonly omit: boolean
  /** Go holds it behind a pointer: an explicit zero is kept and printed. */
  readonly pointer: boolean
  /** OpenAPI default, of the field and of the elements of a list or map. */
  readonly default: unknown
  readonly elementDefault?: unknown
  /** Of the elements, if the field is a list. */
  readonly enum: readonly string[] | undefined
  /** As declared in x-kubernetes-list-type and -map-type of the field; undefined if nothing is declared. */
  readonly listType?: 'atomic' | 'set' | 'map' | undefined
  readonly mapType?: 'granular' | 'atomic' | undefined
  /** As in Go tags: `merge`, `replace`, `retainKeys`. */
  readonly patchStrategy: readonly string[]
  readonly patchMergeKey: string | undefined
  /** Protobuf field number, undefined for JSON-only fields. In an inline member: the number in that member's message. */
  readonly protoNumber: number | undefined
  /** As in generated.proto, for instance `optional int32` or `map<string, string>`. */
  readonly protoType: string | undefined
}

export interface ListSchema {
  readonly form: 'list'
  readonly element: Schema
  readonly listType: 'atomic' | 'set' | 'map'
  /** Keys of a `map` list. */
  readonly keys: readonly string[]
  /** Go type, `[]v1.Container`: error texts name it. */
  readonly go?: string
  /** A named Go list that is a message in protobuf, with its elements as field 1 (ExtraValue, Verbs). */
  readonly message?: boolean
}

export interface MapSchema {
  readonly form: 'map'
  readonly element: Schema
  readonly mapType: 'granular' | 'atomic'
  /** Go type, `v1.ResourceList`: error texts name it. */
  readonly go?: string
}

export type ScalarType =
  | 'string'
  | 'int32'
  | 'int64'
  | 'double'
  | 'boolean'
  /** base64 in JSON */
  | 'bytes'
  | 'quantity'
  | 'intOrString'
  /** metav1.Time */
  | 'time'
  /** metav1.MicroTime */
  | 'microTime'
  /** metav1.Duration, `1h30m` */
  | 'duration'

export interface ScalarSchema {
  readonly form: 'scalar'
  readonly scalar: ScalarType
  /** Go type, `v1.RestartPolicy`: error texts name it. */
  readonly go?: string
}

/**
 * Whatever JSON holds: RawExtension, FieldsV1, JSON schemas' JSON. `name` is its OpenAPI name where it has one. The
 * three JSONSchemaPropsOr... types are `any` too: what they may hold is in openapi/decode.ts.
 */
export interface AnySchema {
  readonly form: 'any'
  readonly name: string | undefined
}

/** What discovery says of a resource, and where its type is. */
export interface ResourceFacts {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly listKind: string | undefined
  /** Plural, `pods`. */
  readonly resource: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly storageVersionHash: string | undefined
  /** OpenAPI name of the type. */
  readonly type: string
  readonly fieldSelectors: readonly string[]
  readonly subresources: readonly SubresourceFacts[]
}

export interface SubresourceFacts {
  readonly name: string
  readonly kind: string
  /** `autoscaling/v1` for most scale subresources. */
  readonly apiVersion: string
  readonly verbs: readonly string[]
  readonly type: string
}

/** A column of a Table, without its description. */
export interface TableColumn {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly priority: number
}

/** A group as /apis lists it. */
export interface GroupFacts {
  /** Empty for the core group, which /api serves. */
  readonly group: string
  /** In order of priority. */
  readonly versions: readonly string[]
  readonly preferredVersion: string
}
