// Objects as meta.k8s.io/v1 Table rows: what `kubectl get` prints.
// Source: apimachinery meta/v1, Table; apiserver/pkg/endpoints/handlers, response.go (v1.36)
import { columnDescriptions } from '../../openapi/column-descriptions.ts'
import { tableColumns } from '../../openapi/index.ts'
import type { TableColumn } from '../../openapi/schema.ts'
import type { AnyObject, Frozen, ObjectMeta } from '../apimachinery/types.ts'
import type { Scale } from '../api/autoscaling.ts'
import { translateTimestampSince } from './age.ts'
import type { Cell, ColumnDefinition } from './kind.ts'
import type { Resource } from './resources.ts'

/** What a row's `object` holds. */
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableRow {
  readonly cells: readonly Cell[]
  readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[]
  readonly object?: unknown
}

const known = new WeakMap<Resource, readonly ColumnDefinition[]>()

/** The same for every Table of a resource. */
export function columnsOf(resource: Resource): readonly ColumnDefinition[] {
  let definitions = known.get(resource)
  if (definitions === undefined) known.set(resource, (definitions = defineColumns(resource)))
  return definitions
}

function defineColumns({ facts: { group, version, resource }, kind }: Resource): readonly ColumnDefinition[] {
  if (kind.columns !== undefined) {
    return kind.columns.map(({ cell: _cell, ...definition }) => definition)
  }
  const own = tableColumns(group, version, resource)
  const columns = own.length > 0 ? own : defaultColumns
  return describe(group === '' ? resource : `${resource}.${group}`, columns)
}

function describe(groupResource: string, columns: readonly TableColumn[]): readonly ColumnDefinition[] {
  const descriptions = columnDescriptions(
    groupResource,
    columns.map(({ name }) => name),
  )
  return columns.map(({ name, type, format, priority }, at) => ({
    name,
    type,
    format,
    description: descriptions[at] ?? '',
    priority,
  }))
}

/** Whether these are the columns of a kind without a printer of its own. */
export function isDefault(columns: readonly ColumnDefinition[]): boolean {
  return columns.length === defaultColumns.length && columns.every(({ name }, at) => name === defaultColumns[at]!.name)
}

/** Kinds without a printer of their own. */
const defaultColumns = [
  { name: 'Name', type: 'string', format: 'name', priority: 0 },
  { name: 'Created At', type: 'date', format: '', priority: 0 },
]

let scaleColumns: readonly ColumnDefinition[] | undefined

/** Columns of a Scale, which is what subresources print that are no objects of their own kind. */
export function columnsOfScale(): readonly ColumnDefinition[] {
  return (scaleColumns ??= describe('scales', [
    { name: 'Name', type: 'string', format: '', priority: 0 },
    { name: 'Desired', type: 'integer', format: '', priority: 0 },
    { name: 'Available', type: 'integer', format: '', priority: 0 },
    { name: 'Age', type: 'string', format: '', priority: 0 },
  ]))
}

/** @param now milliseconds since the epoch */
export function rowOfScale(scale: Frozen<AnyObject>, now: number): TableRow {
  const { spec, status, metadata } = scale as Frozen<Scale>
  const age = translateTimestampSince(metadata?.creationTimestamp, now)
  return { cells: [metadata?.name ?? '', spec?.replicas ?? 0, status?.replicas ?? 0, age] }
}

/** @param now milliseconds since the epoch: ages are relative to it */
export function rowOf(
  resource: Resource,
  object: Frozen<AnyObject>,
  columns: readonly ColumnDefinition[],
  now: number,
): TableRow {
  const { kind } = resource
  if (kind.columns !== undefined) return { cells: kind.columns.map(({ cell }) => cell(object as AnyObject, now)) }
  const cells = columns.map(({ name }) => {
    const own = kind.cells?.[name]
    return own === undefined ? genericCell(name, object, now) : own(object as AnyObject, now)
  })
  for (const cell of kind.surplusCells ?? []) cells.push(cell(object as AnyObject, now))
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
      return creationTimestamp ?? '0001-01-01T00:00:00Z'
    default:
      return '<unknown>'
  }
}

/** PartialObjectMetadata: an object without anything but its metadata. @param hidden KindBehaviour.hiddenAnnotations */
export function partialMetadata(
  object: Frozen<AnyObject>,
  version = 'v1',
  hidden?: readonly string[],
): Record<string, unknown> {
  const metadata = hidden === undefined ? object.metadata : withoutAnnotations(object.metadata ?? {}, hidden)
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata }
}

function withoutAnnotations(metadata: Frozen<ObjectMeta>, names: readonly string[]): Frozen<ObjectMeta> {
  const { annotations = {}, ...others } = metadata
  const shown = Object.entries(annotations).filter(([name]) => !names.includes(name))
  return shown.length === 0 ? others : { ...metadata, annotations: Object.fromEntries(shown) }
}
