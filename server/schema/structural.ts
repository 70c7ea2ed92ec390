// A structural schema: what an openAPIV3Schema says of the form of values, resolved once per version of a definition.
// Source: apiextensions-apiserver/pkg/apiserver/schema, NewStructural (v1.36)
import type { JSONSchemaProps } from '../api/apiextensions.ts'

export interface Structural {
  readonly properties: ReadonlyMap<string, Structural>
  /** Of members that are no property: a schema, anything (`true`), or nothing (undefined). */
  readonly additional: Structural | true | undefined
  readonly items: Structural | undefined
  readonly nullable: boolean
  readonly preservesUnknown: boolean
  readonly isEmbeddedResource: boolean
  readonly isIntOrString: boolean
  readonly type: string
  /** Undefined if there is none. */
  readonly default: unknown
  readonly listType: 'atomic' | 'set' | 'map' | undefined
  readonly listKeys: readonly string[]
  readonly mapType: 'granular' | 'atomic' | undefined
  /** Whether there is a default anywhere below. */
  readonly hasDefaults: boolean
  /** Whether there is an embedded resource here or anywhere below. */
  readonly hasEmbedded: boolean
  /** Whether there is a rule here or anywhere below. */
  readonly hasRules: boolean
  /** What it was made of: validation reads the rest there. */
  readonly source: JSONSchemaProps
}

export function structuralOf(source: JSONSchemaProps): Structural {
  const properties = new Map(
    Object.entries(source.properties ?? {}).map(([name, property]) => [name, structuralOf(property)]),
  )
  const additional = additionalOf(source.additionalProperties)
  const items = isSchema(source.items) ? structuralOf(source.items) : undefined
  const below = [
    ...properties.values(),
    ...(typeof additional === 'object' ? [additional] : []),
    ...(items ? [items] : []),
  ]
  return {
    properties,
    additional,
    items,
    nullable: source.nullable === true,
    preservesUnknown: source['x-kubernetes-preserve-unknown-fields'] === true,
    isEmbeddedResource: source['x-kubernetes-embedded-resource'] === true,
    isIntOrString: source['x-kubernetes-int-or-string'] === true,
    type: source.type ?? '',
    default: source.default,
    listType: source['x-kubernetes-list-type'] as Structural['listType'],
    listKeys: source['x-kubernetes-list-map-keys'] ?? [],
    mapType: source['x-kubernetes-map-type'] as Structural['mapType'],
    hasDefaults: source.default !== undefined || below.some(({ hasDefaults }) => hasDefaults),
    hasEmbedded: source['x-kubernetes-embedded-resource'] === true || below.some(({ hasEmbedded }) => hasEmbedded),
    hasRules: (source['x-kubernetes-validations']?.length ?? 0) > 0 || below.some(({ hasRules }) => hasRules),
    source,
  }
}

/** A schema or, where JSON schema has both, a boolean or a list of schemas. */
export function isSchema(value: unknown): value is JSONSchemaProps {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function additionalOf(value: unknown): Structural | true | undefined {
  if (isSchema(value)) return structuralOf(value)
  return value === true ? true : undefined
}
