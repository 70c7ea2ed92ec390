// One version of a custom resource, without its schema.
// Source: apiextensions-apiserver/pkg/apis/apiextensions/validation, validateCustomResourceDefinitionVersion,
// ValidateCustomResourceDefinitionSubresources, ValidateCustomResourceColumnDefinition (v1.36)
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from '../../api/apiextensions.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, required } from '../../apimachinery/field.ts'
import { isDNS1035Label } from '../../apimachinery/formats.ts'
import { lazyModules } from '../../apimachinery/lazy-module.ts'
import { isShared } from './internal-form.ts'
import type * as Schema from './schema.ts'
import { validateSelectableFields } from './selectable-fields.ts'
import { unsupported } from './structure.ts'

const load = lazyModules(import.meta.url)

/** Loaded with the first definition: expressions come along with it. */
function schemaValidation(): typeof Schema {
  return load<typeof Schema>('./schema')
}

/** What all versions have in common stands beside them, and is judged there, once. */
export function validateVersions(
  versions: readonly CustomResourceDefinitionVersion[],
  spec: FieldPath,
): { own: FieldError[]; common: FieldError[] } {
  const [first] = versions
  if (first === undefined) return { own: [], common: [] }
  const own = partsOf(versions, true)
  const hasStatus = versions.some(({ subresources }) => subresources?.status !== undefined)
  return {
    own: versions.flatMap((version, at) => validateVersion(version, own, spec.child('versions').index(at))),
    common: validateParts(first, partsOf(versions, false), hasStatus, spec, spec.child('validation')),
  }
}

type Part = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'
const parts: readonly Part[] = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields']

function partsOf(versions: readonly CustomResourceDefinitionVersion[], own: boolean): ReadonlySet<Part> {
  return new Set(parts.filter((name) => isShared(versions, name) !== own))
}

function validateParts(
  version: CustomResourceDefinitionVersion,
  which: ReadonlySet<Part>,
  hasStatus: boolean,
  path: FieldPath,
  schemaPath: FieldPath,
): FieldError[] {
  const { subresources, schema, additionalPrinterColumns = [], selectableFields = [] } = version
  const errors: FieldError[] = []
  if (which.has('schema')) errors.push(...schemaValidation().validateSchema(schema, hasStatus, schemaPath))
  if (which.has('subresources')) errors.push(...validateSubresources(subresources, path.child('subresources')))
  if (which.has('additionalPrinterColumns')) {
    const at = path.child('additionalPrinterColumns')
    errors.push(...additionalPrinterColumns.flatMap((column, index) => validateColumn(column, at.index(index))))
  }
  if (!which.has('selectableFields') || selectableFields.length === 0) return errors
  const at = path.child('selectableFields')
  const source = schema?.openAPIV3Schema
  // Of each other, only what stands in the same place is seen.
  if (!which.has('schema') || source === undefined) {
    return [...errors, invalid(at, '', 'may only be set when `version.schema.openAPIV3Schema` is not included')]
  }
  const problem = unsupported(source)
  if (problem !== undefined) return [...errors, invalid(path.child('schema.openAPIV3Schema'), '', problem)]
  return [...errors, ...validateSelectableFields(selectableFields, source, at)]
}

function validateVersion(
  version: CustomResourceDefinitionVersion,
  own: ReadonlySet<Part>,
  path: FieldPath,
): FieldError[] {
  const { name = '', deprecated, deprecationWarning } = version
  const problems = isDNS1035Label(name)
  const warningPath = path.child('deprecationWarning')
  return [
    ...(problems.length > 0 ? [invalid(path.child('name'), name, problems.join(','))] : []),
    ...problemsOfWarning(deprecated === true, deprecationWarning).map((text) =>
      invalid(warningPath, deprecationWarning, text),
    ),
    ...validateParts(version, own, version.subresources?.status !== undefined, path, path.child('schema')),
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
