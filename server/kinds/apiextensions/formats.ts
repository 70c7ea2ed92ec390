// Formats that a schema names and nobody judges: they are told of.
// Source: apiextensions-apiserver/pkg/registry/customresourcedefinition, getUnrecognizedFormatsInCRD (v1.36)
import type { CustomResourceDefinition, JSONSchemaProps } from '../../api/apiextensions.ts'
import { quote } from '../../apimachinery/go-quote.ts'
import { isKnownFormat } from '../../schema/formats.ts'
import { isSchema } from '../../schema/structural.ts'

export function warningsOfFormats(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): string[] {
  const before = new Set(old === undefined ? [] : unrecognized(old))
  return unrecognized(definition)
    .filter((format) => !before.has(format))
    .map((format) => `unrecognized format ${quote(format)}`)
}

function unrecognized({ spec }: CustomResourceDefinition): string[] {
  return (spec?.versions ?? []).flatMap(({ schema }) => inSchema(schema?.openAPIV3Schema))
}

function inSchema(schema: JSONSchemaProps | undefined): string[] {
  if (schema === undefined) return []
  const { items, allOf = [], anyOf = [], oneOf = [], not, properties = {}, additionalProperties } = schema
  const children = [
    ...(isSchema(items) ? [items] : []),
    ...allOf,
    ...anyOf,
    ...oneOf,
    not,
    ...Object.values(properties),
    ...(isSchema(additionalProperties) ? [additionalProperties] : []),
  ]
  return [...(isRecognized(schema) ? [] : [schema.format!]), ...children.flatMap(inSchema)]
}

function isRecognized({ type = '', format = '' }: JSONSchemaProps): boolean {
  if (format === '') return true
  switch (type) {
    case '':
    case 'string':
      return isKnownFormat(format)
    case 'integer':
      return format === 'int32' || format === 'int64'
    case 'number':
      return format === 'float' || format === 'double'
    default:
      return false
  }
}
