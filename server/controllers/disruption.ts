// PodDisruptionBudgets: how many of the pods they protect may be evicted now.
// Left out: controllers of custom kinds with a scale subresource; budgets over their pods report SyncFailed.
// Source: kubernetes pkg/controller/disruption (v1.36)
import type * as apps from '../api/apps.ts'
import type * as core from '../api/core.ts'
import type * as policy from '../api/policy.ts'
import { formatTime } from '../apimachinery/clock.ts'
import type { Frozen, KubeObject, LabelSelector, OwnerReference, Stored } from '../apimachinery/types.ts'
import { event, requeueAfter, retry, updateStatus, type Action } from '../client/action.ts'
import type { WatchEvent } from '../client/client.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { subjectOf } from '../client/events.ts'
import { keyOf, splitKey } from '../client/indexer.ts'
import { findCondition, nonZero, withoutCondition } from './conditions.ts'
import { scaledValue } from './int-or-percent.ts'
import { controllerOf, selectorOf } from './owner.ts'
import { isPodReady, timeOf, type Pod } from './pod-status.ts'

type Condition = Frozen<NonNullable<policy.PodDisruptionBudgetStatus['conditions']>>[number]
type Budget = Frozen<Stored<policy.PodDisruptionBudget>>

const RESOURCE = 'poddisruptionbudgets.policy'
/** A pod that was evicted counts as disrupted until it is gone, at most so long. */
const DELETION_TIMEOUT_MS = 120_000

export const disruption = defineController({
  name: 'disruption-controller',
  eventSource: 'controllermanager',
  watches: [
    { resource: RESOURCE, enqueue: 'self' },
    { resource: 'pods', enqueue: budgetsOfPod },
    ...['deployments.apps', 'replicasets.apps', 'statefulsets.apps', 'replicationcontrollers'].map((resource) => ({
      resource,
      enqueue: budgetsOfScale,
    })),
  ],
  reconcile,
})

function budgetsOfPod({ object, old }: WatchEvent, listers: Listers): Iterable<string> {
  const versions = old === undefined ? [object] : [old, object]
  const budgets = listers.of<policy.PodDisruptionBudget>(RESOURCE).list(object.metadata.namespace)
  return budgets.filter((budget) => versions.some((pod) => matcher(budget).matches(pod.metadata.labels))).map(keyOf)
}

/** A change of size changes what is expected; which budgets that concerns is told by the pods, seldom enough to ask all. */
function budgetsOfScale({ object, old }: WatchEvent, listers: Listers): Iterable<string> {
  const replicas = (of: unknown): unknown => (of as { spec?: { replicas?: number } } | undefined)?.spec?.replicas
  if (old !== undefined && replicas(old) === replicas(object)) return []
  return listers.of(RESOURCE).list(object.metadata.namespace).map(keyOf)
}

/** An empty selector matches every pod of the namespace, none at all matches nothing. */
function matcher({ spec }: Budget): ReturnType<typeof selectorOf> {
  return selectorOf(spec?.selector)
}

function reconcile(key: string, listers: Listers, now: number): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const budget = listers.of<policy.PodDisruptionBudget>(RESOURCE).get(namespace, name)
  if (budget === undefined) return []
  const selector = matcher(budget)
  const pods = listers
    .of<core.Pod>('pods')
    .list(namespace)
    .filter((pod) => selector.matches(pod.metadata.labels))
  const subject = subjectOf(budget, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' })
  const actions: Action[] = []
  if (pods.length === 0) actions.push(event(subject, 'Normal', 'NoPods', 'No matching pods found'))
  const counts = expectedPods(budget, pods, listers)
  if (counts instanceof Error) {
    const message = `Failed to calculate the number of expected pods: ${counts.message}`
    return [
      ...actions,
      event(subject, 'Warning', 'CalculateExpectedPodCountFailed', message),
      failSafe(budget, counts, now),
      retry(counts),
    ]
  }
  if (counts.unmanaged) {
    const message =
      `Pods selected by this PodDisruptionBudget (selector: ${goSelector(budget.spec?.selector)}) were found ` +
      'to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ' +
      'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
    actions.push(event(subject, 'Warning', 'UnmanagedPods', message))
  }
  const disrupted = disruptedPods(budget, pods, now)
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined && disrupted[pod.metadata.name] === undefined && isPodReady(pod),
  )
  const status = calculateStatus(budget, counts, healthy.length, disrupted, now)
  actions.push(updateStatus(RESOURCE, { ...budget, status }))
  const deadlines = Object.values(disrupted).map((time) => (timeOf(time) ?? 0) + DELETION_TIMEOUT_MS)
  if (deadlines.length > 0) actions.push(requeueAfter(Math.min(...deadlines) - now + 1))
  return actions
}

interface Counts {
  readonly expected: number
  readonly desired: number
  readonly unmanaged: boolean
}

