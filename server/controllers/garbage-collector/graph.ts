// Who depends on whom, over all resources: kept up to date from events, asked in constant time.
// Source: kubernetes pkg/controller/garbagecollector, GraphBuilder (v1.36)
import type { Frozen, KubeObject, OwnerReference, Stored } from '../../apimachinery/types.ts'
import type { ResourceName, WatchEvent } from '../../client/client.ts'

export type StoredObject = Frozen<Stored<KubeObject>>

export const FOREGROUND_FINALIZER = 'foregroundDeletion'
export const ORPHAN_FINALIZER = 'orphan'

/** One observed object. */
export interface Node {
  readonly resource: ResourceName
  readonly object: StoredObject
}

/** What is to be looked at after a change. */
export interface Work {
  /** May have lost its owners, or waits for its dependents. */
  readonly check: readonly Node[]
  /** Shall be deleted without its dependents. */
  readonly orphan: readonly Node[]
}

export class Graph {
  readonly #nodes = new Map<string, Node>()
  /** Uids of dependents by uid of the owner, whether that was observed or not. */
  readonly #dependents = new Map<string, Set<string>>()

  node(uid: string): Node | undefined {
    return this.#nodes.get(uid)
  }

  dependentsOf(uid: string): readonly Node[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#nodes.get(dependent) ?? [])
  }

  apply(resource: ResourceName, { type, object, old }: WatchEvent): Work {
    const before = old ?? this.#nodes.get(object.metadata.uid)?.object
    if (type === 'DELETED') return this.#remove(resource, before ?? object)
    // The same name with another uid: what was there is gone.
    const replaced =
      before !== undefined && before.metadata.uid !== object.metadata.uid ? this.#remove(resource, before) : nothing
    const known = replaced === nothing ? before : undefined
    const node = { resource, object }
    this.#nodes.set(object.metadata.uid, node)
    this.#link(object, known)
    return join(replaced, this.#afterChange(node, known))
  }

  #remove(resource: ResourceName, object: StoredObject): Work {
    const { uid } = object.metadata
    if (!this.#nodes.delete(uid)) return nothing
    this.#link({ ...object, metadata: { ...object.metadata, ownerReferences: [] } }, object)
    return { check: [...this.dependentsOf(uid), ...this.#waitingOwners({ resource, object })], orphan: [] }
  }

  #link(object: StoredObject, before: StoredObject | undefined): void {
    const { uid, ownerReferences = [] } = object.metadata
    for (const reference of before?.metadata.ownerReferences ?? []) {
      if (ownerReferences.some((each) => each.uid === reference.uid)) continue
      const dependents = this.#dependents.get(reference.uid)
      dependents?.delete(uid)
      if (dependents?.size === 0) this.#dependents.delete(reference.uid)
    }
    for (const { uid: owner } of ownerReferences) {
      const dependents = this.#dependents.get(owner)
      if (dependents === undefined) this.#dependents.set(owner, new Set([uid]))
      else dependents.add(uid)
    }
  }

  #afterChange(node: Node, before: StoredObject | undefined): Work {
    const { object } = node
    const check: Node[] = []
    const orphan: Node[] = []
    if (isOrphaning(object) && (before === undefined || !isOrphaning(before))) orphan.push(node)
    if (waitsForDependents(object)) {
      check.push(node)
      if (before === undefined || !waitsForDependents(before)) check.push(...this.dependentsOf(object.metadata.uid))
    }
    const { ownerReferences = [] } = object.metadata
    if (before?.metadata.ownerReferences !== object.metadata.ownerReferences) {
      // Owners that were let go, or no longer blocked, may have waited for just that.
      if (before !== undefined) check.push(...this.#waitingOwners({ resource: node.resource, object: before }))
      const orphaned = ownerReferences.some(
        ({ uid }) => !this.#nodes.has(uid) || waitsForDependents(this.#nodes.get(uid)?.object),
      )
      if (orphaned) check.push(node)
    }
    return { check, orphan }
  }

  /** Observed owners of an object that wait for their dependents to go. */
  #waitingOwners({ object }: Node): Node[] {
    return (object.metadata.ownerReferences ?? []).flatMap(({ uid }) => {
      const owner = this.#nodes.get(uid)
      return owner !== undefined && waitsForDependents(owner.object) ? [owner] : []
    })
  }
}

const nothing: Work = { check: [], orphan: [] }

function join(a: Work, b: Work): Work {
  return a === nothing ? b : { check: [...a.check, ...b.check], orphan: [...a.orphan, ...b.orphan] }
}

/** In foreground deletion: goes when no dependent blocks it any more. */
export function waitsForDependents(object: StoredObject | undefined): boolean {
  const { deletionTimestamp, finalizers = [] } = object?.metadata ?? {}
  return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND_FINALIZER)
}

function isOrphaning(object: StoredObject): boolean {
  const { deletionTimestamp, finalizers = [] } = object.metadata
  return deletionTimestamp !== undefined && finalizers.includes(ORPHAN_FINALIZER)
}

export function blocks(dependent: StoredObject, ownerUid: string): boolean {
  return (
    dependent.metadata.ownerReferences?.some((each) => each.uid === ownerUid && each.blockOwnerDeletion === true) ===
    true
  )
}

export function withoutOwners(object: StoredObject, uids: ReadonlySet<string>): readonly Frozen<OwnerReference>[] {
  return (object.metadata.ownerReferences ?? []).filter(({ uid }) => !uids.has(uid))
}
