// Which of the nodes that have room is best: the emptiest, the fullest, or one that is used just so.
// Source: pkg/scheduler/framework/plugins/noderesources, leastResourceScorer, mostResourceScorer and
// requestedToCapacityRatioScorer (v1.36)
import { MAX_NODE_SCORE, type ScorePlugin } from '../framework.ts'
import type { NodeResourcesFitArgs, ResourceSpec, ShapePoint } from '../config/types.ts'
import { amountOf, isCommonResource } from '../resources.ts'

/** As in NodeResourcesFitArgs of a KubeSchedulerConfiguration. */
export type ScoringStrategy =
  | { readonly type: 'LeastAllocated' | 'MostAllocated'; readonly resources: readonly ResourceSpec[] }
  | {
      readonly type: 'RequestedToCapacityRatio'
      readonly resources: readonly ResourceSpec[]
      readonly shape: readonly ShapePoint[]
    }

/** @param args that are valid */
export function scoringStrategyOf({ scoringStrategy }: NodeResourcesFitArgs): ScoringStrategy {
  const { type, resources, requestedToCapacityRatio } = scoringStrategy
  if (type === 'RequestedToCapacityRatio') return { type, resources, shape: requestedToCapacityRatio?.shape ?? [] }
  return { type: type === 'MostAllocated' ? type : 'LeastAllocated', resources }
}

const MAX_SHAPE_SCORE = 10

export function nodeResourcesScore(weight: number, strategy: ScoringStrategy): ScorePlugin {
  const scoreOf = scorerOf(strategy)
  const isRatio = strategy.type === 'RequestedToCapacityRatio'
  return {
    name: 'NodeResourcesFit',
    weight,
    isLocal: true,
    prepare({ requests, nonZeroRequests }) {
      // A device that the pod does not ask for says nothing about the node.
      const resources = strategy.resources.filter(({ name }) => isCommonResource(name) || amountOf(requests, name) > 0)
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
