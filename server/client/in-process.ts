// The Client of the same process: calls endpoints/ with a user, below the wire. Nothing is encoded or copied on reads.
import { newInternalError, newNotFound, StatusError } from '../apimachinery/errors.ts'
import type { Frozen, KubeObject, Stored, UserInfo } from '../apimachinery/types.ts'
import type { Answer, Api, Scope } from '../endpoints/api.ts'
import { apply, applyPatchType } from '../endpoints/apply.ts'
import { bind } from '../endpoints/bind.ts'
import { create } from '../endpoints/create.ts'
import { deleteOne } from '../endpoints/delete.ts'
import { evict } from '../endpoints/evict.ts'
import { get } from '../endpoints/get.ts'
import { list } from '../endpoints/list.ts'
import { patch } from '../endpoints/patch.ts'
import { applyScale, getScale, updateScale } from '../endpoints/scale.ts'
import { update } from '../endpoints/update.ts'
import { watch } from '../endpoints/watch.ts'
import type { Resource } from '../registry/resources.ts'
import type { Turns } from './turns.ts'
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

export class InProcessClient implements Client {
  readonly #api: Api
  readonly #user: UserInfo
  /** What its writes are tracked under where no fieldManager is named. */
  readonly #userAgent: string
  /** Shared by all whose writes shall leave room for others; without, writes begin when they are asked for. */
  readonly #turns: Turns | undefined

  constructor(api: Api, user: UserInfo, userAgent: string, turns?: Turns) {
    this.#api = api
    this.#user = user
    this.#userAgent = userAgent
    this.#turns = turns
  }

  async get<T extends KubeObject>(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    { subresource }: { subresource?: 'scale' } = {},
  ): Promise<Frozen<Stored<T>>> {
    const scope = this.#scope(resource, namespace, name, noQuery, subresource)
    return objectOf(subresource === 'scale' ? getScale(scope) : get(scope))
  }

  async list<T extends KubeObject>(
    resource: ResourceName,
    options: ListOptions = {},
  ): Promise<{ items: readonly Frozen<Stored<T>>[]; resourceVersion: string }> {
    const scope = this.#scope(resource, options.namespace, '', selectors(options))
    const { entries, metadata } = await list(scope)
    return {
      items: entries.map((entry) => entry.object as Frozen<Stored<T>>),
      resourceVersion: metadata.resourceVersion ?? '',
    }
  }

