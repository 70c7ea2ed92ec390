// Bringing scores of different plugins to one scale.
// Source: pkg/scheduler/framework/plugins/helper, DefaultNormalizeScore (v1.36)
import { MAX_NODE_SCORE, type ScoreList } from './framework.ts'

/** Scales so that the highest becomes 100, in whole numbers; turned around if fewer is better. All 0 and fewer is better: all 100. */
export function normalizeByMaximum(scores: ScoreList, direction: 'more is better' | 'fewer is better'): void {
  let highest = 0
  for (const score of scores) if (score > highest) highest = score
  for (let at = 0; at < scores.length; at++) {
    const scaled = highest === 0 ? 0 : Math.trunc((MAX_NODE_SCORE * scores[at]!) / highest)
    scores[at] = direction === 'more is better' ? scaled : MAX_NODE_SCORE - scaled
  }
}
