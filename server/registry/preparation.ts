// What a store makes of an object before it is written: what the server sets, what the kind sets, and whether it is valid.
// Source: staging/src/k8s.io/apiserver/pkg/registry/rest, BeforeCreate, BeforeUpdate (v1.36)
import { randomUUID } from 'node:crypto'
import { formatTime } from '../apimachinery/clock.ts'
import { copy, deepEqual } from '../apimachinery/equality.ts'
import { newInvalid, type GroupResource } from '../apimachinery/errors.ts'
import type { FieldError } from '../apimachinery/field.ts'
import type { AnyObject, Frozen, ObjectMeta } from '../apimachinery/types.ts'
import type { StructSchema } from '../../openapi/schema.ts'
import { canonicalObject } from './canonical.ts'
import type { KindDefinition, StatusStrategy } from './kind.ts'
import { metadataRulesOf, type MetadataRules } from './metadata-rules.ts'
import type { Subject, WriteContext } from './writes.ts'

/** Subresources that write the status and leave the rest. */
const writesStatusOnly = new Set(['status', 'approval'])
/** Subresources whose writes do not count for metadata.generation. */
const keepsGeneration = new Set([...writesStatusOnly, 'binding'])
/** Members a status update takes from the request, all others stay as they are; and that do not count for metadata.generation. */
const notSpec = new Set(['apiVersion', 'kind', 'metadata', 'status'])

export class Preparation {
  readonly #kind: KindDefinition
  readonly #schema: StructSchema
  readonly #groupResource: GroupResource
  readonly #hasStatus: boolean
  /** By the group that requests name. */
  readonly #rules = new Map<string, MetadataRules>()

  constructor({ kind, schema, groupResource }: Subject) {
    this.#kind = kind
    this.#schema = schema
    this.#groupResource = groupResource
    this.#hasStatus = kind.facts.subresources.some((one) => one.name === 'status')
  }

  /** @throws StatusError 422 */
  beforeCreate(draft: AnyObject, context: WriteContext): void {
    const meta: ObjectMeta = (draft.metadata ??= {})
    if (this.#kind.facts.namespaced) meta.namespace = context.namespace
    else delete meta.namespace
    delete meta.deletionTimestamp
    delete meta.deletionGracePeriodSeconds
    delete meta.selfLink
    delete meta.resourceVersion
    meta.uid = randomUUID()
    meta.creationTimestamp = formatTime(context.now)
    if (this.#kind.generation === true) meta.generation = 1
    if (this.#hasStatus && this.#kind.strategy?.keepsStatusOnCreate !== true) delete draft['status']
    this.#kind.strategy?.prepareForCreate?.(draft, context)
    const rules = this.#rulesFor(context)
    let errors = [...rules.validateCreation(meta), ...(this.#kind.strategy?.validate?.(draft, context) ?? [])]
    if (errors.length === 0) errors = rules.validateAnyCreation(meta)
    if (errors.length > 0) throw newInvalid(this.#kind, meta.name ?? '', errors)
    for (const warning of this.#kind.strategy?.warnings?.(draft, undefined) ?? []) context.warn(warning)
  }

  /**
   * @param subresource '' for the resource itself
   * @throws StatusError 422
   */
  beforeUpdate(draft: AnyObject, old: Frozen<AnyObject>, context: WriteContext, subresource: string): void {
    const meta: ObjectMeta = (draft.metadata ??= {})
    const oldMeta = old.metadata!
    const name = oldMeta.name!
    const rules = this.#rulesFor(context)
    if (this.#kind.facts.namespaced) meta.namespace ??= context.namespace
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
      for (const member of Object.keys(draft)) if (!notSpec.has(member)) delete draft[member]
      for (const [member, value] of Object.entries(old)) if (!notSpec.has(member)) draft[member] = value
      if (subresource === 'status') rules.keepInStatus(meta, oldMeta)
      this.#statusStrategy(subresource)?.prepareForUpdate?.(draft, old as AnyObject, context)
    } else if (subresource === '') {
      if (this.#hasStatus) {
        if (old['status'] === undefined) delete draft['status']
        else draft['status'] = copy(old['status'])
      }
      this.#kind.strategy?.prepareForUpdate?.(draft, old as AnyObject, context)
    } else this.#kind.subresources?.[subresource]?.prepareForUpdate?.(draft, old as AnyObject, context)
    if (this.#kind.generation === true && !keepsGeneration.has(subresource) && this.#specChanged(draft, old)) {
      meta.generation = (oldMeta.generation ?? 0) + 1
    }
    const found = rules.validateUpdate(meta, oldMeta, subresource)
    const { common, change } = this.#validateUpdate(draft, old, context, subresource)
    const errors = [...found.byRegistry, ...found.whole, ...common, ...found.changed, ...change]
    if (errors.length > 0) throw newInvalid(this.#kind, name, errors)
    const source = subresource === '' ? this.#kind.strategy : subresource === 'status' ? this.#kind.status : undefined
    for (const warning of source?.warnings?.(draft, old as AnyObject) ?? []) context.warn(warning)
  }

  #statusStrategy(subresource: string): StatusStrategy<AnyObject> | undefined {
    return subresource === 'approval' ? this.#kind.approval : this.#kind.status
  }

  #validateUpdate(
    draft: AnyObject,
    old: Frozen<AnyObject>,
    context: WriteContext,
    subresource: string,
  ): { readonly common: readonly FieldError[]; readonly change: readonly FieldError[] } {
    if (subresource === 'binding') return { common: [], change: [] }
    const { strategy, subresources } = this.#kind
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

  #specChanged(draft: AnyObject, old: Frozen<AnyObject>): boolean {
    const counts = (member: string): boolean => !notSpec.has(member) || (member === 'status' && !this.#hasStatus)
    const differs = (object: AnyObject): boolean =>
      Object.keys(object).some((member) => counts(member) && !deepEqual(object[member], old[member])) ||
      Object.keys(old).some((member) => counts(member) && object[member] === undefined && old[member] !== undefined)
    // What looks alike is alike; what does not may only be written differently.
    return differs(draft) && differs(canonicalObject(this.#schema, draft, old))
  }

  #rulesFor(context: WriteContext): MetadataRules {
    const named = context.groupResource ?? this.#groupResource
    let rules = this.#rules.get(named.group)
    if (rules === undefined) {
      rules = metadataRulesOf(this.#kind, named)
      this.#rules.set(named.group, rules)
    }
    return rules
  }
}
