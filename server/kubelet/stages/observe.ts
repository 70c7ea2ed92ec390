// Something about a running pod changed that needs no container touched: a newer spec, resources, or a readiness gate.
import { deepEqual } from '../../apimachinery/equality.ts'
import { resourcesOf, type FrozenContainerStatus } from '../container-status.ts'
import { calculateStatus } from '../pod-status.ts'
import type { PodObject, Stage, StageContext } from '../stage.ts'
import { containerStates, isAlive, isRunning, podIPsOf, replaceStatuses } from './state.ts'

function observed(pod: PodObject, context: StageContext) {
  const changed = new Map<string, FrozenContainerStatus>()
  for (const state of containerStates(pod)) {
    if (isRunning(state)) changed.set(state.container.name, { ...state.status, ...resourcesOf(state.container) })
  }
  const sandboxReady =
    pod.status?.conditions?.some(({ type, status }) => type === 'PodReadyToStartContainers' && status === 'True') ??
    false
  return calculateStatus(
    pod,
    { containers: replaceStatuses(pod, changed), sandboxReady, podIPs: podIPsOf(pod) },
    context,
  )
}

export const observe: Stage = {
  name: 'observe',
  when(pod, context) {
    if (!isAlive(pod)) return false
    const { generation } = pod.metadata
    if (generation !== undefined && pod.status?.observedGeneration !== generation) return true
    return (
      (pod.spec?.readinessGates?.length ?? 0) > 0 &&
      !deepEqual(observed(pod, context).conditions, pod.status?.conditions)
    )
  },
  delaySeconds: () => 0,
  next: (pod, context) => ({ status: observed(pod, context) }),
}
