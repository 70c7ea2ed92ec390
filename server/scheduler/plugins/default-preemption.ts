// What preemption has to say about a pod that fits nowhere.
// Source: pkg/scheduler/framework/preemption, Evaluator.Preempt; plugins/defaultpreemption (v1.36)
// Left out on purpose: no pod is evicted; nodes on which pods of lower priority could make room are reported as without help.
import type { NodeInfo, PodInfo, PostFilterPlugin } from '../framework.ts'
import { fitMessage } from '../fit-message.ts'

const NOT_HELPFUL = 'Preemption is not helpful for scheduling'
const NO_VICTIMS = 'No preemption victims found for incoming pod'

export const defaultPreemption: PostFilterPlugin = {
  name: 'DefaultPreemption',
  attempt(pod, cluster, verdicts) {
    if (pod.pod.spec?.preemptionPolicy === 'Never') return 'preemption: not eligible due to preemptionPolicy=Never.'
    const reasons: string[] = []
    for (const node of cluster.nodes) {
      const resolvable = verdicts.get(node.node.metadata.name)?.resolvable === true
      reasons.push(resolvable && !hasVictims(node, pod) ? NO_VICTIMS : NOT_HELPFUL)
    }
    return `preemption: ${fitMessage(cluster.nodes.length, reasons)}`
  },
}

function hasVictims(node: NodeInfo, { priority }: PodInfo): boolean {
  for (const other of node.pods()) if (other.priority < priority) return true
  return false
}
