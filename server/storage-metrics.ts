// What the store does, by resource, for /metrics.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerMetrics, StorageFigures, StoredResource } from './metrics.ts'
import type { Resources } from './registry/resources.ts'
import type { Store, StoreEvent } from './storage/store.ts'

export class StorageMetrics {
  readonly #metrics: ServerMetrics
  #byPrefix: Map<string, StoredResource> | undefined
  #resources: Resources | undefined

  constructor(metrics: ServerMetrics) {
    this.#metrics = metrics
  }

  /** Keys have names from now on. @param folder of the store; undefined in memory */
  reads(store: Store, resources: Resources, folder: string | undefined): void {
    this.#resources = resources
    resources.onChange(() => (this.#byPrefix = undefined))
    const figures: StorageFigures = {
      counts: () => [...this.#prefixes()].map(([prefix, resource]) => [resource, store.count(prefix)] as const),
      bytes: () => (folder === undefined ? 0 : folderBytes(folder)),
    }
    this.#metrics.readsStorage(figures)
  }

  readonly committed = (events: readonly StoreEvent[], seconds: number): void => {
    for (const { type, entry, prev } of events) {
      const resource = this.#resourceOf(entry.key)
      if (resource === undefined) continue
      const operation = type === 'delete' ? 'delete' : prev === undefined ? 'create' : 'update'
      this.#metrics.written(resource, operation, seconds)
    }
  }

  /** `/registry/pods/…` or `/registry/example.com/widgets/…`: the prefix ends at the third slash or at the fourth. */
  #resourceOf(key: string): StoredResource | undefined {
    const prefixes = this.#prefixes()
    const third = key.indexOf('/', key.indexOf('/', 1) + 1) + 1
    return prefixes.get(key.slice(0, third)) ?? prefixes.get(key.slice(0, key.indexOf('/', third) + 1))
  }

  #prefixes(): Map<string, StoredResource> {
    return (this.#byPrefix ??= new Map(
      (this.#resources?.all() ?? [])
        .filter(({ store, fromStored }) => store !== undefined && fromStored === undefined)
        .map(({ store, facts: { group, resource } }) => [store!.prefix, { group, resource }]),
    ))
  }
}

/** Files may go while they are counted. */
function folderBytes(folder: string): number {
  let sum = 0
  for (const name of readdirSync(folder)) sum += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
  return sum
}
