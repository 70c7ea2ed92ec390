// The generic store of a resource: create, update and delete with what all kinds share. Kinds add pure strategies.
// Source: staging/src/k8s.io/apiserver/pkg/registry/generic/registry, Store; registry/rest, BeforeCreate, BeforeUpdate,
// BeforeDelete (v1.36)
import { randomUUID } from 'node:crypto'
import { formatTime } from '../apimachinery/clock.ts'
import {
  newAlreadyExists,
  newConflict,
  newGenerateNameConflict,
  newInvalid,
  newNotFound,
  newPlainError,
  StatusError,
} from '../apimachinery/errors.ts'
import { quote } from '../apimachinery/go-quote.ts'
import type { GroupResource } from '../apimachinery/errors.ts'
import { copy, deepEqual } from '../apimachinery/equality.ts'
import { generateName } from '../apimachinery/names.ts'
import type { FieldError } from '../apimachinery/field.ts'
import type { AnyObject, Frozen, ObjectMeta, UserInfo } from '../apimachinery/types.ts'
import { equalButForTimes } from '../apimachinery/managed-fields/timestamps.ts'
import { decodeObject } from '../../openapi/decode.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import type { Entry, Mutation, Store } from '../storage/store.ts'
import { WatchCache } from '../storage/watch-cache.ts'
import { finalizersAfterDelete, type Propagation } from './deletion.ts'
import type { KindDefinition, StatusStrategy } from './kind.ts'
import { objectKey } from './keys.ts'
import { metadataRulesOf, type MetadataRules } from './metadata-rules.ts'
import { dryRunEntry } from './transient-entry.ts'

/** What a write carries with it, beyond the object. */
export interface WriteContext {
  readonly user: UserInfo
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly namespace: string
  readonly dryRun: boolean
  /** As the request names them: several groups may share a store. Default: the store's own. */
  readonly groupResource?: GroupResource
  warn(text: string): void
}

/** Runs between validation and the write; a promise delays the write, which is then decided again if the object moved. */
export type Check = (object: AnyObject, old: Frozen<AnyObject> | undefined) => void | Promise<void>

/** Makes the next state from the current one. It may return the draft as a promise (webhooks). */
export type Transform = (current: Entry | undefined) => AnyObject | Promise<AnyObject>

export interface UpdateOptions {
  /** `status` writes only the status, '' everything else, any other name the whole object. */
  readonly subresource: string
  readonly check?: Check
  /** A name that is not there is created, where the kind allows it. */
  readonly createIfMissing?: boolean
  /** A name that is not there is created, whatever the kind: server-side apply. */
  readonly forceCreate?: boolean
  /** The object must still have these, or the update conflicts. */
  readonly preconditions?: Preconditions
}

export interface Preconditions {
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
}

export interface DeleteRequest {
  readonly gracePeriodSeconds?: number | undefined
  readonly propagation?: Propagation | undefined
  readonly preconditions?: Preconditions | undefined
  readonly check?: Check
}

export interface Written {
  readonly entry: Entry
  readonly created: boolean
}

export interface Deleted {
  readonly entry: Entry
  /** False while finalizers or a grace period keep the object. */
  readonly gone: boolean
}

/** What one pass of a deletion does: leaves the object, marks it for the next pass, or removes it. */
interface DeleteStep {
  readonly mutation: Mutation
  readonly outcome: 'kept' | 'marked' | 'gone'
}

/** Claims cluster-wide resources for objects (cluster IPs, node ports). */
export interface Allocator {
  /**
   * Before anything else is made of the object: puts back what an update leaves out, fills in what is missing and takes
   * it. @throws StatusError if it is taken
   */
  begin(draft: AnyObject, old: Frozen<AnyObject> | undefined, dryRun: boolean): Reservation
  /** The object is gone. */
  release(object: Frozen<AnyObject>): Promise<void>
}

/** What one write has taken: it ends in `commit` or `revert`. */
export interface Reservation {
  /** Tells others of it, and of what the object no longer holds: once it is valid, and before it is written. */
  persist?(): Promise<void>
  /** The object is written. */
  commit(): void | Promise<void>
  revert(): void | Promise<void>
}

/** The next state of an object, and the state it is made from. */
interface Prepared {
  readonly base: Entry | undefined
  readonly draft: AnyObject
  readonly reservation: Reservation | undefined
}

