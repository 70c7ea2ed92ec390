// ControllerRevisions: the past templates of DaemonSets and StatefulSets, to go back to.
// Source: kubernetes pkg/controller/history (v1.36)
import type * as apps from '../api/apps.ts'
import type * as core from '../api/core.ts'
import { escapeHTML } from '../apimachinery/escape-html.ts'
import { sortKeys } from '../apimachinery/field.ts'
import type { Selector } from '../apimachinery/selectors.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import type { Listers } from '../client/controller.ts'
import { claim, newControllerRef, type Claim, type GroupVersionKind } from './owner.ts'

export type Revision = Frozen<Stored<apps.ControllerRevision>>
/** One that is still to be created. */
export type NewRevision = Frozen<apps.ControllerRevision> & { readonly metadata: { readonly name: string } }

type WithHistory = Frozen<Stored<apps.DaemonSet | apps.StatefulSet>>

export const REVISIONS = 'controllerrevisions.apps'

/** What fits into a name beside a hash. */
const MAX_PREFIX_LENGTH = 223

/** The revisions of a set, oldest first. The watch needs the index `orphans`. */
export function claimRevisions(
  set: WithHistory,
  kind: GroupVersionKind,
  selector: Selector,
  listers: Listers,
): Claim<Revision> {
  const revisions = listers.of<apps.ControllerRevision>(REVISIONS)
  const candidates = [
    ...revisions.byIndex('owner', set.metadata.uid),
    ...revisions.byIndex('orphans', set.metadata.namespace ?? ''),
  ]
  const { claimed, actions } = claim(REVISIONS, set, kind, selector, candidates)
  return { claimed: claimed.toSorted(byRevision), actions }
}

function byRevision(a: Revision, b: Revision): number {
  if (a.revision !== b.revision) return a.revision - b.revision
  const [timeA, timeB] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp]
  if (timeA !== timeB) return timeA < timeB ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : 1
}

/** The patch that brings a template back, with its members in the order in which it is hashed. */
export function templatePatch(template: Frozen<core.PodTemplateSpec> | undefined): unknown {
  return sortKeys({ spec: { template: { ...template, $patch: 'replace' } } })
}

/** The text of a revision's data as Go writes it, which hashes are made of. */
export function dataText(data: unknown): string {
  return escapeHTML(JSON.stringify(data))
}

/** @param revisions oldest first */
export function nextRevision(revisions: readonly Revision[]): number {
  return (revisions.at(-1)?.revision ?? 0) + 1
}

export function revisionName(set: WithHistory, hash: string): string {
  return `${set.metadata.name.slice(0, MAX_PREFIX_LENGTH)}-${hash}`
}

/** A revision for the template of now. @param hashLabel under which label the hash is kept */
export function newRevision(
  set: WithHistory,
  kind: GroupVersionKind,
  { hash, hashLabel, revision }: { hash: string; hashLabel: string; revision: number },
): NewRevision {
  const { namespace = '', annotations } = set.metadata
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: revisionName(set, hash),
      namespace,
      labels: { ...set.spec?.template.metadata?.labels, [hashLabel]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [newControllerRef(set, kind)],
    },
    data: templatePatch(set.spec?.template) as object,
    revision,
  }
}
