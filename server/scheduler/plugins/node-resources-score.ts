// Which of the nodes that have room is best: the emptiest, the fullest, or one that is used just so.
// Source: pkg/scheduler/framework/plugins/noderesources, leastResourceScorer, mostResourceScorer and
// requestedToCapacityRatioScorer (v1.36)
import { MAX_NODE_SCORE, type ScorePlugin } from '../framework.ts'
import type { ResourceTotals } from '../resources.ts'

export interface WeightedResource {
  readonly name: string
  readonly weight: number
}

/** The more of a resource is in use (0…100), the more it is worth (0…10); points in between are on straight lines. */
export interface ShapePoint {
  readonly utilization: number
  readonly score: number
}

/** As in NodeResourcesFitArgs of a KubeSchedulerConfiguration. */
export type ScoringStrategy =
  | { readonly type: 'LeastAllocated' | 'MostAllocated'; readonly resources: readonly WeightedResource[] }
  | {
      readonly type: 'RequestedToCapacityRatio'
      readonly resources: readonly WeightedResource[]
      readonly shape: readonly ShapePoint[]
    }

export const leastAllocated: ScoringStrategy = {
  type: 'LeastAllocated',
  resources: [
    { name: 'cpu', weight: 1 },
    { name: 'memory', weight: 1 },
  ],
}

const MAX_SHAPE_SCORE = 10

export function nodeResourcesScore(strategy: ScoringStrategy): ScorePlugin {
  const scoreOf = scorerOf(strategy)
  const isRatio = strategy.type === 'RequestedToCapacityRatio'
  return {
    name: 'NodeResourcesFit',
    weight: 1,
    isLocal: true,
    prepare({ requests, nonZeroRequests }) {
      // A device that the pod does not ask for says nothing about the node.
      const resources = strategy.resources.filter(({ name }) => isCommon(name) || amountOf(requests, name) > 0)
      return {
        score({ allocatable, nonZeroRequested }) {
          let sum = 0
          let weights = 0
          for (const { name, weight } of resources) {
            const capacity = amountOf(allocatable, name)
            if (capacity === 0) continue
            const score = scoreOf(amountOf(nonZeroRequested, name) + amountOf(nonZeroRequests, name), capacity)
            if (isRatio && score <= 0) continue
            sum += score * weight
            weights += weight
          }
          if (weights === 0) return 0
          return isRatio ? Math.round(sum / weights) : Math.trunc(sum / weights)
        },
      }
    },
  }
}

/** The score of one resource, from how much is used of how much. */
function scorerOf(strategy: ScoringStrategy): (used: number, capacity: number) => number {
  switch (strategy.type) {
    case 'LeastAllocated':
      return (used, capacity) => (used > capacity ? 0 : Math.trunc(((capacity - used) * MAX_NODE_SCORE) / capacity))
    case 'MostAllocated':
      return (used, capacity) => Math.trunc((Math.min(used, capacity) * MAX_NODE_SCORE) / capacity)
    case 'RequestedToCapacityRatio':
      return (used, capacity) => valueAt(strategy.shape, used > capacity ? 100 : Math.trunc((used * 100) / capacity))
  }
}

/** Source: helper.BuildBrokenLinearFunction */
function valueAt(shape: readonly ShapePoint[], utilization: number): number {
  const scale = MAX_NODE_SCORE / MAX_SHAPE_SCORE
  let before: ShapePoint | undefined
  for (const point of shape) {
    if (utilization <= point.utilization) {
      if (before === undefined) return point.score * scale
      const rise = (point.score - before.score) * scale
      const run = point.utilization - before.utilization
      return before.score * scale + Math.trunc((rise * (utilization - before.utilization)) / run)
    }
    before = point
  }
  return (before?.score ?? 0) * scale
}

function isCommon(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name === 'ephemeral-storage'
}

function amountOf(totals: ResourceTotals, name: string): number {
  if (name === 'cpu') return totals.cpuMilli
  if (name === 'memory') return totals.memory
  if (name === 'ephemeral-storage') return totals.ephemeralStorage
  return totals.scalars.get(name) ?? 0
}
