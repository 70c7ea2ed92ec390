// A Client over a Map, for tests of informers and control loops: no admission, no defaults, no validation.
// Left out on purpose: selectors, graceful deletion, finalizers; patches are JSON merge patches whatever their type.
import { formatTime } from '../apimachinery/clock.ts'
import { newAlreadyExists, newConflict, newNotFound, type GroupResource } from '../apimachinery/errors.ts'
import type { AnyObject, Frozen, KubeObject, Stored } from '../apimachinery/types.ts'
import type {
  Client,
  DeleteOptions,
  ListOptions,
  PatchType,
  ResourceName,
  WatchEvent,
  WatchHandle,
  WriteOptions,
} from './client.ts'
import { keyOf } from './indexer.ts'

interface Watcher {
  readonly resource: ResourceName
  readonly onEvents: (events: readonly WatchEvent[]) => void
  readonly onClose: (error?: Error) => void
}

/** What was asked of the client, in order: `create pods ns/name`, `update deployments.apps/status ns/name`, … */
export class FakeClient implements Client {
  readonly calls: string[] = []
  /** Throw here to refuse a call; it gets the same text as `calls`. */
  onCall: (call: string) => void = () => {}
  readonly #objects = new Map<ResourceName, Map<string, AnyObject>>()
  readonly #watchers = new Set<Watcher>()
  #revision = 1
  #names = 0

  constructor(objects: Record<ResourceName, readonly KubeObject[]> = {}) {
    for (const [resource, items] of Object.entries(objects)) for (const item of items) this.#put(resource, item)
  }

  async get<T extends KubeObject>(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
  ): Promise<Frozen<Stored<T>>> {
    this.#called('get', resource, `${namespace ?? ''}/${name}`)
    return this.#find(resource, { metadata: { ...(namespace === undefined ? {} : { namespace }), name } }) as Frozen<
      Stored<T>
    >
  }

