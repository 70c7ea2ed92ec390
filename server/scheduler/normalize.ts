// Bringing scores of different plugins to one scale.
// Source: pkg/scheduler/framework/plugins/helper, DefaultNormalizeScore (v1.36)
import { MAX_NODE_SCORE } from './framework.ts'

/** Scales so that the highest becomes 100, in whole numbers; turned around if fewer is better. All 0 and fewer is better: all 100. */
export function normalizeByMaximum(scores: number[], direction: 'more is better' | 'fewer is better'): void {
  const highest = Math.max(0, ...scores)
  for (const [at, score] of scores.entries()) {
    const scaled = highest === 0 ? 0 : Math.trunc((MAX_NODE_SCORE * score) / highest)
    scores[at] = direction === 'more is better' ? scaled : MAX_NODE_SCORE - scaled
  }
}
