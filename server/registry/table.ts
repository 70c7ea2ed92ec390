// Objects as meta.k8s.io/v1 Table rows: what `kubectl get` prints.
// Source: apimachinery meta/v1, Table; apiserver/pkg/endpoints/handlers, response.go (v1.36)
import { tableColumns } from '../../openapi/index.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import { translateTimestampSince } from './age.ts'
import type { Cell } from './kind.ts'
import type { Resource } from './resources.ts'

/** What a row's `object` holds. */
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface ColumnDefinition {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

export interface TableRow {
  readonly cells: readonly Cell[]
  readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[]
  readonly object?: unknown
}

export function columnsOf({ facts }: Resource): ColumnDefinition[] {
  const own = tableColumns(facts.group, facts.version, facts.resource)
  const columns = own.length > 0 ? own : defaultColumns
  return columns.map(({ name, type, format, priority }) => ({ name, type, format, description: '', priority }))
}

/** Kinds without a printer of their own. */
const defaultColumns = [
  { name: 'Name', type: 'string', format: 'name', priority: 0 },
  { name: 'Created At', type: 'date', format: '', priority: 0 },
]

/** @param now milliseconds since the epoch: ages are relative to it */
export function rowOf(
  resource: Resource,
  object: Frozen<AnyObject>,
  columns: readonly ColumnDefinition[],
  now: number,
): TableRow {
  const { kind } = resource
  const cells = columns.map(({ name }) => {
    const own = kind.cells?.[name]
    return own === undefined ? genericCell(name, object, now) : own(object as AnyObject, now)
  })
  const conditions = kind.rowConditions?.(object as AnyObject) ?? []
  return conditions.length > 0 ? { cells, conditions } : { cells }
}

function genericCell(name: string, object: Frozen<AnyObject>, now: number): Cell {
  const { name: objectName = '', creationTimestamp } = object.metadata ?? {}
  switch (name) {
    case 'Name':
      return objectName
    case 'Age':
      return translateTimestampSince(creationTimestamp, now)
    case 'Created At':
      return creationTimestamp ?? null
    default:
      return '<unknown>'
  }
}

/** PartialObjectMetadata: an object without anything but its metadata. */
export function partialMetadata(object: Frozen<AnyObject>, version = 'v1'): Record<string, unknown> {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata }
}
