// What an eviction takes from the disruption budget of its pod, or why it may not.
// Source: pkg/registry/core/pod/storage, EvictionREST, checkAndDecrement; component-helpers/apps/poddisruptionbudget,
// UpdateDisruptionAllowedCondition (v1.36)
import { newForbidden, newTooManyRequests } from '../apimachinery/errors.ts'
import { formatTime } from '../apimachinery/clock.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { Pod } from '../api/core.ts'
import type { PodDisruptionBudget } from '../api/policy.ts'

type Budget = PodDisruptionBudget & AnyObject
type Status = NonNullable<PodDisruptionBudget['status']>

const refused = `Cannot evict pod as it would violate the pod's disruption budget.`
const maxDisruptedPods = 2000

/** Changes `budget` and returns it. @throws StatusError 403, 429 */
export function spendDisruption(budget: Budget, pod: Frozen<Pod>, now: number): Budget {
  const name = budget.metadata!.name!
  const status: Status = (budget.status ??= {} as Status)
  const { currentHealthy = 0, desiredHealthy = 0, disruptionsAllowed = 0, disruptedPods = {} } = status
  const policy = budget.spec?.unhealthyPodEvictionPolicy ?? 'IfHealthyBudget'
  const isHealthyBudget = desiredHealthy > 0 && currentHealthy >= desiredHealthy
  if (!isReady(pod) && (policy === 'AlwaysAllow' || isHealthyBudget)) return budget
  if ((status.observedGeneration ?? 0) < (budget.metadata?.generation ?? 0)) {
    throw newTooManyRequests(refused, 10, [
      { reason: 'DisruptionBudget', message: `The disruption budget ${name} is still being processed by the server.` },
    ])
  }
  const forbid = (why: string): Error => newForbidden({ group: 'policy', resource: 'poddisruptionbudget' }, name, why)
  if (disruptionsAllowed < 0) throw forbid('pdb disruptions allowed is negative')
  if (Object.keys(disruptedPods).length > maxDisruptedPods) {
    throw forbid('DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  }
  if (disruptionsAllowed === 0) {
    throw newTooManyRequests(refused, undefined, [{ reason: 'DisruptionBudget', message: whyNone(name, status) }])
  }
  status.disruptionsAllowed = disruptionsAllowed - 1
  if (status.disruptionsAllowed === 0) tellExhausted(status, now)
  status.disruptedPods = { ...disruptedPods, [pod.metadata!.name!]: formatTime(now) }
  return budget
}

function isReady(pod: Frozen<Pod>): boolean {
  return (pod.status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True')
}

function whyNone(name: string, { conditions, currentHealthy = 0, desiredHealthy = 0 }: Status): string {
  const condition = (conditions ?? []).find(({ type }) => type === 'DisruptionAllowed')
  const { status, reason = '', message = '' } = condition ?? {}
  const isTold = status === 'False' && message !== ''
  const cannot = `The disruption budget ${name} does not allow evicting pods currently`
  // Counts are worth nothing after a failed sync.
  if (isTold && reason === 'SyncFailed') return `${cannot} because it failed sync: ${message}`
  if (currentHealthy <= desiredHealthy) {
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  }
  return isTold ? `${cannot} (${reason}): ${message}` : cannot
}

/** Clients see from the condition that the last disruption is spent. */
function tellExhausted(status: Status, now: number): void {
  const old = (status.conditions ?? []).find(({ type }) => type === 'DisruptionAllowed')
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    ...(status.observedGeneration ? { observedGeneration: status.observedGeneration } : {}),
    lastTransitionTime: old?.status === 'False' ? old.lastTransitionTime : formatTime(now),
    reason: 'InsufficientPods',
    message: '',
  }
  status.conditions =
    old === undefined
      ? [...(status.conditions ?? []), condition]
      : status.conditions!.map((one) => (one === old ? condition : one))
}