  async watch<T extends KubeObject>(
    resource: ResourceName,
    options: ListOptions & { resourceVersion?: string },
    onEvents: (events: readonly WatchEvent<T>[]) => void,
    onClose: (error?: Error) => void,
  ): Promise<WatchHandle> {
    const query = selectors(options)
    if (options.resourceVersion !== undefined) query.set('resourceVersion', options.resourceVersion)
    query.set('timeoutSeconds', String(endlessSeconds))
    const answer = watch(this.#api, this.#scope(resource, options.namespace, '', query))
    let failure: Error | undefined
    const control = answer.start(
      (events) => {
        const seen: WatchEvent<T>[] = []
        for (const event of events) {
          if (event.type === 'ERROR') failure = new StatusError(event.status)
          else if (event.type !== 'BOOKMARK') {
            const object = event.entry.object as Frozen<Stored<T>>
            const old = event.prev?.object as Frozen<Stored<T>> | undefined
            seen.push(old === undefined ? { type: event.type, object } : { type: event.type, object, old })
          }
        }
        if (seen.length > 0) onEvents(seen)
      },
      () => onClose(failure),
    )
    return { close: () => control.stop() }
  }

  async create<T extends KubeObject>(
    resource: ResourceName,
    object: T,
    options: WriteOptions = {},
  ): Promise<Frozen<Stored<T>>> {
    const { name = '', namespace } = object.metadata ?? {}
    const { subresource = '' } = options
    const scope = this.#scope(resource, namespace, subresource === '' ? '' : name, writeQuery(options), subresource)
    const verb = subresource === 'binding' ? bind : subresource === 'eviction' ? evict : create
    return objectOf(await this.#write(resource, () => verb(this.#api, scope, { value: object, findings: [] })))
  }

  async update<T extends KubeObject>(
    resource: ResourceName,
    object: T,
    options: WriteOptions = {},
  ): Promise<Frozen<Stored<T>>> {
    const { name = '', namespace } = object.metadata ?? {}
    const scope = this.#scope(resource, namespace, name, writeQuery(options), options.subresource)
    const verb = options.subresource === 'scale' ? updateScale : update
    return objectOf(await this.#write(resource, () => verb(this.#api, scope, { value: object, findings: [] })))
  }

  async patch<T extends KubeObject>(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    value: unknown,
    options: WriteOptions = {},
  ): Promise<Frozen<Stored<T>>> {
    const scope = this.#scope(resource, namespace, name, writeQuery(options), options.subresource)
    if (type !== applyPatchType)
      return objectOf(await this.#write(resource, () => patch(this.#api, scope, { type, value })))
    const verb = options.subresource === 'scale' ? applyScale : apply
    return objectOf(await this.#write(resource, () => verb(this.#api, scope, { value, findings: [] })))
  }

  async delete(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const body = { value: { kind: 'DeleteOptions', apiVersion: 'v1', ...options }, findings: [] }
    const scope = this.#scope(resource, namespace, name)
    await this.#write(resource, () => deleteOne(this.#api, scope, body))
  }

  async resources(): ReturnType<Client['resources']> {
    return this.#api.resources
      .all()
      .filter(
        ({ store, fromStored, isStorageVersion }) =>
          store !== undefined && (fromStored === undefined || isStorageVersion === true),
      )
      .map(({ facts }) => ({
        group: facts.group,
        version: facts.version,
        resource: facts.group === '' ? facts.resource : `${facts.resource}.${facts.group}`,
        kind: facts.kind,
        namespaced: facts.namespaced,
        verbs: facts.verbs,
      }))
  }

  #write<T>(resource: ResourceName, work: () => Promise<T>): Promise<T> {
    if (this.#turns === undefined) return work()
    return this.#turns.run(eventResources.has(resource) ? 'telling' : 'acting', work)
  }

  #scope(
    name: ResourceName,
    namespace: string | undefined,
    objectName: string,
    query = noQuery,
    subresource = '',
  ): Scope {
    const resource: Resource | undefined = this.#api.resources.byName(name)
    if (resource === undefined) throw newNotFound({ group: '', resource: name }, objectName)
    const isNamespaceItself = resource.facts.resource === 'namespaces'
    return {
      resource,
      subresource,
      namespace: isNamespaceItself ? objectName : (namespace ?? ''),
      name: objectName,
      user: this.#user,
      query,
      userAgent: this.#userAgent,
      warn: unheard,
    }
  }
}

const eventResources: ReadonlySet<ResourceName> = new Set(['events', 'events.events.k8s.io'])
const noQuery = new URLSearchParams()
const unheard = (): void => {}
/** In-process watches end with the process, or after some three weeks: timers cannot be set further ahead. */
const endlessSeconds = 2_000_000

function selectors({ labelSelector, fieldSelector }: ListOptions): URLSearchParams {
  const query = new URLSearchParams()
  if (labelSelector !== undefined) query.set('labelSelector', labelSelector)
  if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector)
  return query
}

/** By manager, not forced and forced: the same few again and again. */
const writeQueries = new Map<string, { plain: URLSearchParams; forced: URLSearchParams }>()
const noForce = { plain: noQuery, forced: new URLSearchParams({ force: 'true' }) }

function writeQuery({ fieldManager, force = false }: WriteOptions): URLSearchParams {
  const kind = force ? 'forced' : 'plain'
  if (fieldManager === undefined) return noForce[kind]
  let known = writeQueries.get(fieldManager)
  if (known === undefined) {
    known = {
      plain: new URLSearchParams({ fieldManager }),
      forced: new URLSearchParams({ fieldManager, force: 'true' }),
    }
    // Those of our own components; who else uses this client may name as many as they like.
    if (writeQueries.size < 100) writeQueries.set(fieldManager, known)
  }
  return known[kind]
}

/** The caller names the type of the resource it asked for; nothing here could check it. */
function objectOf<T>(answer: Answer): T {
  if (answer.type === 'entry') return answer.entry.object as unknown as T
  if (answer.type === 'object') return answer.object as unknown as T
  // A binding or an eviction answers with a Status: there is no object to hand out.
  if (answer.type === 'status') return answer.status as unknown as T
  throw newInternalError(`unexpected ${answer.type} answer`)
}
