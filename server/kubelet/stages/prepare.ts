// A pod that has just been bound: the kubelet says that it has seen it; nothing runs yet.
import { waitingStatus } from '../container-status.ts'
import { calculateStatus, isTerminalPhase } from '../pod-status.ts'
import type { Stage } from '../stage.ts'
import { isPrepared } from './state.ts'

export const prepare: Stage = {
  name: 'prepare',
  when: (pod) =>
    pod.metadata.deletionTimestamp === undefined && !isTerminalPhase(pod.status?.phase) && !isPrepared(pod),
  delaySeconds: (_pod, { delays }) => delays.prepareSeconds,
  next(pod, context) {
    const containers = {
      init: (pod.spec?.initContainers ?? []).map((container) => waitingStatus(pod, container)),
      regular: (pod.spec?.containers ?? []).map((container) => waitingStatus(pod, container)),
    }
    return { status: calculateStatus(pod, { containers, sandboxReady: false, podIPs: [] }, context) }
  },
}
