// Values of custom resources as rules see them.
// Source: apiserver/pkg/cel/common, UnstructuredToVal (v1.36)
import { toDuration, toTimestamp } from '../apimachinery/cel/arithmetic.ts'
import { EvaluationError, fromJson } from '../apimachinery/cel/values.ts'
import type { Value } from '../apimachinery/cel/values.ts'
import { escapeName } from '../apimachinery/cel/member-names.ts'
import { withTypeAndObjectMeta } from './cel-types.ts'
import type { Structural } from './structural.ts'

/** No rule can name a member that begins so: it only counts where values are compared. */
const hidden = '\0'

/** @throws EvaluationError for what does not fit its schema */
export function valueOf(value: unknown, schema: Structural): Value {
  if (value === null || value === undefined) {
    if (schema.nullable) return null
    throw new EvaluationError('invalid data, got null for schema with nullable=false')
  }
  if (schema.isIntOrString) return fromJson(value)
  switch (schema.type) {
    case 'object':
      return objectOf(value, schema.isEmbeddedResource ? withTypeAndObjectMeta(schema) : schema)
    case 'array': {
      if (!Array.isArray(value))
        throw new EvaluationError('invalid data, expected an array for the provided schema with type=array')
      const { items } = schema
      return items === undefined ? fromJson(value) : value.map((item) => valueOf(item, items))
    }
    case 'string':
      return textOf(value, schema.source.format ?? '')
    case 'number':
      return Number(value)
    default:
      return fromJson(value)
  }
}

function objectOf(value: unknown, schema: Structural): Value {
  if (typeof value !== 'object' || Array.isArray(value))
    throw new EvaluationError('invalid data, expected a map for the provided schema with type=object')
  const { properties, additional } = schema
  const members = new Map<string, Value>()
  for (const [name, member] of Object.entries(value as Record<string, unknown>)) {
    if (typeof additional === 'object' && properties.size === 0) {
      members.set(name, valueOf(member, additional))
      continue
    }
    // A null where there may be none is as nothing.
    if (member === null) continue
    const property = properties.get(name)
    const escaped = property === undefined ? undefined : escapeName(name)
    if (escaped === undefined) members.set(hidden + name, fromJson(member))
    else members.set(escaped, valueOf(member, property!))
  }
  return members
}

function textOf(value: unknown, format: string): Value {
  if (typeof value !== 'string') throw new EvaluationError(`invalid data, expected string, got ${typeof value}`)
  switch (format) {
    case 'duration':
      return toDuration(value)
    case 'date':
      return toTimestamp(`${value}T00:00:00Z`)
    case 'date-time':
      return toTimestamp(value)
    case 'byte':
      return new Uint8Array(Buffer.from(value, 'base64'))
    default:
      return value
  }
}
