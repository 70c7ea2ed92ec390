// What a failed pod means to its Job: the first rule of the pod failure policy that fits decides.
// Source: kubernetes pkg/controller/job, matchPodFailurePolicy (v1.36)
import type * as batch from '../../api/batch.ts'
import type * as core from '../../api/core.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { Pod } from '../pod-status.ts'

type Rule = Frozen<batch.PodFailurePolicyRule>

export interface FailureVerdict {
  /** Whether the failure counts towards the limits. */
  readonly counts: boolean
  /** The whole index fails with it. */
  readonly failsIndex: boolean
  /** The whole Job fails with it, for this reason. */
  readonly jobFailure?: string
}

const ordinary: FailureVerdict = { counts: true, failsIndex: false }

export function matchFailurePolicy(policy: Frozen<batch.PodFailurePolicy> | undefined, pod: Pod): FailureVerdict {
  for (const [index, rule] of policy?.rules.entries() ?? []) {
    const finding = rule.onExitCodes === undefined ? fittingCondition(rule, pod) : fittingExitCode(rule, pod)
    if (finding === undefined) continue
    switch (rule.action) {
      case 'Ignore':
        return { counts: false, failsIndex: false }
      case 'FailIndex':
        return { counts: true, failsIndex: true }
      case 'Count':
        return ordinary
      case 'FailJob':
        return { ...ordinary, jobFailure: `${finding} matching ${rule.action} rule at index ${index}` }
    }
  }
  return ordinary
}

/** Says what fits. */
function fittingExitCode({ onExitCodes }: Rule, pod: Pod): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  for (const { name, state } of [...containerStatuses, ...initContainerStatuses]) {
    const exitCode = state?.terminated?.exitCode ?? 0
    if (exitCode === 0 || (onExitCodes?.containerName ?? name) !== name) continue
    const isListed = onExitCodes?.values.includes(exitCode) === true
    if (onExitCodes?.operator === (isListed ? 'In' : 'NotIn')) {
      return `Container ${name} for pod ${pod.metadata.namespace}/${pod.metadata.name} failed with exit code ${exitCode}`
    }
  }
  return undefined
}

function fittingCondition({ onPodConditions = [] }: Rule, pod: Pod): string | undefined {
  const fits = ({ type, status }: Frozen<core.PodCondition>): boolean =>
    onPodConditions.some((pattern) => pattern.type === type && pattern.status === status)
  const condition = pod.status?.conditions?.find(fits)
  return condition && `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${condition.type}`
}
