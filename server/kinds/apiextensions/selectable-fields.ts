// Fields by which custom resources can be selected.
// Source: apiextensions-apiserver/pkg/apis/apiextensions/validation, ValidateCustomResourceSelectableFields (v1.36)
import type { JSONSchemaProps, SelectableField } from '../../api/apiextensions.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, invalid, required, tooMany } from '../../apimachinery/field.ts'
import { findField } from '../../schema/field-path.ts'
import { structuralOf } from '../../schema/structural.ts'

const maxFields = 8
const selectableTypes = ['string', 'boolean', 'integer']

export function validateSelectableFields(
  fields: readonly SelectableField[],
  schema: JSONSchemaProps,
  path: FieldPath,
): FieldError[] {
  const structural = structuralOf(schema)
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { jsonPath = '' }] of fields.entries()) {
    const at = path.index(index).child('jsonPath')
    if (jsonPath === '') {
      errors.push(required(at))
      continue
    }
    const found = findField(jsonPath, structural, false)
    if (typeof found === 'string') {
      errors.push(invalid(at, jsonPath, `is an invalid path: ${found}`))
      continue
    }
    if (found.root === 'metadata') errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'))
    if (!selectableTypes.includes(found.schema?.type ?? '')) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
      errors.push(invalid(at, jsonPath, detail))
    }
    const text = String(found.path)
    if (seen.has(text)) errors.push(duplicate(at, jsonPath))
    seen.add(text)
  }
  return seen.size > maxFields ? [...errors, tooMany(path, seen.size, maxFields)] : errors
}
