// A pod that has just been bound: the kubelet says that it has seen it; nothing runs yet.
import { calculateStatus, isTerminalPhase } from '../pod-status.ts'
import type { Stage } from '../stage.ts'
import { isPrepared, waitingStatuses } from './state.ts'

export const prepare: Stage = {
  name: 'prepare',
  when: (pod) =>
    pod.metadata.deletionTimestamp === undefined && !isTerminalPhase(pod.status?.phase) && !isPrepared(pod),
  delaySeconds: (_pod, { delays }) => delays.prepareSeconds,
  next(pod, context) {
    return {
      status: calculateStatus(pod, { containers: waitingStatuses(pod), sandboxReady: false, podIPs: [] }, context),
    }
  },
}
