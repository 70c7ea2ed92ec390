// A whole API over a memory store, with a clock that stands still: for tests of endpoints and of what stands above them.
import { makeChain, type AdmissionChain } from '../admission/chain.ts'
import type { AdmissionReader } from '../admission/plugin.ts'
import { FakeClock } from '../apimachinery/clock.ts'
import { StatusError } from '../apimachinery/errors.ts'
import type { AnyObject, Frozen, KubeObject, Status, Stored, UserInfo } from '../apimachinery/types.ts'
import type { Pod, Service } from '../api/core.ts'
import type { ServiceAllocatorOptions } from '../kinds/core/service/allocator.ts'
import { allocatorOf } from '../kinds/core/service/testing.ts'
import { kinds } from '../kinds/index.ts'
import { Resources } from '../registry/resources.ts'
import { openMemoryStore } from '../storage/memory.ts'
import type { Store } from '../storage/store.ts'
import type { Answer, Api, ListAnswer, Scope, StreamEvent } from './api.ts'
import { create } from './create.ts'
import { deleteCollection, deleteOne } from './delete.ts'
import { get } from './get.ts'
import { list } from './list.ts'
import { patch } from './patch.ts'
import { update } from './update.ts'
import { watch } from './watch.ts'

export const admin: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }

export interface TestApiOptions {
  /** Default: ServiceAccount alone, which would refuse pods in namespaces without one. */
  readonly disabledPlugins?: readonly string[]
  /** Default: one in memory. */
  readonly store?: Store
  readonly services?: Partial<Omit<ServiceAllocatorOptions, 'existing'>>
}

/** What a request is about, beyond its resource. */
export interface Target {
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
  /** As after the question mark: `limit=2&labelSelector=a`. */
  readonly query?: string
}

type Query = Omit<Target, 'name'>

/** Requests are for the namespace `default`, which is there, and made by `user`. */
export class TestApi implements Api {
  readonly clock = new FakeClock()
  readonly store: Store
  readonly resources: Resources
  readonly admission: AdmissionChain
  readonly reader: AdmissionReader
  user = admin
  /** Of all requests so far. */
  readonly warnings: string[] = []

  private constructor(options: TestApiOptions) {
    this.store = options.store ?? openMemoryStore()
    this.resources = new Resources(this.store, kinds, {
      services: allocatorOf({
        ...options.services,
        existing: () => this.reader.list('services'),
      }),
    })
    this.admission = makeChain(options.disabledPlugins ?? ['ServiceAccount'], { clock: this.clock, random: () => 0 })
    this.reader = {
      get: (resource, namespace, name) => this.resources.byName(resource)?.store?.find(namespace ?? '', name)?.object,
      list: (resource, namespace = '') => {
        const store = this.resources.byName(resource)!.store!
        return Array.from(store.cache.snapshot().entries(store.listPrefix(namespace)), ({ object }) => object)
      },
    }
  }

  static async start(options: TestApiOptions = {}): Promise<TestApi> {
    const api = new TestApi(options)
    await api.create('namespaces', namespace('default'))
    return api
  }

  get revision(): number {
    return this.store.revision
  }

  scope(resource: string, { namespace: inNamespace, name = '', subresource = '', query = '' }: Target = {}): Scope {
    const found = this.resources.byName(resource)
    if (found === undefined) throw new Error(`no resource ${resource}`)
    const ownNamespace = resource === 'namespaces' ? name : ''
    return {
      resource: found,
      subresource,
      namespace: found.facts.namespaced ? (inNamespace ?? 'default') : ownNamespace,
      name,
      user: this.user,
      query: new URLSearchParams(query),
      userAgent: 'test',
      warn: (text) => this.warnings.push(text),
    }
  }

  async create<T extends KubeObject>(resource: string, object: T, options: Query = {}): Promise<Frozen<Stored<T>>> {
    const target = { ...placeOf(object), ...options }
    return objectOf(await create(this, this.scope(resource, { ...target, name: '' }), bodyOf(object)))
  }

  /** The name of the path is the object's, if no other is given. */
  async update<T extends Frozen<KubeObject>>(
    resource: string,
    object: T,
    options: Target = {},
  ): Promise<T & Frozen<Stored<KubeObject>>> {
    return objectOf(await update(this, this.scope(resource, { ...placeOf(object), ...options }), bodyOf(object)))
  }