const modifiedText = 'the object has been modified; please apply your changes to the latest version and try again'

/** How often a generated name that is taken is drawn again. */
const generateNameAttempts = 8

export class ResourceStore {
  #kind: KindDefinition
  #schema: StructSchema
  readonly prefix: string
  readonly groupResource: GroupResource
  readonly cache: WatchCache
  readonly #store: Store
  readonly #allocator: Allocator | undefined
  /** By the group that requests name. */
  readonly #rules = new Map<string, MetadataRules>()

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

  get hasStatus(): boolean {
    return this.kind.facts.subresources.some((one) => one.name === 'status')
  }

  /** The definition of a custom resource has changed: what is stored stays, and is judged anew with the next write. */
  redefine(kind: KindDefinition, schema: StructSchema): void {
    this.#kind = kind
    this.#schema = schema
    this.#rules.clear()
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
      return { type: 'put', object: this.#canonical(object) }
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
      return { type: 'put', object: this.#canonical(object) }
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
          if (mutation.type === 'delete') ended = dryRunEntry(key, this.#canonical(prepared.draft), current)
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
      this.#checkPreconditions(context, old, name, options.preconditions)
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
    const object = this.#canonical(draft)
    if (current === undefined) return { type: 'put', object }
    if (isDeleted(object) && !this.#isHeld(object)) {
      return { type: 'delete', object: copy(current.object) as AnyObject }
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
    let marked: Entry | undefined
    for (;;) {
      let step: DeleteStep = { mutation: { type: 'none' }, outcome: 'kept' }
      const entry = await this.#transact(key, context.dryRun, (current) => {
        if (marked !== undefined && current?.createRevision !== marked.createRevision) {
          // Somebody else has removed what was marked here, and there may be another of its name by now.
          step = { mutation: { type: 'none' }, outcome: 'gone' }
          return step.mutation
        }
        if (current === undefined) throw newNotFound(this.#named(context), name)
        step = this.#decideDelete(context, current, name, marked === undefined ? request : sinceMarked(request, marked))
        return step.mutation
      })
      if (step.mutation.type === 'delete' && !context.dryRun) await this.#allocator?.release(entry!.object)
      if (step.outcome !== 'marked' || context.dryRun) {
        return {
          entry: step.mutation.type === 'none' && marked !== undefined ? marked : entry!,
          gone: step.outcome !== 'kept',
        }
      }
      marked = entry
    }
  }

  #decideDelete(context: WriteContext, current: Entry, name: string, request: DeleteRequest): DeleteStep {
    const old = current.object
    this.checkDeletePreconditions(old, name, request.preconditions ?? {})
    const strategy = this.kind.strategy
    const isBlocked = strategy?.blocksDeletion?.(old as AnyObject) === true
    if (strategy?.staysUntilFinalized === true && isBlocked && isDeleted(old))
      return { mutation: { type: 'none' }, outcome: 'kept' }
    const grace = strategy?.gracePeriodSeconds?.(old as AnyObject, request.gracePeriodSeconds)
    const meta = old.metadata!
    const finalizers = finalizersAfterDelete(meta, request.propagation, strategy?.defaultPropagation ?? 'background')
    const draft = copy(old) as AnyObject
    const next = draft.metadata!
    if (finalizers.length > 0) next.finalizers = finalizers
    else delete next.finalizers

    let isMarkedNow = false
    if (meta.deletionTimestamp === undefined) {
      const isHeld = this.#isHeld(draft)
      if (grace !== undefined || isHeld) {
        this.#beginDeletion(draft, context, grace ?? 0)
        isMarkedNow = grace !== undefined
      }
    } else {
      const remaining = meta.deletionGracePeriodSeconds ?? 0
      if (grace !== undefined && request.gracePeriodSeconds !== undefined && grace < remaining) {
        // A shorter grace period moves the end forward, counted from the first request.
        const requestedAt = Date.parse(meta.deletionTimestamp) - remaining * 1000
        next.deletionTimestamp = formatTime(Math.max(requestedAt + grace * 1000, context.now))
        next.deletionGracePeriodSeconds = grace
        isMarkedNow = true
      } else if (grace === undefined && meta.deletionGracePeriodSeconds !== undefined) {
        next.deletionGracePeriodSeconds = 0
      }
    }
    if (this.#isHeld(draft)) {
      if (deepEqual(draft, old)) return { mutation: { type: 'none' }, outcome: 'kept' }
      return { mutation: { type: 'put', object: this.#canonical(draft) }, outcome: 'kept' }
    }
    // A graceful kind is first marked, then removed: watchers see a MODIFIED before the DELETED.
    if (isMarkedNow) return { mutation: { type: 'put', object: this.#canonical(draft) }, outcome: 'marked' }
    // What goes at once goes as it was: nobody sees the finalizers that its deletion would have taken.
    return { mutation: { type: 'delete', object: copy(old) as AnyObject }, outcome: 'gone' }
  }

  #beginDeletion(draft: AnyObject, context: WriteContext, graceSeconds: number): void {
    const meta = draft.metadata!
    meta.deletionTimestamp = formatTime(context.now + graceSeconds * 1000)
    meta.deletionGracePeriodSeconds = graceSeconds
    if (meta.generation !== undefined && meta.generation > 0) meta.generation += 1
    this.kind.strategy?.beginDeletion?.(draft)
  }

  #isHeld(object: AnyObject): boolean {
    const meta = object.metadata!
    return (
      (meta.finalizers?.length ?? 0) > 0 ||
      (meta.deletionGracePeriodSeconds ?? 0) > 0 ||
      this.kind.strategy?.blocksDeletion?.(object) === true
    )
  }

  #checkPreconditions(
    context: WriteContext,
    old: Frozen<AnyObject>,
    name: string,
    { uid, resourceVersion }: Preconditions,
  ): void {
    const meta = old.metadata!
    const check = (member: string, wanted: string | undefined, found: string | undefined): void => {
      if (wanted === undefined || wanted === found) return
      const stored = this.key(meta.namespace ?? '', name)
      // A dry run is checked above the store, where keys have no common prefix.
      const key = context.dryRun ? stored.replace(/^\/registry(?=\/)/, '') : stored
      const detail = `Precondition failed: ${member} in precondition: ${wanted}, ${member} in object meta: ${found}`
      const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${detail}`
      throw newConflict(this.#named(context), name, why)
    }
    check('UID', uid, meta.uid)
    check('ResourceVersion', resourceVersion, meta.resourceVersion)
  }

  #named(context: WriteContext): GroupResource {
    return context.groupResource ?? this.groupResource
  }

  #rulesFor(context: WriteContext): MetadataRules {
    const named = this.#named(context)
    let rules = this.#rules.get(named.group)
    if (rules === undefined) {
      rules = metadataRulesOf(this.kind, named)
      this.#rules.set(named.group, rules)
    }
    return rules
  }

  /** @throws StatusError 409 unless the object still has these */
  checkDeletePreconditions(old: Frozen<AnyObject>, name: string, { uid, resourceVersion }: Preconditions): void {
    const { uid: recordUid, resourceVersion: recordVersion } = old.metadata!
    if (this.kind.strategy?.staysUntilFinalized === true) {
      const differing = (what: string, wanted: string, found: string | undefined) =>
        `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`
      if (uid !== undefined && uid !== recordUid)
        throw newConflict(this.groupResource, name, differing('UID', uid, recordUid))
      if (resourceVersion !== undefined && resourceVersion !== recordVersion)
        throw newConflict(this.groupResource, name, differing('ResourceVersion', resourceVersion, recordVersion))
    }
    const subject = { group: this.kind.group, resource: this.kind.kind }
    if (uid !== undefined && uid !== recordUid) {
      const why = `the UID in the precondition (${uid}) does not match the UID in record (${recordUid}). The object might have been deleted and then recreated`
      throw newConflict(subject, name, why)
    }
    if (resourceVersion !== undefined && resourceVersion !== recordVersion) {
      const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${recordVersion}). The object might have been modified`
      throw newConflict(subject, name, why)
    }
  }

  /** Sets, takes and validates what a write of `draft` needs. @throws StatusError, and then nothing is taken */
  #prepare(
    draft: AnyObject,
    old: Frozen<AnyObject> | undefined,
    context: WriteContext,
    subresource: string,
  ): Reservation | undefined {
    const meta: ObjectMeta = (draft.metadata ??= {})
    if (old !== undefined) this.#checkVersion(context, meta, old.metadata!, old.metadata!.name!)
    const reservation = subresource === '' ? this.#allocator?.begin(draft, old, context.dryRun) : undefined
    try {
      if (old === undefined) this.#beforeCreate(draft, context)
      else this.#beforeUpdate(draft, old, context, subresource)
    } catch (error) {
      void reservation?.revert()
      throw error
    }
    return reservation
  }

  #beforeCreate(draft: AnyObject, context: WriteContext): void {
    const meta: ObjectMeta = (draft.metadata ??= {})
    if (this.kind.facts.namespaced) meta.namespace = context.namespace
    else delete meta.namespace
    delete meta.deletionTimestamp
    delete meta.deletionGracePeriodSeconds
    delete meta.selfLink
    delete meta.resourceVersion
    meta.uid = randomUUID()
    meta.creationTimestamp = formatTime(context.now)
    if (this.kind.generation === true) meta.generation = 1
    if (this.hasStatus && this.kind.strategy?.keepsStatusOnCreate !== true) delete draft['status']
    this.kind.strategy?.prepareForCreate?.(draft, context)
    const rules = this.#rulesFor(context)
    let errors = [...rules.validateCreation(meta), ...(this.kind.strategy?.validate?.(draft, context) ?? [])]
    if (errors.length === 0) errors = rules.validateAnyCreation(meta)
    if (errors.length > 0) throw newInvalid(this.kind, meta.name ?? '', errors)
    for (const warning of this.kind.strategy?.warnings?.(draft, undefined) ?? []) context.warn(warning)
  }

  #beforeUpdate(draft: AnyObject, old: Frozen<AnyObject>, context: WriteContext, subresource: string): void {
    const meta: ObjectMeta = (draft.metadata ??= {})
    const oldMeta = old.metadata!
    const name = oldMeta.name!
    const rules = this.#rulesFor(context)
    if (this.kind.facts.namespaced) meta.namespace ??= context.namespace
    else delete meta.namespace
    meta.uid ??= oldMeta.uid!
    // What is there stays as it is; a deletion that is not there is refused by validation.
    if (oldMeta.creationTimestamp !== undefined) meta.creationTimestamp = oldMeta.creationTimestamp
    if (oldMeta.deletionTimestamp !== undefined) meta.deletionTimestamp = oldMeta.deletionTimestamp
    if (oldMeta.deletionGracePeriodSeconds !== undefined)
      meta.deletionGracePeriodSeconds ??= oldMeta.deletionGracePeriodSeconds
    if (oldMeta.generation === undefined) delete meta.generation
    else meta.generation = oldMeta.generation
    // Dropped on the way into the store, which a dry run does not take.
    if (!context.dryRun) delete meta.selfLink
    meta.resourceVersion = oldMeta.resourceVersion!

    if (writesStatusOnly.has(subresource)) {
      for (const member of Object.keys(draft)) if (!statusKeeps.has(member)) delete draft[member]
      for (const [member, value] of Object.entries(old)) if (!statusKeeps.has(member)) draft[member] = copy(value)
      if (subresource === 'status') rules.keepInStatus(meta, oldMeta)
      this.#statusStrategy(subresource)?.prepareForUpdate?.(draft, old as AnyObject, context)
    } else if (subresource === '') {
      if (this.hasStatus) {
        if (old['status'] === undefined) delete draft['status']
        else draft['status'] = copy(old['status'])
      }
      this.kind.strategy?.prepareForUpdate?.(draft, old as AnyObject, context)
    } else this.kind.subresources?.[subresource]?.prepareForUpdate?.(draft, old as AnyObject, context)
    if (this.kind.generation === true && !keepsGeneration.has(subresource) && this.#specChanged(draft, old)) {
      meta.generation = (oldMeta.generation ?? 0) + 1
    }
    const found = rules.validateUpdate(meta, oldMeta, subresource)
    const { common, change } = this.#validateUpdate(draft, old, context, subresource)
    const errors = [...found.byRegistry, ...found.whole, ...common, ...found.changed, ...change]
    if (errors.length > 0) throw newInvalid(this.kind, name, errors)
    const source = subresource === '' ? this.kind.strategy : subresource === 'status' ? this.kind.status : undefined
    for (const warning of source?.warnings?.(draft, old as AnyObject) ?? []) context.warn(warning)
  }

