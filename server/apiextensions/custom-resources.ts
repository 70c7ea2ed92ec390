// Custom resources come and go with their definitions: names are accepted, versions are served, and with a definition all
// of its objects go.
// Source: apiextensions-apiserver/pkg/controller/{status,establish,finalizer,apiapproval} and pkg/apiserver (v1.36)
import type { ResourceFacts, StructSchema } from '../../openapi/schema.ts'
import { cleanupFinalizer, type CustomResourceDefinition } from '../api/apiextensions.ts'
import type { Clock } from '../apimachinery/clock.ts'
import { copy, deepEqual } from '../apimachinery/equality.ts'
import { isConflict, isNotFound } from '../apimachinery/errors.ts'
import { lazyModules } from '../apimachinery/lazy-module.ts'
import type { AnyObject, Frozen, Stored } from '../apimachinery/types.ts'
import type { Client } from '../client/client.ts'
import { WorkQueue, type QueueObserver } from '../client/work-queue.ts'
import { resourcePrefix } from '../registry/keys.ts'
import type { Resource, Resources } from '../registry/resources.ts'
import { ResourceStore } from '../registry/store.ts'
import type { Store } from '../storage/store.ts'
import { ApiServices } from './api-services.ts'
import { approvalCondition } from './approval.ts'
import { acceptNames, isTrue, withCondition, type Condition } from './conditions.ts'
import type * as Kinds from './custom-kind.ts'
import type { CustomKind, Judges } from './custom-kind.ts'

type Definition = Frozen<Stored<CustomResourceDefinition>>

const load = lazyModules(import.meta.url)

/** Loaded with the first definition: schemas, and the expressions in them, come along with it. */
function kindsOfDefinitions(): typeof Kinds {
  return load<typeof Kinds>('./custom-kind')
}

const definitions = 'customresourcedefinitions.apiextensions.k8s.io'

export interface CustomResourcesOptions {
  readonly store: Store
  readonly resources: Resources
  /** Acts as the API server itself. */
  readonly client: Client
  readonly clock: Clock
  readonly onError: (definition: string, error: unknown) => void
  /** Of the queue of definitions, for metrics. */
  readonly observer?: QueueObserver
}

/** One definition as it is served. */
interface Served {
  readonly uid: string
  readonly generation: number
  readonly group: string
  readonly plural: string
  readonly versions: readonly string[]
  readonly isTerminating: boolean
  readonly store: ResourceStore
}

export class CustomResources {
  readonly #options: CustomResourcesOptions
  readonly #known = new Map<string, Definition>()
  readonly #served = new Map<string, Served>()
  readonly #queue: WorkQueue
  readonly #apiServices: ApiServices
  #watch: { close(): void } | undefined

