// The conditions of a namespace that is going away: what went wrong and what is left.
// Source: kubernetes pkg/controller/namespace/deletion, namespaceConditionUpdater (v1.36)
import type * as core from '../../api/core.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import { parseResourceName } from '../../apimachinery/gvk.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { findCondition } from '../conditions.ts'

export type NamespaceCondition = Frozen<core.NamespaceCondition>

/** What one pass over the content of a namespace found. */
export interface Findings {
  /** Objects still there, by resource (`configmaps`, `widgets.example.com`); none that are zero. */
  readonly remaining: ReadonlyMap<string, number>
  /** Pods go first; while some are left, the rest is not looked at, and nothing is said of what remains. */
  readonly arePodsLeft: boolean
  /** Objects that carry a finalizer, by finalizer. */
  readonly finalizers: ReadonlyMap<string, number>
  /** Messages of failed deletions. */
  readonly failures: readonly string[]
  /** Why the resources of the server could not be listed. */
  readonly discoveryFailure?: string
}

/** In the order in which they are first set. */
const SUCCESS = [
  ['NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'],
  ['NamespaceDeletionGroupVersionParsingFailure', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
  [
    'NamespaceDeletionContentFailure',
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  ['NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'],
  ['NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
] as const

/** The conditions after a pass; the very same list if nothing changed. */
export function updateConditions(
  present: readonly NamespaceCondition[],
  findings: Findings,
  now: number,
): readonly NamespaceCondition[] {
  const problems = problemsOf(findings)
  let conditions = present
  for (const [type, okReason, okMessage] of SUCCESS) {
    const problem = problems.get(type)
    const status = problem === undefined ? 'False' : 'True'
    const { reason, message } = problem ?? { reason: okReason, message: okMessage }
    const old = findCondition(conditions, type)
    if (old?.status === status && old.reason === reason && old.message === message) continue
    const lastTransitionTime = (old?.status === status ? old.lastTransitionTime : undefined) ?? formatTime(now)
    const condition = { type, status, lastTransitionTime, reason, message }
    conditions =
      old === undefined ? [...conditions, condition] : conditions.map((each) => (each === old ? condition : each))
  }
  return conditions
}

function problemsOf({
  arePodsLeft,
  remaining,
  finalizers,
  failures,
  discoveryFailure,
}: Findings): Map<string, { reason: string; message: string }> {
  const problems = new Map<string, { reason: string; message: string }>()
  if (discoveryFailure !== undefined) {
    problems.set('NamespaceDeletionDiscoveryFailure', { reason: 'DiscoveryFailed', message: discoveryFailure })
  }
  if (failures.length > 0) {
    const list = failures.toSorted().join(', ')
    const message = `Failed to delete all resource types, ${failures.length} remaining: ${list}`
    problems.set('NamespaceDeletionContentFailure', { reason: 'ContentDeletionFailed', message })
  }
  if (remaining.size > 0 && !arePodsLeft) {
    const list = [...remaining].map(([resource, count]) => `${dotted(resource)} has ${count} resource instances`)
    const message = `Some resources are remaining: ${list.sort().join(', ')}`
    problems.set('NamespaceContentRemaining', { reason: 'SomeResourcesRemain', message })
  }
  if (finalizers.size > 0 && !arePodsLeft) {
    const list = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
    const message = `Some content in the namespace has finalizers remaining: ${list.sort().join(', ')}`
    problems.set('NamespaceFinalizersRemaining', { reason: 'SomeFinalizersRemain', message })
  }
  return problems
}

/** `configmaps.`: the dot stands even before an empty group. */
function dotted(resourceName: string): string {
  const { group, resource } = parseResourceName(resourceName)
  return `${resource}.${group}`
}
