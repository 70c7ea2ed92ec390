// What ownership asks of a type: which parts are owned as a whole, which field by field, and what tells list items apart.
// Compiled from the schema of a type on first use.
// Source: k8s.io/kube-openapi/pkg/schemaconv, ToSchemaFromOpenAPI; sigs.k8s.io/structured-merge-diff/v6 schema
import type { Field, Schema, StructSchema } from '../../../openapi/schema.ts'
import { fieldElement, keyElement, valueElement, type PathElement } from './path-element.ts'

export type Shape = ScalarShape | ListShape | MapShape | AnyShape

export interface ScalarShape {
  readonly form: 'scalar'
  readonly type: 'numeric' | 'string' | 'boolean' | 'untyped'
}

export interface ListShape {
  readonly form: 'list'
  readonly atomic: boolean
  /** Of a list of objects: the members that make the key, with their defaults. Empty: a set of scalars. */
  readonly keys: readonly { readonly name: string; readonly fallback: unknown }[]
  readonly element: Shape
}

/** A struct, or a map. */
export interface MapShape {
  readonly form: 'map'
  readonly atomic: boolean
  readonly fields: ReadonlyMap<string, FieldShape>
  /** Of members that are no field; undefined: there may be none. */
  readonly element: Shape | undefined
  /** Members that are nobody's, though any may be there. */
  readonly unowned?: ReadonlySet<string>
}

export interface FieldShape {
  readonly element: PathElement
  readonly shape: Shape
}

/** What has no type: a map inside is owned by its members, or (`atomic`) everything as a whole. */
export interface AnyShape {
  readonly form: 'any'
  readonly atomic: boolean
}

const noFields: ReadonlyMap<string, FieldShape> = new Map()
const untypedAtomic: AnyShape = { form: 'any', atomic: true }
const untypedDeduced: AnyShape = { form: 'any', atomic: false }
/** How a map without a type is owned. */
export const deducedMap: MapShape = { form: 'map', atomic: false, fields: noFields, element: untypedDeduced }

const shapes = new WeakMap<Schema, Shape>()

export function shapeOf(schema: Schema): Shape {
  let shape = shapes.get(schema)
  if (shape === undefined) {
    shape = compile(schema)
    shapes.set(schema, shape)
  }
  return shape
}

const objectShapes = new WeakMap<StructSchema, MapShape>()

/**
 * Fields nobody owns.
 * Source: k8s.io/apimachinery/pkg/util/managedfields/internal, NewStripMetaManager (v1.36)
 */
const neverOwned = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
])

/** The shape of a whole object, without the fields nobody owns. */
export function ownedShapeOf(schema: StructSchema): MapShape {
  let shape = objectShapes.get(schema)
  if (shape === undefined) {
    shape = withoutNeverOwned(shapeOf(schema) as MapShape)
    objectShapes.set(schema, shape)
  }
  return shape
}

function withoutNeverOwned(shape: MapShape): MapShape {
  const fields = new Map(shape.fields)
  fields.delete('apiVersion')
  fields.delete('kind')
  const metadata = fields.get('metadata')
  if (metadata !== undefined) {
    const { form, atomic, fields: members, element } = metadata.shape as MapShape
    const owned = new Map([...members].filter(([name]) => !neverOwned.has(name)))
    fields.set('metadata', { element: metadata.element, shape: { form, atomic, fields: owned, element } })
  }
  return shape.element === undefined ? { ...shape, fields } : { ...shape, fields, unowned: typeMembers }
}

const typeMembers = new Set(['apiVersion', 'kind'])

function compile(schema: Schema): Shape {
  switch (schema.form) {
    case 'struct':
      return {
        form: 'map',
        atomic: schema.mapType === 'atomic',
        fields: new Map([...schema.fields.values()].map((field) => [field.name, fieldShape(field)])),
        element: schema.others && shapeOf(schema.others),
      }
    case 'map':
      return { form: 'map', atomic: schema.mapType === 'atomic', fields: noFields, element: shapeOf(schema.element) }
    case 'list':
      return listShape(schema.element, schema.listType, schema.keys)
    case 'scalar':
      return { form: 'scalar', type: scalarTypes[schema.scalar] ?? 'untyped' }
    case 'any':
      return schema.name === 'io.k8s.apimachinery.pkg.runtime.RawExtension' ? untypedAtomic : untypedDeduced
  }
}

