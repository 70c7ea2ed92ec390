// Types of custom resources as the documents show them: the schema of a CustomResourceDefinition with what every object has.
// Source: apiextensions-apiserver/pkg/controller/openapi/builder (v1.36)
import type { ResourceFacts } from '../schema.ts'
import { printType, referenceTo, type Descriptions, type JSONSchema } from './schemas.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** `example.com`, v1, Widget → com.example.v1.Widget */
export function customTypeName(group: string, version: string, kind: string): string {
  return [...group.split('.').reverse(), version, kind].join('.')
}

/**
 * The object and its list, by type name.
 * @param schema openAPIV3Schema of the version; undefined shows an object that may hold anything
 */
export function customTypes(
  facts: ResourceFacts,
  schema: JSONSchema | undefined,
  descriptions: Descriptions,
  version: 2 | 3,
): Map<string, JSONSchema> {
  const { group, kind, resource, listKind = `${kind}List` } = facts
  const name = customTypeName(group, facts.version, kind)
  const gvk = (kindName: string) => ({
    'x-kubernetes-group-version-kind': [{ group, kind: kindName, version: facts.version }],
  })
  // apiVersion and kind are described alike in all types.
  const pod = printType('io.k8s.api.core.v1.Pod', { version, descriptions }).schema['properties'] as Record<
    string,
    JSONSchema
  >
  const typeMeta = { apiVersion: pod['apiVersion']!, kind: pod['kind']! }
  const reference = (type: string, description: string): JSONSchema =>
    version === 2 ? { description, ...referenceTo(type, 2) } : { description, allOf: [referenceTo(type, 3)] }
  const own = { ...typeMeta, metadata: reference(`${meta}.ObjectMeta`, metadataDescription) }
  const selectable =
    facts.fieldSelectors.length === 0
      ? {}
      : { 'x-kubernetes-selectable-fields': facts.fieldSelectors.map((fieldPath) => ({ fieldPath })) }
  const list: JSONSchema = {
    description: `${listKind} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...typeMeta,
      items: {
        description: `List of ${resource}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        type: 'array',
        items: referenceTo(name, version),
      },
      metadata: reference(`${meta}.ListMeta`, listMetadataDescription),
    },
    ...gvk(listKind),
    ...selectable,
  }
  return new Map([
    [
      name,
      {
        ...objectSchema(schema, own, version),
        ...gvk(kind),
        ...selectable,
      },
    ],
    [customTypeName(group, facts.version, listKind), list],
  ])
}

const metadataDescription =
  "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"

const listMetadataDescription =
  'Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds'

const embeddedDescriptions = {
  apiVersion:
    'apiVersion defines the versioned schema of this representation of an object. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
  kind: 'kind is a string value representing the type of this object. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
}

/** What `x-kubernetes-int-or-string` and `x-kubernetes-embedded-resource` stand for is written out. */
function unfolded(schema: JSONSchema, metadata: JSONSchema): JSONSchema {
  const next: JSONSchema = { ...schema }
  const below = (one: unknown): unknown =>
    typeof one === 'object' && one !== null && !Array.isArray(one) ? unfolded(one as JSONSchema, metadata) : one
  if (next['x-kubernetes-int-or-string'] === true) unfoldIntOrString(next)
  const properties = next['properties'] as Record<string, unknown> | undefined
  if (properties !== undefined) {
    next['properties'] = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, below(one)]))
  }
  for (const name of ['items', 'additionalProperties']) if (next[name] !== undefined) next[name] = below(next[name])
  if (next['x-kubernetes-embedded-resource'] === true) {
    const { apiVersion, kind } = embeddedDescriptions
    const common = {
      apiVersion: { type: 'string', description: apiVersion },
      kind: { type: 'string', description: kind },
      metadata,
    }
    next['properties'] = { ...(next['properties'] as object | undefined), ...common }
    next['required'] = [...new Set([...((next['required'] as string[] | undefined) ?? []), 'kind', 'apiVersion'])]
  }
  return next
}

const intOrString = [{ type: 'integer' }, { type: 'string' }]

function unfoldIntOrString(schema: JSONSchema): void {
  const written = (anyOf: unknown): boolean => JSON.stringify(anyOf) === JSON.stringify(intOrString)
  const [first] = (schema['allOf'] as JSONSchema[] | undefined) ?? []
  if (written(schema['anyOf']) || written(first?.['anyOf'])) return
  if (schema['anyOf'] === undefined) schema['anyOf'] = intOrString
  else schema['allOf'] = [{ anyOf: intOrString }, ...((schema['allOf'] as JSONSchema[] | undefined) ?? [])]
}

function objectSchema(schema: JSONSchema | undefined, own: Record<string, JSONSchema>, version: 2 | 3): JSONSchema {
  const keepsAnything = schema?.['x-kubernetes-preserve-unknown-fields'] === true
  if (schema === undefined || (version === 2 && keepsAnything)) return { type: 'object' }
  const complete = unfolded(schema, own['metadata']!)
  const properties = { ...(complete['properties'] as Record<string, JSONSchema> | undefined), ...own }
  const sorted = Object.fromEntries(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1)))
  const whole = { ...complete, properties: sorted }
  return version === 2 ? (withoutV3(whole) as JSONSchema) : whole
}

/** v2 has no alternatives, and clients of it take a schema without a type for any value. */
function withoutV3(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutV3)
  if (typeof value !== 'object' || value === null) return value
  const schema = value as JSONSchema
  if (
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema['x-kubernetes-int-or-string'] === true ||
    schema['nullable'] === true
  ) {
    const kept = Object.entries(schema).filter(([key]) => key === 'description' || key.startsWith('x-kubernetes-'))
    return Object.fromEntries(kept)
  }
  const dropped = new Set(['oneOf', 'anyOf', 'allOf', 'not', 'nullable', 'default'])
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !dropped.has(key))
      .map(([key, member]) => [
        key,
        key === 'properties' ? mapValues(member as Record<string, unknown>) : withoutV3(member),
      ]),
  )
}

function mapValues(properties: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, withoutV3(member)]))
}
