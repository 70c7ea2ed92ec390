// All resources that are served, by group, version and plural name; custom resources join and leave at run time.
import { printGroupResource } from '../apimachinery/errors.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { resources as builtInFacts, typeByName } from '../../openapi/index.ts'
import type { ResourceFacts, StructSchema } from '../../openapi/schema.ts'
import type { Store } from '../storage/store.ts'
import type { KindBehaviour, KindDefinition } from './kind.ts'
import { resourcePrefix } from './keys.ts'
import { ResourceStore } from './store.ts'
import type { Allocator } from './writes.ts'

/** A resource as it is served in one version. Several versions may share one store. */
export interface Resource {
  readonly kind: KindDefinition
  readonly facts: ResourceFacts
  readonly schema: StructSchema
  /** Absent for kinds that are only ever computed (reviews, component statuses). */
  readonly store: ResourceStore | undefined
  /** Present where another version is stored. */
  readonly toStored?: (object: AnyObject) => AnyObject
  readonly fromStored?: (object: AnyObject) => AnyObject
  /** The version that is stored, though what is stored may be older: it is brought to what the version is now. */
  readonly isStorageVersion?: boolean
}

/** Kinds that are answered, never stored. */
const virtualKinds = new Set([
  'Binding',
  'ComponentStatus',
  'TokenReview',
  'SelfSubjectReview',
  'SubjectAccessReview',
  'LocalSubjectAccessReview',
  'SelfSubjectAccessReview',
  'SelfSubjectRulesReview',
])

export class Resources {
  readonly #byName = new Map<string, Resource>()
  #byGroupResource: Map<string, Resource> | undefined
  #groups: Set<string> | undefined
  readonly #listeners = new Set<() => void>()

  /**
   * @param kinds behaviour of the built-in kinds
   * @param allocators by storage name, `services`
   */
  constructor(
    store: Store,
    kinds: readonly KindBehaviour<AnyObject>[],
    allocators: Readonly<Record<string, Allocator>>,
  ) {
    const behaviours = new Map(kinds.map((kind) => [`${kind.group}/${kind.version}/${kind.kind}`, kind]))
    for (const facts of builtInFacts) {
      const behaviour = behaviours.get(`${facts.group}/${facts.version}/${facts.kind}`)
      const kind: KindDefinition = {
        ...(behaviour ?? { group: facts.group, version: facts.version, kind: facts.kind }),
        facts,
      }
      const schema = typeByName(facts.type) as StructSchema
      if (virtualKinds.has(facts.kind)) {
        this.#byName.set(nameOf(facts), { kind, facts, schema, store: undefined })
        continue
      }
      if (kind.storedAs !== undefined) {
        // Holds the place in discovery order; completed below, when the stored version is there.
        this.#byName.set(nameOf(facts), { kind, facts, schema, store: undefined })
        continue
      }
      const allocator = facts.group === '' ? allocators[facts.resource] : undefined
      const prefix = resourcePrefix(facts.group, facts.resource)
      const resourceStore = new ResourceStore({
        store,
        kind,
        schema,
        prefix,
        ...(allocator === undefined ? {} : { allocator }),
      })
      this.#byName.set(nameOf(facts), { kind, facts, schema, store: resourceStore })
    }
    for (const facts of builtInFacts) {
      const kind = behaviours.get(`${facts.group}/${facts.version}/${facts.kind}`)
      if (kind?.storedAs === undefined) continue
      const { group, version, toStored, fromStored } = kind.storedAs
      const stored = this.get(group, version, facts.resource)
      if (stored?.store === undefined)
        throw new Error(`${facts.resource}.${facts.group} is stored as ${group}/${version}, which is not served`)
      const schema = typeByName(facts.type) as StructSchema
      this.#byName.set(nameOf(facts), {
        kind: { ...kind, facts },
        facts,
        schema,
        store: stored.store,
        toStored,
        fromStored,
      })
    }
  }

  get(group: string, version: string, resource: string): Resource | undefined {
    return this.#byName.get(`${group}/${version}/${resource}`)
  }

  /** By plural name and group, `deployments.apps`, in the version that is stored. */
  byName(name: string): Resource | undefined {
    this.#byGroupResource ??= new Map(
      this.all()
        .filter((one) => one.fromStored === undefined || one.isStorageVersion === true)
        .map((one) => [printGroupResource({ group: one.facts.group, resource: one.facts.resource }), one]),
    )
    return this.#byGroupResource.get(name)
  }

  /** In discovery order. */
  all(): Resource[] {
    return [...this.#byName.values()]
  }

  /** Whether any version of the group is served. */
  hasGroup(group: string): boolean {
    this.#groups ??= new Set(this.all().map(({ facts }) => facts.group))
    return this.#groups.has(group)
  }

  add(resource: Resource): void {
    this.#byName.set(nameOf(resource.facts), resource)
    this.#changed()
  }

  remove(group: string, version: string, resource: string): void {
    if (this.#byName.delete(`${group}/${version}/${resource}`)) this.#changed()
  }

  #changed(): void {
    this.#byGroupResource = undefined
    this.#groups = undefined
    for (const listener of this.#listeners) listener()
  }

  /** Called whenever a resource joins or leaves: discovery documents are made anew. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }
}

function nameOf(facts: ResourceFacts): string {
  return `${facts.group}/${facts.version}/${facts.resource}`
}
