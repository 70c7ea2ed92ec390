// nodeSelector and node affinity: required terms filter nodes, preferred ones score them.
// Source: pkg/scheduler/framework/plugins/nodeaffinity (v1.36)
import type { FilterPlugin, NodeFilter, PodObject, ScorePlugin } from '../framework.ts'
import { preferredNodeAffinity, requiredNodeAffinity } from '../../api/node-selector.ts'
import { normalizeByMaximum } from '../normalize.ts'

const CONFLICT = { resolvable: false, reasons: ['pod affinity terms conflict'] }

export const nodeAffinity: FilterPlugin = {
  name: 'NodeAffinity',
  isLocal: true,
  prepare({ pod }) {
    const matches = requiredNodeAffinity(pod.spec ?? {})
    if (matches === undefined) return undefined
    const rejection = { resolvable: false, reasons: ["node(s) didn't match Pod's node affinity/selector"] }
    const filter: NodeFilter = ({ node }) => (matches(node) ? undefined : rejection)
    const names = namedNodes(pod)
    if (names === undefined) return { filter }
    if (names.size === 0) return { rejection: CONFLICT }
    return { filter, only: names }
  },
  mayHelp(event, { pod }) {
    if (event.kind !== 'NodeAdded' && event.kind !== 'NodeUpdated') return false
    const matches = requiredNodeAffinity(pod.spec ?? {})
    if (matches === undefined) return true
    return matches(event.node) && (event.kind === 'NodeAdded' || !matches(event.old))
  },
}

export const nodeAffinityScore: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  isLocal: true,
  prepare({ pod }) {
    const weigh = preferredNodeAffinity(pod.spec ?? {})
    if (weigh === undefined) return undefined
    return { score: ({ node }) => weigh(node), normalize: (scores) => normalizeByMaximum(scores, 'more is better') }
  },
}

/** The nodes named by the pod, if every term names some: as the pods of a DaemonSet do. */
function namedNodes({ spec }: PodObject): ReadonlySet<string> | undefined {
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  if (terms.length === 0) return undefined
  const all = new Set<string>()
  for (const { matchFields = [] } of terms) {
    const lists = matchFields
      .filter(({ key, operator }) => key === 'metadata.name' && operator === 'In')
      .map(({ values = [] }) => new Set(values))
    const [first, ...others] = lists
    if (first === undefined) return undefined
    for (const name of first) if (others.every((list) => list.has(name))) all.add(name)
  }
  return all
}
