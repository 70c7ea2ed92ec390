// The generic store of a resource: create, update and delete with what all kinds share. Kinds add pure strategies.
// Source: staging/src/k8s.io/apiserver/pkg/registry/generic/registry, Store (v1.36)
import { randomUUID } from 'node:crypto'
import { formatTime } from '../apimachinery/clock.ts'
import { copy } from '../apimachinery/equality.ts'
import {
  newAlreadyExists,
  newGenerateNameConflict,
  newNotFound,
  StatusError,
  type GroupResource,
} from '../apimachinery/errors.ts'
import { equalButForTimes } from '../apimachinery/managed-fields/timestamps.ts'
import { generateName } from '../apimachinery/names.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import type { Entry, Mutation, Store } from '../storage/store.ts'
import { WatchCache } from '../storage/watch-cache.ts'
import { canonicalObject } from './canonical.ts'
import { decideDelete, isDeleted, isHeld, sinceMarked, withOwnMetadata, type DeleteStep } from './deletion-step.ts'
import type { KindDefinition } from './kind.ts'
import { objectKey } from './keys.ts'
import {
  checkDeletePreconditions,
  checkResourceVersionText,
  checkUpdatePreconditions,
  checkVersion,
} from './preconditions.ts'
import { Preparation } from './preparation.ts'
import { dryRunEntry } from './transient-entry.ts'
import type {
  Allocator,
  Check,
  Deleted,
  DeleteRequest,
  Preconditions,
  Reservation,
  Transform,
  UpdateOptions,
  WriteContext,
  Written,
} from './writes.ts'

/** The next state of an object, and the state it is made from. */
interface Prepared {
  readonly base: Entry | undefined
  readonly draft: AnyObject
  readonly reservation: Reservation | undefined
}

/** How often a generated name that is taken is drawn again. */
const generateNameAttempts = 8

export class ResourceStore {
  #kind: KindDefinition
  #schema: StructSchema
  #preparation: Preparation
  readonly prefix: string
  readonly groupResource: GroupResource
  readonly cache: WatchCache
  readonly #store: Store
  readonly #allocator: Allocator | undefined

  constructor(options: {
    store: Store
    kind: KindDefinition
    schema: StructSchema
    prefix: string
    allocator?: Allocator
    /** See WatchCacheOptions. */
    since?: number
  }) {
    this.#store = options.store
    this.#kind = options.kind
    this.#schema = options.schema
    this.prefix = options.prefix
    this.#allocator = options.allocator
    this.groupResource = { group: this.kind.group, resource: this.kind.facts.resource }
    this.#preparation = new Preparation(this)
    this.cache = new WatchCache(
      options.store,
      options.prefix,
      options.since === undefined ? {} : { since: options.since },
    )
    for (const path of this.kind.indexes ?? []) {
      this.cache.addIndex(path, (object) => {
        const value = this.kind.selectableFields?.[path]?.(object as AnyObject) ?? ''
        return value === '' ? [] : [value]
      })
    }
  }

  get kind(): KindDefinition {
    return this.#kind
  }

  get schema(): StructSchema {
    return this.#schema
  }

  /** The definition of a custom resource has changed: what is stored stays, and is judged anew with the next write. */
  redefine(kind: KindDefinition, schema: StructSchema): void {
    this.#kind = kind
    this.#schema = schema
    this.#preparation = new Preparation(this)
  }

  /** Revision of the newest committed write anywhere in the store. */
  get revision(): number {
    return this.#store.revision
  }

  key(namespace: string, name: string): string {
    return objectKey(this.prefix, this.kind.facts.namespaced ? namespace : undefined, name)
  }

  /** Prefix of a namespace's keys, or of all. */
  listPrefix(namespace: string): string {
    return this.kind.facts.namespaced && namespace !== '' ? `${this.prefix}${namespace}/` : this.prefix
  }

  find(namespace: string, name: string): Entry | undefined {
    return this.cache.get(this.key(namespace, name))
  }

  /**
   * @param groupResource as the request names them
   * @throws StatusError 404
   */
  get(namespace: string, name: string, groupResource: GroupResource = this.groupResource): Entry {
    const entry = this.find(namespace, name)
    if (entry === undefined) throw newNotFound(groupResource, name)
    return entry
  }

