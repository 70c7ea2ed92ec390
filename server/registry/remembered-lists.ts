// Lists that every write asks for, of resources that hardly change: ranges of limits, quotas, admission policies, classes.
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { Resources } from './resources.ts'
import type { ResourceStore } from './store.ts'

interface Remembered {
  readonly store: ResourceStore
  /** See WatchCache. */
  readonly changes: number
  readonly objects: readonly Frozen<AnyObject>[]
}

/** Longer ones are made anew each time: their objects are not worth the memory. */
const maxObjects = 100
const maxLists = 1000

/** Answers with the objects of now, in key order; of all namespaces without one. A resource that is not served has none. */
export function rememberedLists(
  resources: Resources,
): (resource: string, namespace?: string) => readonly Frozen<AnyObject>[] {
  const lists = new Map<string, Remembered>()
  return (resource, namespace = '') => {
    const store = resources.byName(resource)?.store
    if (store === undefined) return []
    const key = `${resource}/${namespace}`
    const known = lists.get(key)
    const { changes } = store.cache
    if (known !== undefined && known.store === store && known.changes === changes) return known.objects
    const entries = store.cache.snapshot().entries(store.listPrefix(namespace))
    const objects = Object.freeze(Array.from(entries, ({ object }) => object))
    if (lists.size >= maxLists) lists.clear()
    if (objects.length <= maxObjects) lists.set(key, { store, changes, objects })
    else lists.delete(key)
    return objects
  }
}
