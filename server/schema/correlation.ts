// A value and the value it replaces, followed downwards together: what has not changed is not held against an update.
// Source: apiserver/pkg/cel/common, CorrelatedObject and MakeMapList (v1.36)
import { deepEqual } from '../apimachinery/equality.ts'
import type { Structural } from './structural.ts'

type Members = Readonly<Record<string, unknown>>

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export class Correlation {
  readonly value: unknown
  readonly old: unknown
  readonly #schema: Structural | undefined
  #isEqual: boolean | undefined

  constructor(value: unknown, old: unknown, schema: Structural | undefined) {
    this.value = value
    this.old = old
    this.#schema = schema
  }

  /** Undefined if there is no such member in one of both, or if the schema does not know it. */
  key(name: string): Correlation | undefined {
    if (!isMembers(this.value) || !isMembers(this.old)) return undefined
    if (!Object.hasOwn(this.value, name) || !Object.hasOwn(this.old, name)) return undefined
    const { properties, additional } = this.#schema ?? {}
    const schema = properties?.get(name) ?? (typeof additional === 'object' ? additional : undefined)
    return schema && new Correlation(this.value[name], this.old[name], schema)
  }

  /** Items are told apart by their keys: only lists of type map have some. */
  index(at: number): Correlation | undefined {
    const items = this.#schema?.items
    if (this.#schema === undefined || items === undefined) return undefined
    if (!Array.isArray(this.value) || !Array.isArray(this.old)) return undefined
    const item: unknown = this.value[at]
    const old = itemLike(item, this.old, this.#schema)
    return old === undefined ? undefined : new Correlation(item, old, items)
  }

  equal(): boolean {
    return (this.#isEqual ??= this.#compare())
  }

  #compare(): boolean {
    const { value, old } = this
    if (Array.isArray(value) && Array.isArray(old) && this.#schema?.listType === 'map' && value.length === old.length) {
      return value.every((_, at) => this.index(at)?.equal() === true) || deepEqual(value, old)
    }
    return deepEqual(value, old)
  }
}

/** The item of a list of type map that has the same keys. Undefined if there is none, or if it has not all of them. */
export function itemLike(item: unknown, list: unknown, { listType, listKeys }: Structural): unknown {
  if (listType !== 'map' || listKeys.length === 0 || !Array.isArray(list)) return undefined
  const key = keyOf(item, listKeys)
  return key === undefined ? undefined : list.find((one) => keyOf(one, listKeys) === key)
}

function keyOf(item: unknown, names: readonly string[]): string | undefined {
  if (!isMembers(item)) return undefined
  const values = names.map((name) => (Object.hasOwn(item, name) ? item[name] : undefined))
  if (values.some((value) => !['string', 'number', 'boolean'].includes(typeof value))) return undefined
  return JSON.stringify(values)
}
