// Taints keep pods off that do not tolerate them; among the rest, nodes with fewer PreferNoSchedule taints are better.
import { keepsPodsOff, tolerates } from '../../api/taints.ts'
import type { FilterPlugin, NodeObject, PodInfo, ScorePlugin } from '../framework.ts'
import { normalizeByMaximum } from '../normalize.ts'

export const taintToleration: FilterPlugin = {
  name: 'TaintToleration',
  isLocal: true,
  prepare(pod) {
    const rejection = { resolvable: false, reasons: ['node(s) had untolerated taint(s)'] }
    return { filter: ({ node }) => (isUntolerated(pod, node) ? rejection : undefined) }
  },
  mayHelp(event, pod) {
    if (event.kind === 'NodeAdded') return !isUntolerated(pod, event.node)
    return event.kind === 'NodeUpdated' && isUntolerated(pod, event.old) && !isUntolerated(pod, event.node)
  },
}

export function taintTolerationScore(weight: number): ScorePlugin {
  return {
    name: 'TaintToleration',
    weight,
    isLocal: true,
    prepare({ pod }) {
      const tolerations = pod.spec?.tolerations ?? []
      return {
        score({ node }) {
          let intolerable = 0
          for (const taint of node.spec?.taints ?? []) {
            if (taint.effect === 'PreferNoSchedule' && !tolerates(tolerations, taint)) intolerable++
          }
          return intolerable
        },
        normalize: (scores) => normalizeByMaximum(scores, 'fewer is better'),
      }
    },
  }
}

function isUntolerated({ pod }: PodInfo, node: NodeObject): boolean {
  const taints = node.spec?.taints
  if (taints === undefined || taints.length === 0) return false
  const tolerations = pod.spec?.tolerations ?? []
  return taints.some((taint) => keepsPodsOff(taint) && !tolerates(tolerations, taint))
}
