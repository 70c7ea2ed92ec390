// The type of a custom resource as all else knows types: who owns which fields is told by it.
// Source: k8s.io/kube-openapi/pkg/schemaconv, ToSchemaFromOpenAPI (v1.36)
import { typeByName } from '../../openapi/index.ts'
import type { Field, ListSchema, MapSchema, Schema, StructSchema } from '../../openapi/schema.ts'
import type { Structural } from '../schema/structural.ts'

const anything: Schema = { form: 'any', name: undefined }
const scalars: Readonly<Record<string, Schema>> = {
  string: { form: 'scalar', scalar: 'string' },
  integer: { form: 'scalar', scalar: 'int64' },
  number: { form: 'scalar', scalar: 'double' },
  boolean: { form: 'scalar', scalar: 'boolean' },
}

/** @param schema undefined if the version has none: everything below is what it looks like */
export function typeOf(name: string, kind: string, schema: Structural | undefined): StructSchema {
  const own = schema === undefined ? undefined : structOf(name, schema)
  return {
    form: 'struct',
    name,
    go: kind,
    mapType: 'granular',
    fields: new Map([...(own?.fields ?? []), ...commonFields()]),
    ...(own === undefined || own.others !== undefined ? { others: anything } : {}),
  }
}

/** What every resource has, embedded or not. */
function commonFields(): Map<string, Field> {
  const { fields } = typeByName('io.k8s.api.core.v1.ConfigMap') as StructSchema
  return new Map(['kind', 'apiVersion', 'metadata'].map((member) => [member, fields.get(member)!]))
}

function schemaOf(name: string, schema: Structural): Schema {
  if (schema.isIntOrString) return { form: 'scalar', scalar: 'intOrString' }
  if (schema.type === 'array') return listOf(name, schema)
  if (schema.type !== 'object') return scalars[schema.type] ?? anything
  if (schema.properties.size > 0 || schema.isEmbeddedResource) return structOf(name, schema)
  const map: MapSchema = {
    form: 'map',
    element: typeof schema.additional === 'object' ? schemaOf(name, schema.additional) : anything,
    mapType: schema.mapType ?? 'granular',
  }
  return map
}

function listOf(name: string, { items, listType, listKeys }: Structural): ListSchema {
  const element = items === undefined ? anything : schemaOf(`${name}[]`, items)
  return { form: 'list', element, listType: listType ?? 'atomic', keys: listKeys }
}

function structOf(name: string, schema: Structural): StructSchema {
  const { properties, preservesUnknown, additional, mapType, isEmbeddedResource } = schema
  const others = typeof additional === 'object' ? schemaOf(name, additional) : anything
  const isOpen = preservesUnknown || additional !== undefined
  return {
    form: 'struct',
    name,
    go: name,
    mapType: mapType ?? 'granular',
    fields: new Map([
      ...[...properties].map(([member, property]) => [member, fieldOf(name, member, property)] as const),
      ...(isEmbeddedResource ? commonFields() : []),
    ]),
    ...(isOpen ? { others } : {}),
  }
}

function fieldOf(parent: string, name: string, property: Structural): Field {
  let schema: Schema | undefined
  return {
    name,
    get schema() {
      return (schema ??= schemaOf(`${parent}.${name}`, property))
    },
    required: false,
    omit: true,
    pointer: true,
    default: property.default,
    enum: undefined,
    listType: property.listType,
    mapType: property.mapType,
    patchStrategy: [],
    patchMergeKey: undefined,
    protoNumber: undefined,
    protoType: undefined,
  }
}
