// The revisions of a DaemonSet's template, kept as ControllerRevisions.
// Source: kubernetes pkg/controller/daemon/update, constructHistory, snapshot, cleanupHistory (v1.36)
import type * as apps from '../../api/apps.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import { isAlreadyExists } from '../../apimachinery/errors.ts'
import { computeHash } from '../../apimachinery/template-hash/template-hash.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { create, remove, retry, update, updateStatus, type Action } from '../../client/action.ts'
import type { Listers } from '../../client/controller.ts'
import { newControllerRef } from '../owner.ts'
import { isNamespaceTerminating } from '../pod-control.ts'
import type { Pod } from '../pod-status.ts'
import { KIND, REVISION_HASH, type DaemonSet } from './pods.ts'

export type Revision = Frozen<Stored<apps.ControllerRevision>>

export const REVISIONS = 'controllerrevisions.apps'

export interface History {
  readonly current: Revision | undefined
  readonly old: readonly Revision[]
}

/** The newest revision with the template of now, and those with others. */
export function historyOf(set: DaemonSet, revisions: readonly Revision[]): History {
  const ordered = revisions.toSorted((a, b) => a.revision - b.revision)
  const current = ordered.findLast((revision) => matches(set, revision))
  return { current, old: ordered.filter((revision) => !matches(set, revision)) }
}

function snapshotOf(set: DaemonSet): { spec: { template: unknown } } {
  return { spec: { template: { ...set.spec?.template, $patch: 'replace' } } }
}

function matches(set: DaemonSet, revision: Revision): boolean {
  return semanticEqual(revision.data, snapshotOf(set))
}

/** What has to be written before `current` stands for the template of now; undefined if it does. */
export function syncHistory(set: DaemonSet, { current, old }: History, listers: Listers): Action | undefined {
  const revision = Math.max(0, ...old.map((each) => each.revision)) + 1
  if (current === undefined) return snapshot(set, revision, listers)
  return current.revision < revision ? update(REVISIONS, { ...current, revision }) : undefined
}

function snapshot(set: DaemonSet, revision: number, listers: Listers): Action {
  const { namespace = '', annotations } = set.metadata
  const hash = computeHash(set.spec?.template, set.status?.collisionCount)
  const name = `${set.metadata.name}-${hash}`
  const made = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name,
      namespace,
      labels: { ...set.spec?.template.metadata?.labels, [REVISION_HASH]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [newControllerRef(set, KIND)],
    },
    data: snapshotOf(set),
    revision,
  }
  return create(REVISIONS, made, ({ error }) => {
    if (error === undefined || isNamespaceTerminating(error)) return []
    if (!isAlreadyExists(error)) return [retry(error)]
    const taken = listers.of<apps.ControllerRevision>(REVISIONS).get(namespace, name)
    if (taken === undefined || matches(set, taken)) return [retry(error)]
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
