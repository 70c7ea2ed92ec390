// ConfigMap of the core group.
// Source: pkg/apis/core/validation, ValidateConfigMap, ValidateConfigMapUpdate (v1.36)
import type { ConfigMap } from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, tooLong } from '../../apimachinery/field.ts'
import { byteLength, isConfigMapKey } from '../../apimachinery/formats.ts'
import { defineKind } from '../../registry/kind.ts'
import { invalids } from '../metadata/field-formats.ts'

export const configMap = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  strategy: { validate, validateUpdate, validateUpdateOnly: true },
  cells: { Data: ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length },
})

/** Of the values of a ConfigMap or Secret together. */
export const maxDataBytes = 1024 * 1024

/** How many bytes a base64 text stands for. */
export function base64Length(text: string): number {
  return Buffer.byteLength(text, 'base64')
}

function validate({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = []
  let size = 0
  for (const [key, value] of Object.entries(data)) {
    const path = field('data').key(key)
    errors.push(...invalids(path, key, isConfigMapKey(key)))
    if (binaryData[key] !== undefined) errors.push(invalid(path, key, 'duplicate of key present in binaryData'))
    size += byteLength(value)
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...invalids(field('binaryData').key(key), key, isConfigMapKey(key)))
    size += base64Length(value)
  }
  if (size > maxDataBytes) errors.push(tooLong(field(''), maxDataBytes))
  return errors
}

function validateUpdate(object: ConfigMap, old: ConfigMap): FieldError[] {
  return [...validateImmutableData(object, old, ['data', 'binaryData']), ...validate(object)]
}

/** Once `immutable` is set, the data stays, and so does `immutable`. */
export function validateImmutableData<T extends { immutable?: boolean }>(
  object: T,
  old: T,
  members: readonly (keyof T & string)[],
): FieldError[] {
  if (old.immutable !== true) return []
  const refuse = (name: string): FieldError => forbidden(field(name), 'field is immutable when `immutable` is set')
  return [
    ...(object.immutable === true ? [] : [refuse('immutable')]),
    ...members.filter((name) => !deepEqual(object[name] ?? {}, old[name] ?? {})).map(refuse),
  ]
}
