// nodeSelector and node affinity: required terms filter nodes, preferred ones score them.
// Source: pkg/scheduler/framework/plugins/nodeaffinity (v1.36)
import type { FilterPlugin, ScorePlugin } from '../framework.ts'
import { preferredNodeAffinity, requiredNodeAffinity } from '../../api/node-selector.ts'
import { normalizeByMaximum } from '../normalize.ts'

export const nodeAffinity: FilterPlugin = {
  name: 'NodeAffinity',
  prepare({ pod }) {
    const matches = requiredNodeAffinity(pod.spec ?? {})
    if (matches === undefined) return undefined
    const rejection = { resolvable: false, reasons: ["node(s) didn't match Pod's node affinity/selector"] }
    return ({ node }) => (matches(node) ? undefined : rejection)
  },
  mayHelp(event, { pod }) {
    if (event.kind !== 'NodeAdded' && event.kind !== 'NodeUpdated') return false
    return requiredNodeAffinity(pod.spec ?? {})?.(event.node) ?? true
  },
}

export const nodeAffinityScore: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  prepare({ pod }) {
    const weigh = preferredNodeAffinity(pod.spec ?? {})
    if (weigh === undefined) return undefined
    return { score: ({ node }) => weigh(node), normalize: (scores) => normalizeByMaximum(scores, 'more is better') }
  },
}