  /** Stores the server's own objects as they are, status and all, where they are not there yet. */
  async seed(object: AnyObject, now: number): Promise<void> {
    const meta = object.metadata!
    await this.#store.transact(this.key(meta.namespace ?? '', meta.name!), (current) => {
      if (current !== undefined) return { type: 'none' }
      meta.uid = randomUUID()
      meta.creationTimestamp = formatTime(now)
      return { type: 'put', object: canonicalObject(this.schema, object) }
    })
  }

  /** Takes over `draft`, defaulted and admitted. @throws StatusError 409 if it exists, 422 if it is invalid */
  async create(context: WriteContext, draft: AnyObject, check?: Check): Promise<Entry> {
    const generated = (draft.metadata?.name ?? '') === '' && (draft.metadata?.generateName ?? '') !== ''
    for (let attempt = 1; ; attempt++) {
      const object = generated && attempt < generateNameAttempts ? copy(draft) : draft
      if (generated) object.metadata!.name = (this.kind.generateName ?? generateName)(object.metadata!.generateName!)
      let reservation: Reservation | undefined
      try {
        // Nothing is stored of a dry run, and what is stored first loses its version.
        const version = context.dryRun ? object.metadata?.resourceVersion : undefined
        reservation = this.#prepare(object, undefined, context, '')
        if (version !== undefined) object.metadata!.resourceVersion = version
        const checking = check?.(object, undefined)
        if (checking !== undefined) await checking
        await reservation?.persist?.()
        const entry = await this.#insert(object, context)
        await reservation?.commit()
        return entry
      } catch (error) {
        await reservation?.revert()
        const taken = error instanceof StatusError && error.reason === 'AlreadyExists'
        if (!taken || !generated || attempt >= generateNameAttempts) throw error
      }
    }
  }

  async #insert(object: AnyObject, context: WriteContext): Promise<Entry> {
    const name = object.metadata!.name!
    const key = this.key(context.namespace, name)
    const entry = await this.#transact(key, context.dryRun, (current) => {
      if (current !== undefined) {
        const isBeingDeleted = current.object.metadata?.deletionTimestamp !== undefined
        if ((object.metadata!.generateName ?? '') !== '') throw newGenerateNameConflict(this.#named(context), name)
        throw newAlreadyExists(this.#named(context), name, isBeingDeleted)
      }
      return { type: 'put', object: canonicalObject(this.schema, object) }
    })
    return entry!
  }

  /**
   * Makes the next state from the current one and writes it; decided again when the object moved in between. A state
   * that equals the current one is not written: no revision, no event.
   * @throws StatusError 404, 409, 422
   */
  async update(context: WriteContext, name: string, transform: Transform, options: UpdateOptions): Promise<Written> {
    const key = this.key(context.namespace, name)
    let prepared: Prepared | undefined
    const discard = (): void | Promise<void> => {
      const reverting = prepared?.reservation?.revert()
      prepared = undefined
      return reverting
    }
    for (;;) {
      let created = false
      let ended: Entry | undefined
      let pending: Promise<Prepared> | undefined
      let entry: Entry | undefined
      try {
        entry = await this.#transact(key, context.dryRun, (current) => {
          if (prepared === undefined || prepared.base?.revision !== current?.revision) {
            void discard()
            const next = this.#nextState(context, name, current, transform, options)
            if (next instanceof Promise) {
              pending = next
              return { type: 'none' }
            }
            prepared = next
          }
          created = current === undefined
          const mutation = this.#decideUpdate(current, prepared.draft)
          // The last finalizer is gone: the client that removed it gets what it sent, watchers see what was there before.
          if (mutation.type === 'delete')
            ended = dryRunEntry(key, canonicalObject(this.schema, prepared.draft, current?.object), current)
          return mutation
        })
      } catch (error) {
        await discard()
        throw error
      }
      if (pending !== undefined) {
        prepared = await pending
        continue
      }
      if (ended === undefined) await prepared?.reservation?.commit()
      else {
        await discard()
        if (!context.dryRun) await this.#allocator?.release(ended.object)
      }
      return { entry: ended ?? entry!, created }
    }
  }

  /** The object to be written, prepared, validated and checked; a promise only when a step needs to wait. */
  #nextState(
    context: WriteContext,
    name: string,
    current: Entry | undefined,
    transform: Transform,
    options: UpdateOptions,
  ): Prepared | Promise<Prepared> {
    const old = current?.object
    if (old === undefined) {
      const mayCreate = options.createIfMissing === true && this.kind.strategy?.allowCreateOnUpdate === true
      if (!mayCreate && options.forceCreate !== true) throw newNotFound(this.#named(context), name)
    } else if (options.preconditions !== undefined) {
      const key = this.key(context.namespace, name)
      // A dry run is checked above the store, where keys have no common prefix.
      const printed = context.dryRun ? key.replace(/^\/registry(?=\/)/, '') : key
      checkUpdatePreconditions(old, printed, this.#named(context), options.preconditions)
    }
    const drafted = transform(current)
    const complete = (draft: AnyObject): Prepared | Promise<Prepared> => {
      checkResourceVersionText(draft.metadata?.resourceVersion)
      const reservation = this.#prepare(draft, old, context, options.subresource)
      const prepared = { base: current, draft, reservation }
      const settle = async (checking: void | Promise<void>): Promise<Prepared> => {
        try {
          await checking
          await reservation?.persist?.()
        } catch (error) {
          await reservation?.revert()
          throw error
        }
        return prepared
      }
      let checking: void | Promise<void>
      try {
        checking = options.check?.(draft, old)
      } catch (error) {
        void reservation?.revert()
        throw error
      }
      return checking === undefined && reservation?.persist === undefined ? prepared : settle(checking)
    }
    return drafted instanceof Promise ? drafted.then(complete) : complete(drafted)
  }

  #decideUpdate(current: Entry | undefined, draft: AnyObject): Mutation {
    const object = canonicalObject(this.schema, draft, current?.object)
    if (current === undefined) return { type: 'put', object }
    if (isDeleted(object) && !isHeld(this.kind, object)) {
      return { type: 'delete', object: withOwnMetadata(current.object) }
    }
    object.metadata!.resourceVersion = String(current.revision)
    const isFirst = this.kind.strategy?.firstUpdateWrites === true && current.revision === current.createRevision
    if (!isFirst && equalButForTimes(object, current.object)) return { type: 'none' }
    return { type: 'put', object }
  }

  /** @throws StatusError 404, 409 */
  async delete(context: WriteContext, name: string, request: DeleteRequest): Promise<Deleted> {
    const key = this.key(context.namespace, name)
    const before = this.cache.get(key)
    if (before === undefined) throw newNotFound(this.#named(context), name)
    const checking = request.check?.(before.object as AnyObject, before.object)
    if (checking !== undefined) await checking
    let step: DeleteStep = { mutation: { type: 'none' }, outcome: 'kept' }
    const decide = (current: Entry | undefined, asked: DeleteRequest): Mutation => {
      if (current === undefined) throw newNotFound(this.#named(context), name)
      step = decideDelete(this, current.object, name, asked, context.now)
      return step.mutation
    }
    const writing = this.#transact(key, context.dryRun, (current) => decide(current, request))
    if (step.outcome === 'marked' && !context.dryRun) {
      // Decided in the same breath, so that both go in one commit, and nobody comes between them.
      const removing = this.#transact(key, false, (marked) => decide(marked, sinceMarked(request, marked!)))
      await Promise.all([writing, removing])
      const entry = (await removing)!
      await this.#allocator?.release(entry.object)
      return { entry, gone: true }
    }
    const entry = (await writing)!
    if (step.mutation.type === 'delete' && !context.dryRun) await this.#allocator?.release(entry.object)
    return { entry, gone: step.outcome !== 'kept' }
  }

  #named(context: WriteContext): GroupResource {
    return context.groupResource ?? this.groupResource
  }

  /** @throws StatusError 409 unless the object still has these */
  checkDeletePreconditions(old: Frozen<AnyObject>, name: string, preconditions: Preconditions): void {
    checkDeletePreconditions(this, old, name, preconditions)
  }

  /** Sets, takes and validates what a write of `draft` needs. @throws StatusError, and then nothing is taken */
  #prepare(
    draft: AnyObject,
    old: Frozen<AnyObject> | undefined,
    context: WriteContext,
    subresource: string,
  ): Reservation | undefined {
    draft.metadata ??= {}
    if (old !== undefined) checkVersion(this.kind, this.#named(context), draft.metadata, old.metadata!)
    const reservation = subresource === '' ? this.#allocator?.begin(draft, old, context.dryRun) : undefined
    try {
      if (old === undefined) this.#preparation.beforeCreate(draft, context)
      else this.#preparation.beforeUpdate(draft, old, context, subresource)
    } catch (error) {
      void reservation?.revert()
      throw error
    }
    return reservation
  }

  async #transact(
    key: string,
    dryRun: boolean,
    mutate: (current: Entry | undefined) => Mutation,
  ): Promise<Entry | undefined> {
    const isCustom = this.schema.decode !== undefined
    if (!dryRun)
      return this.#store.transact(key, isCustom ? (current) => ({ ...mutate(current), membersSorted: true }) : mutate)
    const current = this.#store.get(key)
    const mutation = mutate(current)
    if (mutation.type === 'none') return current
    return dryRunEntry(key, mutation.object, current)
  }
}