const scalarTypes: Readonly<Record<string, ScalarShape['type']>> = {
  string: 'string',
  bytes: 'string',
  duration: 'string',
  int32: 'numeric',
  int64: 'numeric',
  double: 'numeric',
  boolean: 'boolean',
}

/** The inner shape is compiled when it is first asked for: definitions are recursive. */
function fieldShape(field: Field): FieldShape {
  let shape: Shape | undefined
  return {
    element: fieldElement(field.name),
    get shape() {
      return (shape ??= shapeOfField(field))
    },
  }
}

/** A list that does not say its type is what its patch strategy makes of it. */
function shapeOfField(field: Field): Shape {
  const { schema, listType, patchStrategy, patchMergeKey } = field
  if (schema.form === 'list' && listType === undefined && patchStrategy.includes('merge')) {
    return patchMergeKey === undefined
      ? listShape(schema.element, 'set', [])
      : listShape(schema.element, 'map', [patchMergeKey])
  }
  return shapeOf(schema)
}

function listShape(elementSchema: Schema, listType: 'atomic' | 'set' | 'map', keyNames: readonly string[]): ListShape {
  const defaults = elementSchema.form === 'struct' ? elementSchema.fields : undefined
  const names = listType === 'map' ? keyNames : []
  let element: Shape | undefined
  return {
    form: 'list',
    atomic: listType === 'atomic',
    keys: names.map((name) => ({ name, fallback: defaults?.get(name)?.default })),
    get element() {
      return (element ??= shapeOf(elementSchema))
    },
  }
}

/** Why a list item has no place in a list whose items are told apart. */
export class ListItemError extends Error {
  override readonly name = 'ListItemError'
}

/**
 * What tells a list item from others.
 * @throws ListItemError
 */
export function itemElement({ keys }: ListShape, item: unknown): PathElement {
  if (keys.length === 0) {
    if (item === null) throw new ListItemError(`associative list without keys has an element that's an explicit null`)
    if (Array.isArray(item)) throw new ListItemError('not supported: associative list with lists as elements')
    if (typeof item === 'object')
      throw new ListItemError(`associative list without keys has an element that's a map type`)
    return valueElement(item)
  }
  if (item === null) throw new ListItemError('associative list with keys may not have a null element')
  if (typeof item !== 'object' || Array.isArray(item))
    throw new ListItemError('associative list with keys may not have non-map elements')
  const key: Record<string, unknown> = {}
  let isEmpty = true
  for (const { name, fallback } of keys) {
    const own = (item as Record<string, unknown>)[name]
    const value = own === undefined ? fallback : own
    if (value === undefined) continue
    key[name] = value
    isEmpty = false
  }
  if (isEmpty) {
    const names = keys.map(({ name }) => JSON.stringify(name)).join(' ')
    throw new ListItemError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    )
  }
  return keyElement(key)
}

/** @throws ListItemError for an item that has no key */
export function itemsByElement(shape: ListShape, items: readonly unknown[]): Map<PathElement, unknown[]> {
  const found = new Map<PathElement, unknown[]>()
  for (const item of items) {
    const element = itemElement(shape, item)
    const same = found.get(element)
    if (same === undefined) found.set(element, [item])
    else same.push(item)
  }
  return found
}

/** How the value is owned in parts; undefined where it is owned as a whole. */
export function granularForm(shape: Shape, value: unknown): MapShape | ListShape | undefined {
  if (shape.form === 'any') return !shape.atomic && isMap(value) ? deducedMap : undefined
  if (shape.form === 'scalar' || shape.atomic) return undefined
  return (shape.form === 'map' ? isMap(value) : Array.isArray(value)) ? shape : undefined
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Null, or a list or map without members. */
export function isNothing(value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object') return false
  for (const _ in value) return false
  return true
}
