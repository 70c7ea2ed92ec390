// The columns of custom resources in Tables.
// Source: apiextensions-apiserver/pkg/registry/customresource/tableconvertor; pkg/apiserver/helpers.go (v1.36)
import type { CustomResourceColumnDefinition } from '../api/apiextensions.ts'
import { translateTimestampSince } from '../registry/age.ts'
import type { Cell, CustomColumn } from '../registry/kind.ts'
import { columnDescriptions } from '../../openapi/column-descriptions.ts'
import { compileJSONPath } from './json-path.ts'

/** Where a version names no columns. */
const age: CustomResourceColumnDefinition = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

export function columnsOf(resource: string, own: readonly CustomResourceColumnDefinition[] = []): CustomColumn[] {
  const describe = (name: string): string => columnDescriptions(resource, [name])[0]!
  const name: CustomColumn = {
    name: 'Name',
    type: 'string',
    format: 'name',
    get description() {
      return describe('Name')
    },
    priority: 0,
    cell: (object) => object.metadata?.name ?? '',
  }
  const rest = (own.length > 0 ? own : [age]).map((column): CustomColumn => {
    const { jsonPath, type, format = '', priority = 0 } = column
    const find = compileJSONPath(jsonPath)
    return {
      name: column.name,
      type,
      format,
      get description() {
        if (column === age) return describe('Age')
        const text = column.description ?? ''
        return text === '' ? `Custom resource definition column (in JSONPath format): ${jsonPath}` : text
      },
      priority,
      cell: (object, now) => cellOf(type, find(object)[0], now),
    }
  })
  return [name, ...rest]
}

function cellOf(type: string, value: unknown, now: number): Cell {
  if (value === undefined || value === null) return null
  switch (type) {
    case 'string':
      return printed(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      if (typeof value !== 'string') return null
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : translateTimestampSince(value, now)
    default:
      return null
  }
}

/** Lists and maps are printed as JSON. */
function printed(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
