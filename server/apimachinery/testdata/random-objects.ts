// Random objects of every built-in kind, and random changes of them, for property tests of patches and of field owners. Few
// different values, so that two objects often have something in common; list items that a key tells apart have it, once.
import { resources, typeByName } from '../../../openapi/index.ts'
import type {
  Field,
  ListSchema,
  MapSchema,
  ResourceFacts,
  ScalarType,
  Schema,
  StructSchema,
} from '../../../openapi/schema.ts'

export interface Kind {
  readonly apiVersion: string
  readonly kind: string
  readonly schema: StructSchema
}

type Members = Record<string, unknown>

/** An integer from 0 up to and without `bound`. */
type Draw = (bound: number) => number

/** Which fields random objects may have. */
export type FieldChoice = (field: Field) => boolean

/** How many structs deep objects go. */
const depth = 5

/** All kinds whose objects are written, one of several versions. */
export const kinds: readonly Kind[] = resources.filter((facts) => facts.verbs.includes('update')).map(kindOf)

function kindOf({ group, version, kind, type }: ResourceFacts): Kind {
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind, schema: typeByName(type) as StructSchema }
}

/**
 * A kind, some objects of it, and changed ones: `objects[1]` has much of `objects[0]`, and so on. Same seed, same objects.
 * @param count of objects
 */
export function objectsOf(
  seed: number,
  count: number,
  mayHave: FieldChoice = () => true,
): { kind: Kind; objects: Members[] } {
  const draw = seeded(seed)
  const kind = kinds[draw(kinds.length)]!
  const maker = new Maker(draw, mayHave)
  const objects = [named(kind, maker.object(kind.schema, depth, topLevel))]
  while (objects.length < count) objects.push(named(kind, maker.changed(kind.schema, objects.at(-1)!, depth, topLevel)))
  return { kind, objects }
}

const topLevel = new Set(['apiVersion', 'kind', 'metadata'])