  /** A merge patch unless `type` says otherwise: `json`, `strategic-merge`. */
  async patch<T extends KubeObject>(
    resource: string,
    name: string,
    value: unknown,
    options: Query & { type?: string } = {},
  ): Promise<Frozen<Stored<T>>> {
    const type = `application/${options.type ?? 'merge'}-patch+json`
    return objectOf(await patch(this, this.scope(resource, { ...options, name }), { type, value }))
  }

  async get<T extends KubeObject>(resource: string, name: string, options: Query = {}): Promise<Frozen<Stored<T>>> {
    return objectOf(get(this.scope(resource, { ...options, name })))
  }

  /** What DELETE answers: the object while it stays, else a Status. */
  async delete(
    resource: string,
    name: string,
    options: AnyObject | undefined = undefined,
    query: Query = {},
  ): Promise<Frozen<AnyObject>> {
    return objectOf(
      await deleteOne(
        this,
        this.scope(resource, { ...query, name }),
        options === undefined ? undefined : bodyOf(options),
      ),
    )
  }

  async deleteCollection(
    resource: string,
    options: AnyObject | undefined = undefined,
    query: Query = {},
  ): Promise<string[]> {
    const answer = await deleteCollection(
      this,
      this.scope(resource, query),
      options === undefined ? undefined : bodyOf(options),
    )
    return namesOf(answer as ListAnswer)
  }

  async list(resource: string, query = '', inNamespace = 'default'): Promise<ListAnswer> {
    return list(this.scope(resource, { namespace: inNamespace, query }))
  }

  async names(resource: string, query = '', inNamespace = 'default'): Promise<string[]> {
    return namesOf(await this.list(resource, query, inNamespace))
  }

  /** Resolves when the watch runs, and the initial events are there. */
  async watch(resource: string, query = '', inNamespace = 'default'): Promise<Watching> {
    const watching = new Watching()
    const answer = watch(this, this.scope(resource, { namespace: inNamespace, query }))
    const control = answer.start(
      (events) => void watching.events.push(...events),
      () => (watching.isOver = true),
    )
    watching.stop = () => control.stop()
    await settled()
    return watching
  }
}

/** A watch, and what it has told so far. */
export class Watching {
  readonly events: StreamEvent[] = []
  isOver = false
  stop: () => void = () => {}

  /** `ADDED a`, `BOOKMARK 7`, `BOOKMARK 7 initial-events-end`, `ERROR 410 too old …`; and no more of them. */
  take(): string[] {
    return this.events.splice(0).map((event) => {
      switch (event.type) {
        case 'BOOKMARK':
          return `BOOKMARK ${event.revision}${event.initialEventsEnd ? ' initial-events-end' : ''}`
        case 'ERROR':
          return `ERROR ${event.status.code} ${event.status.message}`
        default:
          return `${event.type} ${event.entry.object.metadata!.name}`
      }
    })
  }
}

/** Lets all promises run that wait for nothing from outside. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The Status a request was refused with. @throws if it was not refused */
export async function refusal(request: Promise<unknown>): Promise<Status> {
  try {
    await request
  } catch (error) {
    if (error instanceof StatusError) return error.status
    throw error
  }
  throw new Error('the request was not refused')
}

/** `409 Conflict: Operation cannot be fulfilled on …` */
export async function refused(request: Promise<unknown>): Promise<string> {
  const { code, reason = '', message } = await refusal(request)
  return `${code} ${reason}: ${message}`
}

export function objectOf<T>(answer: Answer): T {
  if (answer.type === 'entry') return answer.entry.object as unknown as T
  if (answer.type === 'object') return answer.object as unknown as T
  if (answer.type === 'status') return answer.status as unknown as T
  throw new Error(`the answer is a ${answer.type}`)
}

export function namesOf({ entries }: ListAnswer): string[] {
  return entries.map(({ object }) => object.metadata!.name!)
}

export function bodyOf(value: unknown): { value: unknown; findings: string[] } {
  return { value, findings: [] }
}

function placeOf({ metadata = {} }: Frozen<KubeObject>): Target {
  const { name, namespace: inNamespace } = metadata
  return { ...(name === undefined ? {} : { name }), ...(inNamespace === undefined ? {} : { namespace: inNamespace }) }
}

export function namespace(name: string) {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>
}

export function configMap(
  name: string,
  data: Record<string, string> = {},
  metadata: KubeObject['metadata'] = {},
): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data }
}

export function pod(name: string, spec: Partial<Pod['spec']> = {}, metadata: KubeObject['metadata'] = {}): Pod {
  const containers = [{ name: 'c', image: 'i' }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { containers, ...spec } }
}

export function service(name: string, spec: Partial<Service['spec']> = {}): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } }
}
