// One version of a custom resource, without its schema.
// Source: apiextensions-apiserver/pkg/apis/apiextensions/validation, validateCustomResourceDefinitionVersion,
// ValidateCustomResourceDefinitionSubresources, ValidateCustomResourceColumnDefinition (v1.36)
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from '../../api/apiextensions.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath, Printed } from '../../apimachinery/field.ts'
import { invalid, required } from '../../apimachinery/field.ts'
import { isDNS1035Label } from '../../apimachinery/formats.ts'
import { goValue } from '../rules/go-value.ts'

export function validateVersion(version: CustomResourceDefinitionVersion, path: FieldPath): FieldError[] {
  const { name = '', deprecated, deprecationWarning, subresources, additionalPrinterColumns = [] } = version
  const problems = isDNS1035Label(name)
  const warningPath = path.child('deprecationWarning')
  return [
    ...(problems.length > 0 ? [invalid(path.child('name'), name, problems.join(','))] : []),
    ...problemsOfWarning(deprecated === true, deprecationWarning).map((text) =>
      invalid(warningPath, deprecationWarning, text),
    ),
    ...validateSubresources(subresources, path.child('subresources')),
    ...additionalPrinterColumns.flatMap((column, at) =>
      validateColumn(column, path.child('additionalPrinterColumns').index(at)),
    ),
  ]
}

function problemsOfWarning(deprecated: boolean, warning: string | undefined): string[] {
  if (warning === undefined) return []
  if (!deprecated) return ['can only be set for deprecated versions']
  const problems: string[] = []
  if (Buffer.byteLength(warning) > 256) problems.push('must be <= 256 characters long')
  if (warning === '') problems.push('must not be an empty string')
  const at = warning.search(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u)
  if (at >= 0) {
    const index = Buffer.byteLength(warning.slice(0, at))
    problems.push(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`)
  }
  return problems
}

const notSimple = 'must be a simple json path starting with .'

/** Of each path: where it may lead, and how the error says so. */
const scalePaths = [
  { name: 'specReplicasPath', roots: ['.spec.'], detail: 'should be a json path under .spec', isRequired: true },
  { name: 'statusReplicasPath', roots: ['.status.'], detail: 'should be a json path under .status', isRequired: true },
  {
    name: 'labelSelectorPath',
    roots: ['.spec.', '.status.'],
    detail: 'should be a json path under either .spec or .status',
    isRequired: false,
  },
] as const

function validateSubresources(subresources: CustomResourceSubresources | undefined, path: FieldPath): FieldError[] {
  const scale = subresources?.scale
  if (scale === undefined) return []
  return scalePaths.flatMap(({ name, roots, detail, isRequired }) => {
    const here = path.child(`scale.${name}`)
    const value = scale[name] ?? ''
    if (value === '') return isRequired ? [required(here)] : []
    if (!value.startsWith('.')) return [invalid(here, value, notSimple)]
    return roots.some((root) => value.startsWith(root)) ? [] : [invalid(here, value, detail)]
  })
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function validateColumn(column: CustomResourceColumnDefinition, path: FieldPath): FieldError[] {
  const { name = '', type = '', format = '', jsonPath = '' } = column as Partial<CustomResourceColumnDefinition>
  const errors: FieldError[] = []
  const types = `must be one of ${columnTypes.join(',')}`
  if (name === '') errors.push(required(path.child('name')))
  if (type === '') errors.push(required(path.child('type'), types))
  else if (!columnTypes.includes(type)) errors.push(invalid(path.child('type'), type, types))
  if (format !== '' && !columnFormats.includes(format)) {
    errors.push(invalid(path.child('format'), format, `must be one of ${columnFormats.join(',')}`))
  }
  if (jsonPath === '') errors.push(required(path.child('JSONPath')))
  else if (!jsonPath.startsWith('.')) errors.push(invalid(path.child('JSONPath'), jsonPath, notSimple))
  return errors
}

/**
 * As Go prints the internal type, in which what all versions have in common stands outside of them: then it is null
 * here.
 */
export function printVersions(versions: readonly CustomResourceDefinitionVersion[]): Printed {
  const shared = (name: 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'): boolean =>
    versions.every((version) => deepEqual(version[name], versions[0]?.[name]))
  const printed = versions.map((version) => ({
    Name: version.name ?? '',
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: shared('schema') ? null : (version.schema ?? null),
    Subresources: shared('subresources') ? null : (version.subresources ?? null),
    AdditionalPrinterColumns: shared('additionalPrinterColumns') ? null : (version.additionalPrinterColumns ?? null),
    SelectableFields: shared('selectableFields') ? null : (version.selectableFields ?? null),
  }))
  return goValue(printed)
}