  constructor(options: CustomResourcesOptions) {
    this.#options = options
    this.#apiServices = new ApiServices(options.client)
    this.#queue = new WorkQueue(options.clock, {
      work: (name) => this.#reconcile(name),
      observer: options.observer,
      concurrency: 1,
      onError: (name, error) => {
        if (!isConflict(error) && !isNotFound(error)) options.onError(name, error)
      },
    })
  }

  /** Resolves when what is there already is served. */
  async start(): Promise<void> {
    this.#watch = await this.#options.client.watch<CustomResourceDefinition>(
      definitions,
      {},
      (events) => {
        for (const { type, object } of events) {
          const { name } = object.metadata
          if (type === 'DELETED') this.#known.delete(name)
          else {
            this.#known.set(name, object)
            this.#redefine(object)
          }
          this.#queue.add(name)
        }
      },
      (error) => {
        if (error !== undefined) this.#options.onError('', error)
      },
    )
    this.#queue.start()
    await this.#queue.settled()
  }

  async close(): Promise<void> {
    this.#watch?.close()
    await this.#queue.close()
    for (const { store } of this.#served.values()) store.cache.close()
  }

  /** What is served already changes at once: its names are accepted, and others need not be waited for. */
  #redefine(definition: Definition): void {
    const { name, uid, deletionTimestamp } = definition.metadata
    const isServed = this.#served.get(name)?.uid === uid
    if (isServed && deletionTimestamp === undefined && isTrue(definition, 'Established')) this.#serve(definition)
  }

  async #reconcile(name: string): Promise<void> {
    await this.#bring(name)
    const served = [...this.#served.values()].flatMap(({ group, versions }) =>
      versions.map((version) => ({ group, version })),
    )
    await this.#apiServices.publish(served)
  }

  async #bring(name: string): Promise<void> {
    const definition = this.#known.get(name)
    if (definition === undefined) {
      this.#withdraw(name)
      this.#reconsiderGroup(name)
      return
    }
    if (definition.metadata.deletionTimestamp !== undefined) return this.#terminate(definition)
    const accepted = await this.#tellApproval(await this.#acceptNames(definition))
    if (!isTrue(accepted, 'NamesAccepted') && !isTrue(accepted, 'Established')) return
    this.#serve(accepted)
    if (isTrue(accepted, 'Established')) return
    await this.#setConditions(accepted, [
      {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    ])
  }

  /** A name that has become free may be wanted by another definition. */
  #reconsiderGroup(name: string): void {
    const group = name.slice(name.indexOf('.') + 1)
    for (const other of this.#known.values()) {
      if (other.spec.group === group && other.metadata.name !== name) this.#queue.add(other.metadata.name)
    }
  }

  async #acceptNames(definition: Definition): Promise<Definition> {
    if (deepEqual(definition.spec.names, definition.status?.acceptedNames)) return definition
    const { group } = definition.spec
    const others = [...this.#known.values()].filter(
      (other) => other.spec.group === group && other.metadata.name !== definition.metadata.name,
    )
    const { names, condition } = acceptNames(definition, others)
    const before = definition.status?.conditions?.find(({ type }) => type === 'NamesAccepted')
    const isSame = before?.status === condition.status && before.reason === condition.reason
    if (isSame && deepEqual(names, definition.status?.acceptedNames)) return definition
    const conditions: Condition[] = [condition]
    if (!isTrue(definition, 'Established')) {
      conditions.push(
        condition.status === 'True'
          ? {
              type: 'Established',
              status: 'False',
              reason: 'Installing',
              message: 'the initial names have been accepted',
            }
          : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
      )
    }
    const next = await this.#setConditions(definition, conditions, (draft) => {
      ;(draft.status ??= {}).acceptedNames = names
    })
    this.#reconsiderGroup(definition.metadata.name)
    return next
  }

  async #tellApproval(definition: Definition): Promise<Definition> {
    const condition = approvalCondition(definition)
    const before = definition.status?.conditions?.find(({ type }) => type === condition?.type)
    if (condition === undefined || (before?.status === condition.status && before.message === condition.message)) {
      return definition
    }
    return this.#setConditions(definition, [condition])
  }

  async #setConditions(
    definition: Definition,
    conditions: readonly Condition[],
    change?: (draft: CustomResourceDefinition) => void,
  ): Promise<Definition> {
    const { clock, client } = this.#options
    const draft = copy(definition) as CustomResourceDefinition
    const status = (draft.status ??= {})
    for (const condition of conditions) {
      status.conditions = withCondition(status.conditions ?? [], condition, clock.now())
    }
    change?.(draft)
    const written = await client.update<CustomResourceDefinition>(definitions, draft, { subresource: 'status' })
    // It may have been the last write, and the definition be gone.
    if (this.#known.has(written.metadata.name)) this.#known.set(written.metadata.name, written)
    return written
  }

  /** Each served version becomes a resource; all of them share a store. */
  #serve(definition: Definition): void {
    const { name, uid, generation = 0 } = definition.metadata
    const before = this.#served.get(name)
    const isTerminating = definition.metadata.deletionTimestamp !== undefined
    if (
      before?.uid === uid &&
      before.generation === generation &&
      before.isTerminating === isTerminating &&
      this.#isUnchanged(definition, before)
    ) {
      return
    }
    const plain = definition as CustomResourceDefinition
    const storage = plain.spec.versions.find((version) => version.storage) ?? plain.spec.versions[0]!
    const judges: Judges = new Map()
    const stored = kindsOfDefinitions().customKind(plain, storage, storage.name, judges)
    const { resources, store } = this.#options
    const { group, resource: plural } = stored.kind.facts
    const isSame = before?.uid === uid
    if (!isSame) this.#withdraw(name)
    const resourceStore = isSame
      ? before.store
      : new ResourceStore({
          store,
          ...stored,
          prefix: resourcePrefix(group, plural, true),
          since: this.#createdAt(name),
        })
    if (isSame) resourceStore.redefine(stored.kind, stored.schema)
    const versions = plain.spec.versions.filter(({ served }) => served)
    for (const gone of before?.versions ?? []) {
      if (!versions.some((version) => version.name === gone)) resources.remove(group, gone, plural)
    }
    // What is stored may come from another version, or from what this one was before.
    const mayDiffer = plain.spec.versions.length > 1 || generation > 1
    for (const version of plain.spec.versions) {
      const { kind, schema } =
        version === storage ? stored : kindsOfDefinitions().customKind(plain, version, storage.name, judges)
      if (!version.served) continue
      const { facts } = kind
      const resource: Resource = {
        kind,
        schema,
        facts,
        store: resourceStore,
        ...(mayDiffer ? conversion(facts, stored, schema) : {}),
        isStorageVersion: version === storage,
      }
      resources.add(resource)
    }
    this.#served.set(name, {
      uid,
      generation,
      group,
      plural,
      versions: versions.map((version) => version.name),
      isTerminating,
      store: resourceStore,
    })
  }

  /** What is served also depends on the names that were accepted and on the versions that were stored. */
  #isUnchanged({ status }: Definition, { plural, group }: Served): boolean {
    const facts = this.#options.resources.byName(`${plural}.${group}`)?.facts
    const names = status?.acceptedNames
    return (
      facts !== undefined &&
      deepEqual(names?.shortNames ?? [], facts.shortNames) &&
      deepEqual(names?.categories ?? [], facts.categories)
    )
  }

  /** The revision of the definition's creation. */
  #createdAt(name: string): number {
    return this.#options.resources.byName(definitions)?.store?.find('', name)?.createRevision ?? 0
  }

  #withdraw(name: string): void {
    const served = this.#served.get(name)
    if (served === undefined) return
    this.#served.delete(name)
    for (const version of served.versions) this.#options.resources.remove(served.group, version, served.plural)
    served.store.cache.close()
  }

  /** Deletes all objects, then lets the definition go. */
  async #terminate(definition: Definition): Promise<void> {
    if (definition.metadata.finalizers?.includes(cleanupFinalizer) !== true) return
    const { client } = this.#options
    const resource = `${definition.status?.acceptedNames?.plural ?? definition.spec.names.plural}.${definition.spec.group}`
    if (!isTrue(definition, 'Established')) {
      await this.#release(definition, 'NeverEstablished', 'resource was never established')
      return
    }
    // From now on nothing is created.
    this.#serve(definition)
    const ongoing = await this.#setConditions(definition, [
      {
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionInProgress',
        message: 'CustomResource deletion is in progress',
      },
    ])
    const { items } = await client.list<AnyObject>(resource)
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp !== undefined) continue
      await client.delete(resource, metadata.namespace, metadata.name).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    }
    const { items: left } = await client.list<AnyObject>(resource)
    if (left.length > 0) {
      this.#queue.addAfter(definition.metadata.name, leftOverRetryMs)
      return
    }
    await this.#release(ongoing, 'InstanceDeletionCompleted', 'removed all instances')
  }

  async #release(definition: Definition, reason: string, message: string): Promise<void> {
    await this.#setConditions(definition, [{ type: 'Terminating', status: 'False', reason, message }], (draft) => {
      const rest = draft.metadata?.finalizers?.filter((one) => one !== cleanupFinalizer) ?? []
      if (rest.length > 0) draft.metadata!.finalizers = rest
      else delete draft.metadata!.finalizers
    })
  }
}

/** How soon it is looked again whether objects with finalizers have gone. */
const leftOverRetryMs = 1000

/**
 * The conversion strategy None: only apiVersion differs, and what the version's schema does not know is left out. What is
 * stored gets the defaults that its version has by now; other versions' are only set on what is sent.
 */
function conversion(
  { group, version }: ResourceFacts,
  stored: CustomKind,
  schema: StructSchema,
): Required<Pick<Resource, 'toStored' | 'fromStored'>> {
  const isStored = stored.kind.version === version
  return {
    toStored: (object) => ({ ...object, apiVersion: `${group}/${stored.kind.version}` }),
    fromStored(old) {
      const { object } = schema.decode!(old)
      if (isStored) stored.kind.defaults?.(object)
      return { ...object, apiVersion: `${group}/${version}` }
    },
  }
}
