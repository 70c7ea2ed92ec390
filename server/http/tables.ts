// Objects → Tables, with as much of each object in its row as the client asked for.
import { newBadRequest } from '../apimachinery/errors.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { ListAnswer } from '../endpoints/api.ts'
import type { ColumnDefinition } from '../registry/kind.ts'
import type { Resource } from '../registry/resources.ts'
import {
  columnsOf,
  columnsOfScale,
  isDefault,
  partialMetadata,
  rowOf,
  rowOfScale,
  type IncludeObject,
  type TableRow,
} from '../registry/table.ts'
import type { Entry } from '../storage/store.ts'
import type { Context } from './context.ts'
import type { Piece } from './pieces.ts'
import { rowPieces, spliceMembers } from './splice.ts'

/** @throws StatusError 400 */
export function includeOf(ctx: Context): IncludeObject {
  const value = ctx.state.query.get('includeObject') ?? ''
  if (value === 'None' || value === 'Object' || value === 'Metadata') return value
  if (value === '') return 'Metadata'
  const problem = `includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`
  throw newBadRequest(`Unable to convert to Table as requested: ${problem}`)
}

export function inRowOrder({ kind }: Resource, entries: readonly Entry[]): readonly Entry[] {
  const { rowOrder } = kind
  if (rowOrder === undefined) return entries
  return entries.toSorted((a, b) => rowOrder(a.object as AnyObject, b.object as AnyObject))
}

export function tableOf(
  resource: Resource,
  objects: readonly Frozen<AnyObject>[],
  metadata: Partial<ListAnswer['metadata']>,
  include: IncludeObject,
  version: string,
  now: number,
): AnyObject {
  const columns = columnsOf(resource)
  const { hiddenAnnotations: hidden } = resource.kind
  const rows = objects.map((object) =>
    rowObject(rowOf(resource, object, columns, now), object, include, version, hidden),
  )
  // The printer of kinds without one of their own appends row by row.
  return printTable(version, metadata, columns, rows.length === 0 && isDefault(columns) ? null : rows)
}

/** More rows than on a page: their objects are not kept for the next who asks. */
const manyRows = 1000

/** The same as JSON, made of stored bytes row by row. */
export function tablePieces(
  resource: Resource,
  entries: readonly Entry[],
  metadata: Partial<ListAnswer['metadata']>,
  include: IncludeObject,
  version: string,
  now: number,
): Iterable<Piece> {
  const columns = columnsOf(resource)
  const { rows: _rows, ...table } = printTable(version, metadata, columns, null)
  const piecesOf = (entry: Entry): readonly Piece[] => {
    const row = rowOf(resource, entries.length > manyRows ? entry.peek() : entry.object, columns, now)
    return rowPieces({ ...row, object: null }, entry, include, version)
  }
  return spliceMembers(table, 'rows', entries, piecesOf, isDefault(columns))
}

export function scaleTable(scale: Frozen<AnyObject>, include: IncludeObject, version: string, now: number): AnyObject {
  const { resourceVersion = '' } = scale.metadata!
  const row = rowObject(rowOfScale(scale, now), scale, include, version)
  return printTable(version, { resourceVersion }, columnsOfScale(), [row])
}

function rowObject(
  row: TableRow,
  object: Frozen<AnyObject>,
  include: IncludeObject,
  version: string,
  hidden?: readonly string[],
): TableRow {
  if (include === 'None') return { ...row, object: null }
  return { ...row, object: include === 'Object' ? object : partialMetadata(object, version, hidden) }
}

function printTable(
  version: string,
  metadata: Partial<ListAnswer['metadata']>,
  columns: readonly ColumnDefinition[],
  rows: readonly TableRow[] | null,
): AnyObject {
  const type = { kind: 'Table', apiVersion: `meta.k8s.io/${version}` }
  return { ...type, metadata, columnDefinitions: columns, rows } as AnyObject
}
