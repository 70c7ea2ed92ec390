// Objects of one resource in memory, by key and by indexes: what listers read.
// Source: client-go tools/cache, Indexer (v1.36)
import type { Frozen, KubeObject, Stored } from '../apimachinery/types.ts'
import type { ResourceName } from './client.ts'

/** The values under which an index finds an object. */
export type IndexFunction<T extends KubeObject> = (object: Frozen<Stored<T>>) => readonly string[]

/** Reads from memory. Objects are frozen and shared; arrays and iterators are the caller's own. */
export interface Lister<T extends KubeObject> {
  /** `namespace` is '' or undefined for what is cluster-scoped. */
  get(namespace: string | undefined, name: string): Frozen<Stored<T>> | undefined
  list(namespace?: string): Frozen<Stored<T>>[]
  /** @throws Error for an index that was not added */
  byIndex(index: string, value: string): Frozen<Stored<T>>[]
}

export function keyOf(object: { readonly metadata?: { readonly namespace?: string; readonly name?: string } }): string {
  const { namespace, name } = object.metadata ?? {}
  return namespace === undefined || namespace === '' ? (name ?? '') : `${namespace}/${name}`
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

type StoredObject = Frozen<Stored<KubeObject>>

interface Index {
  readonly valuesOf: IndexFunction<KubeObject>
  readonly buckets: Map<string, Map<string, StoredObject>>
}

const indexNamespace: IndexFunction<KubeObject> = (object) => [object.metadata.namespace ?? '']
const indexOwner: IndexFunction<KubeObject> = (object) => {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true)
  return owner === undefined ? [] : [owner.uid]
}
const indexNode: IndexFunction<KubeObject> = (object) => {
  const nodeName = (object as { spec?: { nodeName?: string } }).spec?.nodeName
  return nodeName === undefined || nodeName === '' ? [] : [nodeName]
}

/**
 * Indexes there from the start: `namespace`, `owner` (uid of the controlling owner) and, for pods, `node`
 * (spec.nodeName). Keeping an object up to date costs as much as it has index values, however many objects there are.
 */
export class Indexer implements Lister<KubeObject> {
  readonly #resource: ResourceName
  readonly #objects = new Map<string, StoredObject>()
  readonly #indexes = new Map<string, Index>()

  constructor(resource: ResourceName) {
    this.#resource = resource
    this.addIndex('namespace', indexNamespace)
    this.addIndex('owner', indexOwner)
    if (resource === 'pods') this.addIndex('node', indexNode)
  }

  get(namespace: string | undefined, name: string): StoredObject | undefined {
    return this.#objects.get(namespace === undefined || namespace === '' ? name : `${namespace}/${name}`)
  }

  list(namespace?: string): StoredObject[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex('namespace', namespace)
  }

  byIndex(name: string, value: string): StoredObject[] {
    const index = this.#indexes.get(name)
    if (index === undefined) throw new Error(`${this.#resource} has no index "${name}"`)
    const bucket = index.buckets.get(value)
    return bucket === undefined ? [] : [...bucket.values()]
  }

  /** Adds an index, also over what is there already. The same name again is ignored. */
  addIndex(name: string, valuesOf: IndexFunction<KubeObject>): void {
    if (this.#indexes.has(name)) return
    const index: Index = { valuesOf, buckets: new Map() }
    this.#indexes.set(name, index)
    for (const [key, object] of this.#objects) addToIndex(index, key, valuesOf(object), object)
  }

  getByKey(key: string): StoredObject | undefined {
    return this.#objects.get(key)
  }

  /** Adds or replaces; answers what was there before. */
  put(object: StoredObject): StoredObject | undefined {
    const key = keyOf(object)
    const known = this.#objects.get(key)
    this.#objects.set(key, object)
    for (const index of this.#indexes.values()) replaceInIndex(index, key, known, object)
    return known
  }

  /** Answers what was there. */
  remove(key: string): StoredObject | undefined {
    const known = this.#objects.get(key)
    if (known === undefined) return undefined
    this.#objects.delete(key)
    for (const index of this.#indexes.values()) removeFromIndex(index, key, index.valuesOf(known))
    return known
  }
}

/** Mostly a new version is found under the values of the old one: then it takes its place. */
function replaceInIndex(index: Index, key: string, known: StoredObject | undefined, object: StoredObject): void {
  if (known === undefined) return addToIndex(index, key, index.valuesOf(object), object)
  const before = index.valuesOf(known)
  const now = index.valuesOf(object)
  const isSame = before.length === now.length && before.every((value, at) => value === now[at])
  if (!isSame) removeFromIndex(index, key, before)
  addToIndex(index, key, now, object)
}

function addToIndex(index: Index, key: string, values: readonly string[], object: StoredObject): void {
  for (const value of values) {
    let bucket = index.buckets.get(value)
    if (bucket === undefined) index.buckets.set(value, (bucket = new Map()))
    bucket.set(key, object)
  }
}

function removeFromIndex(index: Index, key: string, values: readonly string[]): void {
  for (const value of values) {
    const bucket = index.buckets.get(value)
    bucket?.delete(key)
    if (bucket?.size === 0) index.buckets.delete(value)
  }
}
