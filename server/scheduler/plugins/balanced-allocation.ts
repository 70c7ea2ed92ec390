// Prefers nodes on which the pod brings the shares of CPU and memory in use closer together.
// Source: pkg/scheduler/framework/plugins/noderesources, balancedResourceScorer (v1.36)
import { MAX_NODE_SCORE, type ScorePlugin } from '../framework.ts'
import type { ResourceTotals } from '../resources.ts'

export const balancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  isLocal: true,
  prepare({ requests }) {
    // A pod that asks for nothing changes no balance.
    if (requests.cpuMilli === 0 && requests.memory === 0) return undefined
    const half = MAX_NODE_SCORE / 2
    return {
      score({ requested, allocatable }) {
        const before = balance(requested.cpuMilli, requested.memory, allocatable)
        const after = balance(requested.cpuMilli + requests.cpuMilli, requested.memory + requests.memory, allocatable)
        return half + Math.trunc((half + after - before) / 2)
      },
    }
  },
}

/** 100 for equal shares, less the further they are apart. */
function balance(cpuMilli: number, memory: number, allocatable: ResourceTotals): number {
  if (allocatable.cpuMilli === 0 || allocatable.memory === 0) return MAX_NODE_SCORE
  const cpuShare = Math.min(1, cpuMilli / allocatable.cpuMilli)
  const memoryShare = Math.min(1, memory / allocatable.memory)
  return Math.trunc((1 - Math.abs(cpuShare - memoryShare) / 2) * MAX_NODE_SCORE)
}