/** @returns an Error when a pod's controller cannot tell how many it wants */
function expectedPods({ spec }: Budget, pods: readonly Pod[], listers: Listers): Counts | Error {
  const { maxUnavailable, minAvailable } = spec ?? {}
  if (maxUnavailable === undefined && typeof minAvailable !== 'string') {
    return { expected: pods.length, desired: minAvailable ?? 0, unmanaged: false }
  }
  const scales = new Map<string, number>()
  let unmanaged = false
  for (const pod of pods) {
    const controller = controllerOf(pod)
    if (controller === undefined) {
      unmanaged = true
      continue
    }
    const scale = scaleOf(controller, pod.metadata.namespace ?? '', listers)
    if (scale instanceof Error) return scale
    if (scale !== undefined) scales.set(scale.uid, scale.replicas)
  }
  const expected = [...scales.values()].reduce((sum, replicas) => sum + replicas, 0)
  const desired =
    maxUnavailable === undefined
      ? scaledValue(minAvailable, expected, 'up')
      : Math.max(0, expected - scaledValue(maxUnavailable, expected, 'up'))
  return { expected, desired, unmanaged }
}

const SCALED: Readonly<Record<string, string>> = {
  ReplicaSet: 'replicasets.apps',
  StatefulSet: 'statefulsets.apps',
  ReplicationController: 'replicationcontrollers',
}

/** Of the controller of a pod, or of the Deployment above it; undefined if it is gone. */
function scaleOf(
  controller: Frozen<OwnerReference>,
  namespace: string,
  listers: Listers,
): { uid: string; replicas: number } | Error | undefined {
  const resource = SCALED[controller.kind]
  if (resource === undefined)
    return new Error(`${controller.kind.toLowerCase()}s does not implement the scale subresource`)
  const found = listers.of<KubeObject & { spec?: { replicas?: number } }>(resource).get(namespace, controller.name)
  if (found === undefined || found.metadata.uid !== controller.uid) return undefined
  const above = controllerOf(found)
  const deployment =
    above?.kind === 'Deployment'
      ? listers.of<apps.Deployment>('deployments.apps').get(namespace, above.name)
      : undefined
  const scaled = deployment !== undefined && deployment.metadata.uid === above?.uid ? deployment : found
  return { uid: scaled.metadata.uid, replicas: scaled.spec?.replicas ?? 0 }
}

/** Evicted pods that are not being deleted yet, by name, with the time of eviction; without those it took too long for. */
function disruptedPods({ status }: Budget, pods: readonly Pod[], now: number): Record<string, string> {
  const disrupted: Record<string, string> = {}
  for (const { metadata } of pods) {
    const time = status?.disruptedPods?.[metadata.name]
    if (time === undefined || metadata.deletionTimestamp !== undefined) continue
    if ((timeOf(time) ?? 0) + DELETION_TIMEOUT_MS >= now) disrupted[metadata.name] = time
  }
  return disrupted
}

function calculateStatus(
  budget: Budget,
  { expected, desired }: Counts,
  currentHealthy: number,
  disrupted: Record<string, string>,
  now: number,
): Frozen<policy.PodDisruptionBudgetStatus> {
  const allowed = expected <= 0 ? 0 : Math.max(0, currentHealthy - desired)
  return {
    ...nonZero({ observedGeneration: budget.metadata.generation ?? 0 }),
    ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
    disruptionsAllowed: allowed,
    currentHealthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: allowedCondition(budget, allowed > 0 ? 'SufficientPods' : 'InsufficientPods', '', now),
  }
}

/** The condition DisruptionAllowed; its time changes with its status only. */
function allowedCondition(budget: Budget, reason: string, message: string, now: number): readonly Condition[] {
  const { conditions = [] } = budget.status ?? {}
  const type = 'DisruptionAllowed'
  const status = reason === 'SufficientPods' ? 'True' : 'False'
  const old = findCondition(conditions, type)
  const lastTransitionTime = (old?.status === status ? old.lastTransitionTime : undefined) ?? formatTime(now)
  const generation = nonZero({ observedGeneration: budget.metadata.generation ?? 0 })
  return [...withoutCondition(conditions, type), { type, status, ...generation, lastTransitionTime, reason, message }]
}

/** What cannot be calculated is not allowed. */
function failSafe(budget: Budget, error: Error, now: number): Action {
  const { currentHealthy = 0, desiredHealthy = 0, expectedPods: expected = 0 } = budget.status ?? {}
  const conditions = allowedCondition(budget, 'SyncFailed', error.message, now)
  const status = {
    ...budget.status,
    disruptionsAllowed: 0,
    currentHealthy,
    desiredHealthy,
    expectedPods: expected,
    conditions,
  }
  return updateStatus(RESOURCE, { ...budget, status })
}

/** As Go prints a *metav1.LabelSelector. */
function goSelector(selector: Frozen<LabelSelector> | undefined): string {
  if (selector === undefined) return 'nil'
  const labels = Object.entries(selector.matchLabels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const printed = labels.map(([key, value]) => `${key}: ${value},`).join('')
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${printed}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}