  #statusStrategy(subresource: string): StatusStrategy<AnyObject> | undefined {
    return subresource === 'approval' ? this.kind.approval : this.kind.status
  }

  #validateUpdate(
    draft: AnyObject,
    old: Frozen<AnyObject>,
    context: WriteContext,
    subresource: string,
  ): { readonly common: readonly FieldError[]; readonly change: readonly FieldError[] } {
    if (subresource === 'binding') return { common: [], change: [] }
    const { strategy, subresources } = this.kind
    const writesStatus = writesStatusOnly.has(subresource)
    const part = writesStatus ? this.#statusStrategy(subresource) : subresources?.[subresource]
    if (writesStatus || part !== undefined)
      return { common: [], change: part?.validateUpdate?.(draft, old as AnyObject, context) ?? [] }
    return {
      common:
        strategy?.revalidate?.(draft, old as AnyObject) ??
        (strategy?.validateUpdateOnly === true ? [] : (strategy?.validate?.(draft, context) ?? [])),
      change: strategy?.validateUpdate?.(draft, old as AnyObject, context) ?? [],
    }
  }

  /** Optimistic concurrency: a resourceVersion that is sent must be the current one. */
  #checkVersion(context: WriteContext, meta: ObjectMeta, oldMeta: Frozen<ObjectMeta>, name: string): void {
    // Zero is how no version is printed.
    if (!['', '0'].includes(meta.resourceVersion ?? '')) {
      if (meta.resourceVersion !== oldMeta.resourceVersion) throw newConflict(this.#named(context), name, modifiedText)
    } else if (this.kind.strategy?.allowUnconditionalUpdate === false) {
      const kind = { group: this.kind.group, kind: this.kind.facts.resource }
      throw newInvalid(kind, name, [
        {
          reason: 'FieldValueInvalid',
          field: 'metadata.resourceVersion',
          message: 'Invalid value: 0: must be specified for an update',
        },
      ])
    }
  }

  #specChanged(draft: AnyObject, old: Frozen<AnyObject>): boolean {
    const differs = (object: AnyObject): boolean =>
      [...new Set([...Object.keys(object), ...Object.keys(old)])].some((member) => {
        const counts = !notSpec.has(member) || (member === 'status' && !this.hasStatus)
        return counts && !deepEqual(object[member], old[member])
      })
    // What looks alike is alike; what does not may only be written differently.
    return differs(draft) && differs(this.#canonical(draft))
  }

  /** A copy in the server's own order, without what Go would not print: what is stored and served. */
  #canonical(draft: AnyObject): AnyObject {
    const { metadata } = draft
    const managedFields = metadata?.managedFields
    if (managedFields === undefined) return decodeObject(this.schema, draft).object
    // Field sets are immutable and canonical: versions share them.
    const { object } = decodeObject(this.schema, { ...draft, metadata: { ...metadata, managedFields: undefined } })
    object.metadata!.managedFields = managedFields
    return object
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

