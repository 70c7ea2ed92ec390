// Prefers nodes on which the pod brings the shares of resources in use closer together.
// Source: pkg/scheduler/framework/plugins/noderesources, balancedResourceScorer (v1.36)
import type { BalancedAllocationArgs } from '../config/types.ts'
import { MAX_NODE_SCORE, type ScorePlugin } from '../framework.ts'
import { amountOf, isCommonResource } from '../resources.ts'

export function balancedAllocation(weight: number, args: BalancedAllocationArgs): ScorePlugin {
  return {
    name: 'NodeResourcesBalancedAllocation',
    weight,
    isLocal: true,
    prepare({ requests }) {
      // A device that the pod does not ask for says nothing about the node.
      const resources = args.resources
        .map(({ name }) => ({ name, wanted: amountOf(requests, name) }))
        .filter(({ name, wanted }) => wanted > 0 || isCommonResource(name))
      // A pod that asks for nothing changes no balance.
      if (resources.every(({ wanted }) => wanted === 0)) return undefined
      const half = MAX_NODE_SCORE / 2
      return {
        score({ requested, allocatable }) {
          const before: number[] = []
          const after: number[] = []
          for (const { name, wanted } of resources) {
            const capacity = amountOf(allocatable, name)
            if (capacity === 0) continue
            const used = amountOf(requested, name)
            before.push(Math.min(1, used / capacity))
            after.push(Math.min(1, (used + wanted) / capacity))
          }
          return half + Math.trunc((half + balance(after) - balance(before)) / 2)
        },
      }
    },
  }
}

/** 100 for equal shares, less the further they are apart. */
function balance(shares: readonly number[]): number {
  return Math.trunc((1 - deviation(shares)) * MAX_NODE_SCORE)
}

function deviation(shares: readonly number[]): number {
  if (shares.length < 2) return 0
  if (shares.length === 2) return Math.abs((shares[0]! - shares[1]!) / 2)
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  return Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length)
}
