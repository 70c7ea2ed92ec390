// The revisions of a StatefulSet: the one its pods come from, the one they go to, and those kept to go back to.
// Source: kubernetes pkg/controller/statefulset, getStatefulSetRevisions, truncateHistory (v1.36)
import type * as apps from '../../api/apps.ts'
import type * as core from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { isAlreadyExists } from '../../apimachinery/errors.ts'
import { hashControllerRevision } from '../../apimachinery/template-hash/template-hash.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { create, remove, update, type Action } from '../../client/action.ts'
import type { Listers } from '../../client/controller.ts'
import {
  dataText,
  newRevision,
  nextRevision,
  revisionName,
  REVISIONS,
  templatePatch,
  type Revision,
} from '../history.ts'
import { isNamespaceTerminating } from '../pod-control.ts'
import type { Pod } from '../pod-status.ts'
import { KIND, revisionOf, type StatefulSet } from './identity.ts'

const HASH = 'controller.kubernetes.io/hash'

export interface Revisions {
  /** What pods are made from that are not to be updated yet. */
  readonly current: Revision
  /** That of the template of now. */
  readonly update: Revision
  /** How often the name of a revision was taken by another one. */
  readonly collisionCount: number
}

type Found = (revisions: Revisions | undefined, error?: Error) => readonly Action[]

/** Finds the revision of the template of now, renews or creates it. @param known oldest first */
export function withRevisions(
  set: StatefulSet,
  known: readonly Revision[],
  listers: Listers,
  next: Found,
): readonly Action[] {
  const wanted = templatePatch(set.spec?.template)
  const equal = known.findLast(({ data }) => deepEqual(data, wanted))
  const { currentRevision, collisionCount = 0 } = set.status ?? {}
  const found = (revision: Revision, collisions = collisionCount): readonly Action[] => {
    const current = known.find(({ metadata }) => metadata.name === currentRevision) ?? revision
    return next({ current, update: revision, collisionCount: collisions })
  }
  if (equal === undefined) return createRevision(set, nextRevision(known), collisionCount, listers, found, next)
  if (equal === known.at(-1)) return found(equal)
  // Back to a former template: its revision becomes the newest.
  return [
    update(REVISIONS, { ...equal, revision: nextRevision(known) }, ({ object, error }) =>
      error === undefined ? found(object as Revision) : next(undefined, error),
    ),
  ]
}

function createRevision(
  set: StatefulSet,
  revision: number,
  collisionCount: number,
  listers: Listers,
  found: (revision: Revision, collisionCount: number) => readonly Action[],
  next: Found,
): readonly Action[] {
  const text = dataText(templatePatch(set.spec?.template))
  const hash = hashControllerRevision(text, collisionCount)
  const made = newRevision(set, KIND, { hash, hashLabel: HASH, revision })
  const createAs = (collisions: number): readonly Action[] => {
    const name = revisionName(set, hashControllerRevision(text, collisions))
    return [
      create(REVISIONS, { ...made, metadata: { ...made.metadata, name } }, ({ object, error }) => {
        if (error === undefined) return found(object as Revision, collisions)
        if (isNamespaceTerminating(error)) return []
        if (!isAlreadyExists(error)) return next(undefined, error)
        const taken = listers.of<apps.ControllerRevision>(REVISIONS).get(set.metadata.namespace, name)
        if (taken === undefined) return next(undefined, error)
        return deepEqual(taken.data, made.data) ? found(taken, collisions) : createAs(collisions + 1)
      }),
    ]
  }
  return createAs(collisionCount)
}

/** The template that a revision keeps. */
export function templateOf({ data }: Revision): Frozen<core.PodTemplateSpec> {
  const { spec } = data as {
    readonly spec?: { readonly template?: Frozen<core.PodTemplateSpec> & { $patch?: string } }
  }
  const { $patch: _directive, ...template } = spec?.template ?? {}
  return template
}

/** Deletes the oldest revisions beyond the limit that nothing needs. @param known oldest first */
export function truncateHistory(
  set: StatefulSet,
  known: readonly Revision[],
  pods: readonly Pod[],
  revisions: Revisions | undefined,
): readonly Action[] {
  const needed = new Set(pods.map(revisionOf))
  for (const revision of [revisions?.current, revisions?.update])
    if (revision !== undefined) needed.add(revision.metadata.name)
  const history = known.filter(({ metadata }) => !needed.has(metadata.name))
  const limit = set.spec?.revisionHistoryLimit ?? 10
  if (limit < 0 || history.length <= limit) return []
  return history.slice(0, history.length - limit).map((revision) => remove(REVISIONS, revision))
}
