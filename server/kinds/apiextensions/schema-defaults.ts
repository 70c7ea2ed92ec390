// Defaults of a schema, judged as if they had been sent.
// Source: apiextensions-apiserver/pkg/apiserver/schema/defaulting, ValidateDefaults (v1.36)
import { invalid, type FieldError, type FieldPath } from '../../apimachinery/field.ts'
import { copy } from '../../apimachinery/equality.ts'
import { coerceEmbedded, validateEmbedded } from '../../schema/embedded.ts'
import { unknownFieldsOf } from '../../schema/prune.ts'
import { checkRules, ruleTree } from '../../schema/rules.ts'
import type { Structural } from '../../schema/structural.ts'
import { validateValue } from '../../schema/validate.ts'

/** Of a whole schema. */
export function validateDefaults(schema: Structural, path: FieldPath): FieldError[] {
  return walk({ ...schema, isEmbeddedResource: true, hasEmbedded: true }, path, false)
}

/** @param isInsideMeta what metadata knows is told by its own type, not by the schema */
function walk(schema: Structural, path: FieldPath, isInsideMeta: boolean): FieldError[] {
  if (!schema.hasDefaults) return []
  const { items, properties, isEmbeddedResource } = schema
  const hasDefault = schema.default !== undefined && schema.default !== null
  const isInside = isInsideMeta && !isEmbeddedResource
  return [
    ...(hasDefault ? validateDefault(schema, path.child('default'), isInside) : []),
    // Defaults of any members are refused.
    ...(items === undefined ? [] : walk(items, path.child('items'), isInside)),
    ...[...properties].flatMap(([name, property]) =>
      walk(property, path.child('properties').key(name), isInside || (isEmbeddedResource && ofMetadata.has(name))),
    ),
  ]
}

const ofMetadata = new Set(['metadata', 'apiVersion', 'kind'])

function validateDefault(schema: Structural, path: FieldPath, isInsideMeta: boolean): FieldError[] {
  const value = copy(schema.default)
  const hasUnknown = !isInsideMeta && unknownFieldsOf(value, schema).length > 0
  const errors = hasUnknown ? [invalid(path, schema.default, 'must not have unknown fields')] : []
  const odd = coerceEmbedded(value, schema, path, [])
  if (odd !== undefined) return [...errors, odd]
  const embedded = validateEmbedded(value, schema, path)
  if (embedded.length > 0) return [...errors, ...embedded]
  const found = validateValue(value, schema.source, { base: path })
  if (found.length > 0) return [...errors, ...found]
  const rules = ruleTree(schema, schema.isEmbeddedResource)
  if (rules === undefined) return errors
  const asUpdate = checkRules(rules, value, value, path).errors
  return [...errors, ...(asUpdate.length > 0 ? asUpdate : checkRules(rules, value, undefined, path).errors)]
}
