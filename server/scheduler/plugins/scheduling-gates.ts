// Pods with scheduling gates wait until all gates are removed.
import type { PreEnqueuePlugin } from '../framework.ts'

export const schedulingGates: PreEnqueuePlugin = {
  name: 'SchedulingGates',
  gate(pod) {
    const gates = pod.spec?.schedulingGates ?? []
    return gates.length === 0
      ? undefined
      : `waiting for scheduling gates: [${gates.map((gate) => gate.name).join(' ')}]`
  },
}
