// nodeSelector and node affinity: required terms filter nodes, preferred ones score them.
// Source: pkg/scheduler/framework/plugins/nodeaffinity (v1.36)
import type { FilterPlugin, NodeFilter, PodObject, ScorePlugin } from '../framework.ts'
import { preferredNodeAffinity, requiredNodeAffinity, type NodeMatcher } from '../../api/node-selector.ts'
import type { AddedAffinity, NodeAffinityArgs } from '../config/types.ts'
import { normalizeByMaximum } from '../normalize.ts'

const CONFLICT = { resolvable: false, reasons: ['pod affinity terms conflict'] }

const ENFORCED = { resolvable: false, reasons: ["node(s) didn't match scheduler-enforced node affinity"] }

/** @param added by the profile, to what each pod asks for */
export function nodeAffinity({ addedAffinity }: NodeAffinityArgs): FilterPlugin {
  const enforced = addedAffinity === undefined ? undefined : requiredNodeAffinity(asPod(addedAffinity))
  const matcherOf = ({ spec }: PodObject): NodeMatcher | undefined => {
    const own = requiredNodeAffinity(spec ?? {})
    if (enforced === undefined || own === undefined) return enforced ?? own
    return (node) => enforced(node) && own(node)
  }
  return {
    name: 'NodeAffinity',
    isLocal: true,
    prepare({ pod }) {
      const matches = requiredNodeAffinity(pod.spec ?? {})
      if (matches === undefined && enforced === undefined) return undefined
      const rejection = { resolvable: false, reasons: ["node(s) didn't match Pod's node affinity/selector"] }
      const filter: NodeFilter = ({ node }) => {
        if (enforced?.(node) === false) return ENFORCED
        return matches?.(node) === false ? rejection : undefined
      }
      const names = namedNodes(pod)
      if (names === undefined) return { filter }
      if (names.size === 0) return { rejection: CONFLICT }
      return { filter, only: names }
    },
    mayHelp(event, { pod }) {
      if (event.kind !== 'NodeAdded' && event.kind !== 'NodeUpdated') return false
      const matches = matcherOf(pod)
      if (matches === undefined) return true
      return matches(event.node) && (event.kind === 'NodeAdded' || !matches(event.old))
    },
  }
}

/** Source: NodeAffinity.Score */
export function nodeAffinityScore(weight: number, { addedAffinity }: NodeAffinityArgs): ScorePlugin {
  const added = addedAffinity === undefined ? undefined : preferredNodeAffinity(asPod(addedAffinity))
  return {
    name: 'NodeAffinity',
    weight,
    isLocal: true,
    prepare({ pod }) {
      const weigh = preferredNodeAffinity(pod.spec ?? {})
      if (weigh === undefined && added === undefined) return undefined
      return {
        score: ({ node }) => (added?.(node) ?? 0) + (weigh?.(node) ?? 0),
        normalize: (scores) => normalizeByMaximum(scores, 'more is better'),
      }
    },
  }
}

function asPod(nodeAffinity: AddedAffinity): Parameters<typeof requiredNodeAffinity>[0] {
  return { affinity: { nodeAffinity } } as Parameters<typeof requiredNodeAffinity>[0]
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