/** Subresources that write the status and leave the rest. */
const writesStatusOnly = new Set(['status', 'approval'])
/** Subresources whose writes do not count for metadata.generation. */
const keepsGeneration = new Set([...writesStatusOnly, 'binding'])
/** Members a status update takes from the request; all others stay as they are. */
const statusKeeps = new Set(['apiVersion', 'kind', 'metadata', 'status'])
/** Members that do not count for metadata.generation. */
const notSpec = new Set(['apiVersion', 'kind', 'metadata', 'status'])

const maxUint64 = 2n ** 64n - 1n

/** @throws StatusError 500 in the words of Go's parser, which nobody dresses */
function checkResourceVersionText(text = ''): void {
  if (text === '') return
  const problem = !/^[0-9]+$/.test(text) ? 'invalid syntax' : BigInt(text) > maxUint64 ? 'value out of range' : ''
  if (problem !== '') throw newPlainError(`strconv.ParseUint: parsing ${quote(text)}: ${problem}`)
}

/** The mark itself has changed the version that the client asked for. */
function sinceMarked(request: DeleteRequest, marked: Entry): DeleteRequest {
  if (request.preconditions?.resourceVersion === undefined) return request
  return { ...request, preconditions: { ...request.preconditions, resourceVersion: String(marked.revision) } }
}

function isDeleted(object: Frozen<AnyObject>): boolean {
  return object.metadata?.deletionTimestamp !== undefined
}