function named({ apiVersion, kind }: Kind, members: Members): Members {
  const { labels, finalizers, ...rest } = members
  return {
    apiVersion,
    kind,
    metadata: {
      name: 'n',
      ...(labels === undefined ? {} : { labels }),
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    ...rest,
  }
}

/** mulberry32: the same seed draws the same numbers. */
function seeded(seed: number): Draw {
  let state = seed
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

const words = ['a', 'b', 'c', 'd/e']
const members = ['a', 'b', 'c/d']

const scalars: Readonly<Record<ScalarType, (draw: Draw) => unknown>> = {
  string: (draw) => words[draw(words.length)],
  int32: (draw) => 1 + draw(3),
  int64: (draw) => 1 + draw(3),
  double: (draw) => 1.5 + draw(2),
  boolean: (draw) => draw(2) === 0,
  bytes: (draw) => ['YQ==', 'Yg=='][draw(2)],
  quantity: (draw) => ['1', '2', '100m'][draw(3)],
  intOrString: (draw) => (draw(2) === 0 ? 'http' : 1 + draw(2)),
  time: (draw) => `2024-01-0${1 + draw(2)}T00:00:00Z`,
  microTime: (draw) => `2024-01-0${1 + draw(2)}T00:00:00.000000Z`,
  duration: (draw) => `${1 + draw(2)}m0s`,
}

class Maker {
  readonly #draw: Draw
  readonly #mayHave: FieldChoice

  constructor(draw: Draw, mayHave: FieldChoice) {
    this.#draw = draw
    this.#mayHave = mayHave
  }

  object(schema: StructSchema, levels: number, without: ReadonlySet<string> = new Set()): Members {
    const object: Members = {}
    for (const field of schema.fields.values()) {
      if (without.has(field.name) || !this.#mayHave(field)) continue
      // What is inside makes a kind: spec and status are there more often than not.
      const isThere = levels === depth ? this.#draw(4) > 0 : levels > 0 && this.#draw(3) === 0
      if (isThere) object[field.name] = this.#value(field.schema, levels - 1, field)
    }
    return object
  }

  #value(schema: Schema, levels: number, field?: Field): unknown {
    switch (schema.form) {
      case 'scalar':
        return scalars[schema.scalar](this.#draw)
      case 'any':
        return [{ x: 1 }, { x: { y: [1] } }, { z: 'a' }][this.#draw(3)]
      case 'struct':
        return this.object(schema, levels)
      case 'map':
        return this.#map(schema, levels, () => undefined)
      case 'list': {
        const items = Array.from({ length: this.#draw(4) }, () => this.#item(schema, levels, field))
        return distinct(schema, field, items)
      }
    }
  }

  #map({ element }: MapSchema, levels: number, member: (name: string) => unknown): Members {
    const map: Members = {}
    for (const name of members) {
      const value = member(name) ?? (this.#draw(2) === 0 ? this.#value(element, levels - 1) : undefined)
      if (value !== undefined) map[name] = value
    }
    return map
  }

  #item({ element, ...list }: ListSchema, levels: number, field: Field | undefined): unknown {
    const item = this.#value(element, levels)
    if (element.form === 'struct') {
      for (const key of keysOf(list, field)) (item as Members)[key] ??= this.#value(element.fields.get(key)!.schema, 0)
    }
    return item
  }

  /** Much of what `old` has. */
  changed(schema: StructSchema, old: Members, levels: number, without: ReadonlySet<string> = new Set()): Members {
    const object: Members = {}
    for (const field of schema.fields.values()) {
      if (without.has(field.name) || !this.#mayHave(field)) continue
      const value = this.#changedValue(field.schema, old[field.name], levels - 1, field)
      if (value !== undefined) object[field.name] = value
    }
    return object
  }

  #changedValue(schema: Schema, old: unknown, levels: number, field?: Field): unknown {
    const draw = this.#draw
    if (old === undefined) return levels > 0 && draw(8) === 0 ? this.#value(schema, levels, field) : undefined
    if (draw(12) === 0) return undefined
    switch (schema.form) {
      case 'scalar':
      case 'any':
        return draw(4) === 0 ? this.#value(schema, levels, field) : old
      case 'struct':
        return this.changed(schema, old as Members, levels)
      case 'map':
        return this.#map(schema, levels, (name) =>
          this.#changedValue(schema.element, (old as Members)[name], levels - 1),
        )
      case 'list':
        return this.#changedList(schema, old as unknown[], levels, field)
    }
  }

  #changedList(schema: ListSchema, old: readonly unknown[], levels: number, field: Field | undefined): unknown[] {
    const draw = this.#draw
    const keys = keysOf(schema, field)
    const kept = old.flatMap((item) => {
      const changed = this.#changedValue(schema.element, item, levels)
      if (changed === undefined) return []
      if (schema.element.form === 'struct') for (const key of keys) (changed as Members)[key] = (item as Members)[key]
      return [changed]
    })
    const added = draw(3) === 0 ? [this.#item(schema, levels, field)] : []
    const items = distinct(schema, field, draw(2) === 0 ? [...kept, ...added] : [...added, ...kept])
    return draw(5) === 0 ? items.reverse() : items
  }
}

/** By which members apply and strategic merge patches tell items apart. */
function keysOf({ listType, keys }: Pick<ListSchema, 'listType' | 'keys'>, field: Field | undefined): Set<string> {
  return new Set([
    ...(listType === 'map' ? keys : []),
    ...(field?.patchMergeKey === undefined ? [] : [field.patchMergeKey]),
  ])
}

/** No two items with the same value of any key. */
function distinct(schema: ListSchema, field: Field | undefined, items: readonly unknown[]): unknown[] {
  const keys = [...keysOf(schema, field)]
  const isSet = schema.listType === 'set' || (field?.patchStrategy ?? []).includes('merge')
  if (keys.length === 0 && !isSet) return [...items]
  const seen = new Set<string>()
  return items.filter((item) => {
    const marks =
      keys.length === 0 ? [JSON.stringify(item)] : keys.map((key) => `${key} ${String((item as Members)[key])}`)
    if (marks.some((mark) => seen.has(mark))) return false
    for (const mark of marks) seen.add(mark)
    return true
  })
}

/** With list items in an order of their own: ways of merging differ in where they put new ones. */
export function unordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, unordered(member)]),
  )
}

/** Without members that hold nothing, and items that are nothing. */
export function withoutEmpty(value: Members): Members {
  return pruned(value) as Members
}

function pruned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(pruned).filter((item) => !isEmpty(item))
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const rest = pruned(member)
      return isEmpty(rest) ? [] : [[name, rest]]
    }),
  )
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
