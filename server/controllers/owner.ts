// Owner references: who controls what, and taking over or letting go of what a selector matches or no longer does.
// Source: kubernetes pkg/controller/controller_ref_manager (v1.36)
import { deepEqual } from '../apimachinery/equality.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import { labelSelectorAsSelector, nothing, type Selector } from '../apimachinery/selectors.ts'
import type { Frozen, KubeObject, LabelSelector, OwnerReference, Stored } from '../apimachinery/types.ts'
import { patch, retry, type Outcome, type PatchAction } from '../client/action.ts'
import type { ResourceName, WatchEvent } from '../client/client.ts'
import { keyOf, type Lister } from '../client/indexer.ts'

export interface GroupVersionKind {
  readonly apiVersion: string
  readonly kind: string
}

type StoredObject = Frozen<Stored<KubeObject>>

export function controllerOf(object: Frozen<KubeObject>): Frozen<OwnerReference> | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true)
}

export function newControllerRef(owner: StoredObject, { apiVersion, kind }: GroupVersionKind): OwnerReference {
  const { name, uid } = owner.metadata
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
}

const selectors = new WeakMap<object, Selector>()

/** The selector of an object, compiled once per version of it; one that is missing or invalid matches nothing. */
export function selectorOf(selector: Frozen<LabelSelector> | undefined): Selector {
  if (selector === undefined) return nothing
  let compiled = selectors.get(selector)
  if (compiled === undefined) {
    try {
      compiled = labelSelectorAsSelector(selector as LabelSelector)
    } catch {
      compiled = nothing
    }
    selectors.set(selector, compiled)
  }
  return compiled
}

/** Index value under which objects without a controller are found, by namespace. */
export function indexOrphans(object: StoredObject): readonly string[] {
  return controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : []
}

export interface Claim<T> {
  /** What the owner controls, with what it is about to adopt. */
  readonly claimed: readonly T[]
  /** Adoptions and releases. */
  readonly actions: readonly PatchAction[]
}

/**
 * Takes over orphans that the selector matches, lets go of controlled objects that it does not, ignores what others
 * control. An owner that is being deleted takes and leaves nothing. `candidates`: of the owner's namespace. `isMember`:
 * what must hold of an object besides its labels. `finalizer`: comes with adoption and goes with release.
 */
export function claim<T extends StoredObject>(
  resource: ResourceName,
  owner: StoredObject,
  kind: GroupVersionKind,
  selector: Selector,
  candidates: readonly T[],
  isMember: (object: T) => boolean = () => true,
  finalizer?: string,
): Claim<T> {
  const deleting = owner.metadata.deletionTimestamp !== undefined
  const claimed: T[] = []
  const actions: PatchAction[] = []
  for (const object of candidates) {
    const controller = controllerOf(object)
    const matches = selector.matches(object.metadata.labels) && isMember(object)
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue
      if (matches) claimed.push(object)
      else if (!deleting) actions.push(releasePatch(resource, object, owner.metadata.uid, finalizer))
    } else if (matches && !deleting && object.metadata.deletionTimestamp === undefined) {
      claimed.push(object)
      actions.push(adoptPatch(resource, object, newControllerRef(owner, kind), finalizer))
    }
  }
  return { claimed, actions }
}

function adoptPatch(
  resource: ResourceName,
  object: StoredObject,
  reference: OwnerReference,
  finalizer: string | undefined,
): PatchAction {
  const finalizers = finalizer === undefined ? {} : { finalizers: [finalizer] }
  const body = { metadata: { ownerReferences: [reference], uid: object.metadata.uid, ...finalizers } }
  return patch(resource, object, 'application/strategic-merge-patch+json', body, { then: ignoreGone })
}

function releasePatch(
  resource: ResourceName,
  object: StoredObject,
  ownerUid: string,
  finalizer: string | undefined,
): PatchAction {
  const ownerReferences = [{ $patch: 'delete', uid: ownerUid }]
  const finalizers = finalizer === undefined ? {} : { '$deleteFromPrimitiveList/finalizers': [finalizer] }
  const body = { metadata: { uid: object.metadata.uid, ownerReferences, ...finalizers } }
  // Invalid: the uid is another one, or the reference is gone already.
  const then: PatchAction['then'] = (outcome) => (outcome.error?.reason === 'Invalid' ? [] : ignoreGone(outcome))
  return patch(resource, object, 'application/strategic-merge-patch+json', body, { then })
}

function ignoreGone({ error }: Outcome): ReturnType<NonNullable<PatchAction['then']>> {
  return error === undefined || isNotFound(error) ? [] : [retry(error)]
}

/** Keys of the owners in a namespace whose selector matches an orphan: one of them may want it. */
function ownersOfOrphan<T extends KubeObject>(
  orphan: StoredObject,
  owners: Lister<T>,
  selector: (owner: Frozen<Stored<T>>) => Selector,
): string[] {
  const { namespace, labels } = orphan.metadata
  if (namespace === undefined || labels === undefined) return []
  return owners
    .list(namespace)
    .filter((owner) => {
      const wanted = selector(owner)
      return !wanted.empty && wanted.matches(labels)
    })
    .map(keyOf)
}

const keyOfController = ({ metadata }: StoredObject, { name }: Frozen<OwnerReference>): string =>
  `${metadata.namespace ?? ''}/${name}`

/**
 * Keys that an event about a possible dependent brings to owners of `kind`: those of its controller before and after;
 * for an orphan that is new, or whose labels or controller changed, those of all owners that may want it.
 */
export function ownerKeys<T extends KubeObject>(
  { type, object, old }: WatchEvent,
  kind: string,
  owners: Lister<T>,
  selector: (owner: Frozen<Stored<T>>) => Selector,
): Iterable<string> {
  const controller = controllerOf(object)
  const before = old === undefined ? undefined : controllerOf(old)
  // Most dependents stay with whom they have.
  if (controller !== undefined && (old === undefined || before?.uid === controller.uid))
    return controller.kind === kind ? [keyOfController(object, controller)] : []
  const keys = new Set<string>()
  if (old !== undefined && before?.kind === kind) keys.add(keyOfController(old, before))
  if (controller?.kind === kind) keys.add(keyOfController(object, controller))
  const orphan = controller === undefined && type !== 'DELETED'
  const relabelled = old === undefined || !deepEqual(old.metadata.labels, object.metadata.labels) || keys.size > 0
  if (orphan && relabelled) for (const key of ownersOfOrphan(object, owners, selector)) keys.add(key)
  return keys
}
