// The revisions of a DaemonSet's template, kept as ControllerRevisions.
// Source: kubernetes pkg/controller/daemon/update, constructHistory, snapshot, cleanupHistory (v1.36)
import type * as apps from '../../api/apps.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { isAlreadyExists } from '../../apimachinery/errors.ts'
import { computeHash } from '../../apimachinery/template-hash/template-hash.ts'
import { create, remove, retry, update, updateStatus, type Action } from '../../client/action.ts'
import type { Listers } from '../../client/controller.ts'
import { newRevision, nextRevision, REVISIONS, templatePatch, type Revision } from '../history.ts'
import { isNamespaceTerminating } from '../pod-control.ts'
import type { Pod } from '../pod-status.ts'
import { KIND, REVISION_HASH, type DaemonSet } from './pods.ts'

export interface History {
  readonly current: Revision | undefined
  readonly old: readonly Revision[]
}

/** The newest revision with the template of now, and those with others. @param revisions oldest first */
export function historyOf(set: DaemonSet, revisions: readonly Revision[]): History {
  const wanted = templatePatch(set.spec?.template)
  const current = revisions.findLast((revision) => deepEqual(revision.data, wanted))
  return { current, old: revisions.filter((revision) => !deepEqual(revision.data, wanted)) }
}

/** What has to be written before `current` stands for the template of now; undefined if it does. */
export function syncHistory(set: DaemonSet, { current, old }: History, listers: Listers): Action | undefined {
  const revision = nextRevision(old)
  if (current === undefined) return snapshot(set, revision, listers)
  return current.revision < revision ? update(REVISIONS, { ...current, revision }) : undefined
}

function snapshot(set: DaemonSet, revision: number, listers: Listers): Action {
  const hash = computeHash(set.spec?.template, set.status?.collisionCount)
  const made = newRevision(set, KIND, { hash, hashLabel: REVISION_HASH, revision })
  return create(REVISIONS, made, ({ error }) => {
    if (error === undefined || isNamespaceTerminating(error)) return []
    if (!isAlreadyExists(error)) return [retry(error)]
    const taken = listers.of<apps.ControllerRevision>(REVISIONS).get(set.metadata.namespace, made.metadata.name)
    if (taken === undefined || deepEqual(taken.data, made.data)) return [retry(error)]
    const collisionCount = (set.status?.collisionCount ?? 0) + 1
    return [updateStatus('daemonsets.apps', { ...set, status: { ...set.status, collisionCount } }), retry(error)]
  })
}

/** Deletes the oldest revisions beyond the limit that no pod is of. */
export function cleanUpHistory(set: DaemonSet, { old }: History, pods: readonly Pod[]): readonly Action[] {
  const surplus = old.length - (set.spec?.revisionHistoryLimit ?? 10)
  if (surplus <= 0) return []
  const live = new Set(pods.map((pod) => pod.metadata.labels?.[REVISION_HASH]))
  return old
    .filter((revision) => !live.has(revision.metadata.labels?.[REVISION_HASH]))
    .slice(0, surplus)
    .map((revision) => remove(REVISIONS, revision))
}
