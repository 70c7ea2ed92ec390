// What rules of custom resources may name, by the schema they stand at.
// Source: apiserver/pkg/cel/common, SchemaDeclType (v1.36)
import * as types from '../apimachinery/cel/types.ts'
import type { Type } from '../apimachinery/cel/types.ts'
import { escapeName } from '../apimachinery/cel/member-names.ts'
import { emptySchema } from './prune.ts'
import type { Structural } from './structural.ts'

/** Fields by the name of their struct. */
export type Structs = Map<string, ReadonlyMap<string, Type>>

const text: Structural = { ...emptySchema, type: 'string', source: { type: 'string' } }

/** Every object has these, whatever its schema says of them. */
export function withTypeAndObjectMeta(schema: Structural): Structural {
  const names = new Map([
    ['name', text],
    ['generateName', text],
  ])
  const metadata: Structural = { ...emptySchema, type: 'object', properties: names, source: { type: 'object' } }
  const own = new Map(schema.properties)
  const known = own.get('metadata')?.properties
  const isComplete =
    own.get('kind')?.type === 'string' &&
    own.get('apiVersion')?.type === 'string' &&
    known?.get('name')?.type === 'string' &&
    known.get('generateName')?.type === 'string'
  if (isComplete) return schema
  return { ...schema, properties: own.set('kind', text).set('apiVersion', text).set('metadata', metadata) }
}

/**
 * The type of values of a schema; undefined if rules cannot name them.
 * @param name of the struct, if it is one
 * @param isRoot of a resource, embedded or not
 * @param structs gets the structs below
 */
export function typeOfSchema(schema: Structural, name: string, isRoot: boolean, structs: Structs): Type | undefined {
  if (schema.isIntOrString) return types.dyn
  const { type, items, additional, source } = isRoot ? withTypeAndObjectMeta(schema) : schema
  const { properties } = isRoot ? withTypeAndObjectMeta(schema) : schema
  switch (type) {
    case 'array': {
      const element = items && typeOfSchema(items, `${name}.@idx`, items.isEmbeddedResource, structs)
      return element && types.listOf(element)
    }
    case 'object': {
      if (typeof additional === 'object') {
        const element = typeOfSchema(additional, `${name}.@elem`, additional.isEmbeddedResource, structs)
        return element && types.mapOf(types.string, element)
      }
      const fields = new Map<string, Type>()
      structs.set(name, fields)
      for (const [member, property] of properties) {
        const escaped = escapeName(member)
        if (escaped === undefined) continue
        const one = typeOfSchema(property, `${name}.${escaped}`, property.isEmbeddedResource, structs)
        if (one !== undefined) fields.set(escaped, one)
      }
      return types.structOf(name)
    }
    case 'string':
      return stringTypes[source.format ?? ''] ?? types.string
    case 'boolean':
      return types.bool
    case 'number':
      return types.double
    case 'integer':
      return types.int
    default:
      return undefined
  }
}

const stringTypes: Readonly<Record<string, Type>> = {
  byte: types.bytes,
  duration: types.duration,
  date: types.timestamp,
  'date-time': types.timestamp,
}
