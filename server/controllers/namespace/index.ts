// Namespaces that are being deleted: empties them and then takes the finalizer away.
// What differs from a real cluster: no 5 s wait before the first pass, and what is left is looked at again after at
// most a second rather than after half of the longest grace period.
// Source: kubernetes pkg/controller/namespace, NamespacedResourcesDeleter (v1.36)
import type * as core from '../../api/core.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import { isNotFound } from '../../apimachinery/errors.ts'
import type { Frozen, KubeObject, Stored } from '../../apimachinery/types.ts'
import type { Client, ResourceName } from '../../client/client.ts'
import {
  FIELD_MANAGER,
  isWorthTelling,
  type Controller,
  type ControllerContext,
  type RunningController,
} from '../../client/controller.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import { updateConditions, type Findings } from './conditions.ts'

type Namespace = Frozen<Stored<core.Namespace>>

const FINALIZER = 'kubernetes'
const MAX_PAUSE_MS = 1000

export const namespace: Controller = {
  name: 'namespace-controller',
  start: (context) => new NamespaceController(context),
}

class NamespaceController implements RunningController {
  readonly name = namespace.name
  readonly #client: Client
  readonly #clock: Clock
  readonly #queue: WorkQueue
  readonly #unsubscribe: () => void

  constructor({ informers, clientFor, clock, observeQueue, onError }: ControllerContext) {
    this.#client = clientFor(this.name)
    this.#clock = clock
    this.#queue = new WorkQueue(clock, {
      work: (name) => this.#empty(name),
      observer: observeQueue?.(this.name),
      maxDelayMs: MAX_PAUSE_MS,
      onError: (key, error, retries) => {
        if (!(error instanceof ContentRemaining) && isWorthTelling(error, retries)) onError?.(this.name, key, error)
      },
    })
    const namespaces = informers.for<core.Namespace>('namespaces')
    this.#unsubscribe = namespaces.onEvents((events) => {
      for (const { type, object } of events) {
        if (type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined) this.#queue.add(object.metadata.name)
      }
    })
    void namespaces.synced.then(() => this.#queue.start())
  }

  settled(): Promise<void> {
    return this.#queue.settled()
  }

  close(): Promise<void> {
    this.#unsubscribe()
    return this.#queue.close()
  }

  /** @throws ContentRemaining while something is left: the queue comes back */
  async #empty(name: string): Promise<void> {
    try {
      const found = await this.#terminating(await this.#client.get<core.Namespace>('namespaces', undefined, name))
      if (found.metadata.deletionTimestamp === undefined || (found.spec?.finalizers ?? []).length === 0) return
      const pass = new Pass(this.#client, name)
      await pass.run()
      await this.#report(found, pass)
      if (pass.remaining.size > 0 || pass.failures.length > 0) throw new ContentRemaining(name)
      await this.#finalize(await this.#client.get<core.Namespace>('namespaces', undefined, name))
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  async #terminating(found: Namespace): Promise<Namespace> {
    if (found.metadata.deletionTimestamp === undefined || found.status?.phase === 'Terminating') return found
    return this.#write({ ...found, status: { ...found.status, phase: 'Terminating' } }, 'status')
  }

  async #report(found: Namespace, findings: Findings): Promise<void> {
    const present = found.status?.conditions ?? []
    // A namespace that empties at the first pass never shows conditions.
    if (present.length === 0 && findings.remaining.size === 0 && findings.failures.length === 0) return
    const conditions = updateConditions(present, findings, this.#clock.now())
    if (conditions !== present) await this.#write({ ...found, status: { ...found.status, conditions } }, 'status')
  }

  async #finalize(found: Namespace): Promise<void> {
    const finalizers = (found.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER)
    await this.#write({ ...found, spec: { ...found.spec, finalizers } }, 'finalize')
  }

  #write(object: Namespace, subresource: string): Promise<Namespace> {
    const options = { subresource, fieldManager: FIELD_MANAGER }
    return this.#client.update<core.Namespace>('namespaces', object as Stored<core.Namespace>, options)
  }
}

/** Not a failure: finalizers or graceful terminations take their time. */
class ContentRemaining extends Error {
  override readonly name = 'ContentRemaining'
  constructor(namespaceName: string) {
    super(`some content remains in namespace ${namespaceName}`)
  }
}

/** One pass over all content of a namespace: pods first, and the rest only when they are gone. */
class Pass implements Findings {
  readonly remaining = new Map<string, number>()
  readonly finalizers = new Map<string, number>()
  readonly failures: string[] = []
  readonly #client: Client
  readonly #namespace: string

  constructor(client: Client, namespaceName: string) {
    this.#client = client
    this.#namespace = namespaceName
  }

  get arePodsLeft(): boolean {
    return this.remaining.has('pods')
  }

  async run(): Promise<void> {
    const resources = (await this.#client.resources())
      .filter(({ namespaced, verbs }) => namespaced && verbs.includes('delete') && verbs.includes('list'))
      .map(({ resource }) => resource)
    if (resources.includes('pods')) await this.#clear('pods')
    if (this.arePodsLeft) return
    await Promise.all(resources.filter((resource) => resource !== 'pods').map((resource) => this.#clear(resource)))
  }

  async #clear(resource: ResourceName): Promise<void> {
    try {
      const before = await this.#list(resource)
      if (before.length === 0) return
      await Promise.all(before.map((object) => this.#delete(resource, object)))
      const left = await this.#list(resource)
      if (left.length > 0) this.remaining.set(resource, left.length)
      for (const object of left) {
        for (const finalizer of object.metadata.finalizers ?? []) {
          this.finalizers.set(finalizer, (this.finalizers.get(finalizer) ?? 0) + 1)
        }
      }
    } catch (error) {
      this.failures.push(error instanceof Error ? error.message : String(error))
    }
  }

  async #list(resource: ResourceName): Promise<readonly Frozen<Stored<KubeObject>>[]> {
    try {
      return (await this.#client.list<KubeObject>(resource, { namespace: this.#namespace })).items
    } catch (error) {
      // The resource went away since it was listed.
      if (isNotFound(error)) return []
      throw error
    }
  }

  async #delete(resource: ResourceName, object: Frozen<Stored<KubeObject>>): Promise<void> {
    if (object.metadata.deletionTimestamp !== undefined) return
    const { name } = object.metadata
    try {
      await this.#client.delete(resource, this.#namespace, name, { propagationPolicy: 'Background' })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}