  async list<T extends KubeObject>(
    resource: ResourceName,
    options: ListOptions = {},
  ): Promise<{ items: readonly Frozen<Stored<T>>[]; resourceVersion: string }> {
    this.#called('list', resource, options.namespace ?? '')
    const all = [...(this.#objects.get(resource)?.values() ?? [])]
    const items = all.filter(
      (object) => options.namespace === undefined || object.metadata?.namespace === options.namespace,
    )
    return { items: items as unknown as Frozen<Stored<T>>[], resourceVersion: String(this.#revision) }
  }

  async watch<T extends KubeObject>(
    resource: ResourceName,
    _options: ListOptions & { resourceVersion?: string },
    onEvents: (events: readonly WatchEvent<T>[]) => void,
    onClose: (error?: Error) => void,
  ): Promise<WatchHandle> {
    this.#called('watch', resource, '')
    const watcher: Watcher = { resource, onEvents: onEvents as Watcher['onEvents'], onClose }
    this.#watchers.add(watcher)
    return { close: () => void this.#watchers.delete(watcher) }
  }

  async create<T extends KubeObject>(
    resource: ResourceName,
    object: T,
    options: WriteOptions = {},
  ): Promise<Frozen<Stored<T>>> {
    const metadata = { ...object.metadata }
    metadata.name ??= `${metadata.generateName ?? ''}${(this.#names++).toString(36).padStart(5, 'x')}`
    this.#called('create', withSubresource(resource, options), keyOf({ metadata }))
    const created = { ...object, metadata }
    if (options.subresource !== undefined) return created as unknown as Frozen<Stored<T>>
    if (this.#objects.get(resource)?.has(keyOf(created))) throw newAlreadyExists(groupResource(resource), metadata.name)
    return this.#put(resource, created) as unknown as Frozen<Stored<T>>
  }

  async update<T extends KubeObject>(
    resource: ResourceName,
    object: T,
    options: WriteOptions = {},
  ): Promise<Frozen<Stored<T>>> {
    this.#called('update', withSubresource(resource, options), keyOf(object))
    const current = this.#find(resource, object)
    const expected = object.metadata?.resourceVersion
    if (expected !== undefined && expected !== current.metadata?.resourceVersion) {
      throw newConflict(groupResource(resource), object.metadata?.name ?? '', 'the object has been modified')
    }
    return this.#put(resource, object) as unknown as Frozen<Stored<T>>
  }

  async patch<T extends KubeObject>(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    _type: PatchType,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<Frozen<Stored<T>>> {
    const at = { metadata: { ...(namespace === undefined ? {} : { namespace }), name } }
    this.#called('patch', withSubresource(resource, options), keyOf(at))
    return this.#put(resource, merge(this.#find(resource, at), patch) as AnyObject) as unknown as Frozen<Stored<T>>
  }

  async delete(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    _options: DeleteOptions = {},
  ): Promise<void> {
    const at = { metadata: { ...(namespace === undefined ? {} : { namespace }), name } }
    this.#called('delete', resource, keyOf(at))
    const old = this.#find(resource, at)
    this.#objects.get(resource)?.delete(keyOf(at))
    const last = { ...old, metadata: { ...old.metadata, resourceVersion: String(++this.#revision) } }
    this.#tell(resource, { type: 'DELETED', object: last as unknown as Frozen<Stored<AnyObject>> })
  }

  async resources(): ReturnType<Client['resources']> {
    const verbs = ['create', 'delete', 'get', 'list', 'update', 'patch', 'watch', 'deletecollection']
    return [...this.#objects.keys()].map((resource) => {
      const example = [...(this.#objects.get(resource)?.values() ?? [])][0]
      const { group } = groupResource(resource)
      const namespaced = example?.metadata?.namespace !== undefined
      return { group, version: 'v1', resource, kind: example?.kind ?? '', namespaced, verbs }
    })
  }

  /** Ends all watches, as a server that goes away does. */
  closeWatches(error?: Error): void {
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    for (const watcher of watchers) watcher.onClose(error)
  }

  /** What is stored now. */
  objects(resource: ResourceName): AnyObject[] {
    return [...(this.#objects.get(resource)?.values() ?? [])]
  }

  #called(verb: string, resource: string, key: string): void {
    const call = `${verb} ${resource} ${key}`
    this.calls.push(call)
    this.onCall(call)
  }

  #find(resource: ResourceName, object: KubeObject): AnyObject {
    const found = this.#objects.get(resource)?.get(keyOf(object))
    if (found === undefined) throw newNotFound(groupResource(resource), object.metadata?.name ?? '')
    return found
  }

  #put(resource: ResourceName, object: KubeObject): AnyObject {
    let objects = this.#objects.get(resource)
    if (objects === undefined) this.#objects.set(resource, (objects = new Map()))
    const old = objects.get(keyOf(object))
    const revision = ++this.#revision
    const stored: AnyObject = {
      ...structuredClone(object),
      metadata: {
        uid: old?.metadata?.uid ?? `uid-${revision}`,
        creationTimestamp: old?.metadata?.creationTimestamp ?? formatTime(Date.UTC(2026, 0, 1)),
        ...structuredClone(object.metadata),
        resourceVersion: String(revision),
      },
    }
    objects.set(keyOf(object), stored)
    this.#tell(resource, {
      type: old === undefined ? 'ADDED' : 'MODIFIED',
      object: stored as unknown as Frozen<Stored<AnyObject>>,
    })
    return stored
  }

  #tell(resource: ResourceName, event: WatchEvent): void {
    for (const watcher of this.#watchers) if (watcher.resource === resource) watcher.onEvents([event])
  }
}

function withSubresource(resource: ResourceName, { subresource }: WriteOptions): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`
}

function groupResource(resource: ResourceName): GroupResource {
  const [name = '', ...group] = resource.split('.')
  return { group: group.join('.'), resource: name }
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const merged: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = merge(merged[key], value)
  }
  return merged
}
