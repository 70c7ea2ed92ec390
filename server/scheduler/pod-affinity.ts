// Terms of inter-pod affinity, read once per pod, and whom they mean.
// Source: k8s.io/kube-scheduler/framework, AffinityTerm and GetAffinityTerms (v1.36)
// Left out on purpose: matchLabelKeys and mismatchLabelKeys are merged into the label selectors where pods are created.
import { labelSelectorAsSelector, nothing, type Labels } from '../apimachinery/selectors.ts'
import type { PodAffinityTerm } from '../api/core.ts'
import type { Frozen } from '../apimachinery/types.ts'
import type {
  AffinityTerm,
  ClusterView,
  Opinion,
  PodAffinityTerms,
  PodInfo,
  PodObject,
  WeightedAffinityTerm,
} from './framework.ts'

const noTerms: PodAffinityTerms = { required: [], requiredAnti: [], preferred: [], preferredAnti: [] }

/** Terms that make no sense are left out. */
export function affinityTermsOf(pod: PodObject): PodAffinityTerms {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {}
  if (podAffinity === undefined && podAntiAffinity === undefined) return noTerms
  const required = (terms: readonly Frozen<PodAffinityTerm>[] = []): readonly AffinityTerm[] =>
    terms.flatMap((term) => termOf(pod, term))
  const preferred = (
    terms: readonly { readonly weight: number; readonly podAffinityTerm: Frozen<PodAffinityTerm> }[] = [],
  ): readonly WeightedAffinityTerm[] =>
    terms.flatMap(({ weight, podAffinityTerm }) => termOf(pod, podAffinityTerm).map((term) => ({ ...term, weight })))
  return {
    required: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAnti: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferred: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAnti: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  }
}

/** One term, or none; without any namespaces, the pod's own is meant. */
function termOf(pod: PodObject, term: Frozen<PodAffinityTerm>): readonly AffinityTerm[] {
  const { topologyKey, labelSelector, namespaces = [], namespaceSelector } = term
  const isOwn = namespaces.length === 0 && namespaceSelector === undefined
  try {
    return [
      {
        topologyKey,
        selector: labelSelectorAsSelector(labelSelector),
        namespaces: new Set(isOwn ? [pod.metadata.namespace ?? ''] : namespaces),
        namespaceSelector: labelSelectorAsSelector(namespaceSelector),
      },
    ]
  } catch {
    return []
  }
}

const noOpinions: readonly Opinion[] = []

export function opinionsOf(terms: PodAffinityTerms): readonly Opinion[] {
  if (terms === noTerms) return noOpinions
  const { required, requiredAnti, preferred, preferredAnti } = terms
  return [
    ...required.map((term) => opinion(term, 'required')),
    ...requiredAnti.map((term) => opinion(term, 'veto')),
    ...preferred.map((term) => opinion(term, term.weight)),
    ...preferredAnti.map((term) => opinion(term, -term.weight)),
  ]
}

function opinion(term: AffinityTerm, points: Opinion['points']): Opinion {
  const { namespaceSelector, topologyKey } = term
  const where = namespaceSelector.empty ? '' : namespaceSelector.toString()
  return { key: `${points} ${topologyKey} ${where} ${keyOfTerm(term)}`, term, points }
}

/** @param namespaceLabels of the pod's namespace; nothing if the term's namespaces are resolved */
export function termMatches(term: AffinityTerm, { metadata }: PodObject, namespaceLabels?: Labels): boolean {
  return (
    (term.namespaces.has(metadata.namespace ?? '') || term.namespaceSelector.matches(namespaceLabels)) &&
    term.selector.matches(metadata.labels)
  )
}

/** Whether there are terms, and the pod is meant by every one. */
export function allTermsMatch(terms: readonly AffinityTerm[], pod: PodObject): boolean {
  return terms.length > 0 && terms.every((term) => termMatches(term, pod))
}

/** Puts the names of the namespaces in the place of what selects them. */
export function resolveNamespaces<T extends AffinityTerm>(terms: readonly T[], cluster: ClusterView): readonly T[] {
  return terms.map((term) => {
    if (term.namespaceSelector.empty) return term
    const named = cluster.namespacesMatching(term.namespaceSelector)
    return { ...term, namespaces: new Set([...term.namespaces, ...named]), namespaceSelector: nothing }
  })
}

/** Equal texts mean the same pods; of terms whose namespaces are resolved, all that matters is in it. */
export function keyOfTerm({ selector, namespaces, namespaceSelector }: AffinityTerm): string {
  const which = namespaceSelector.empty ? '*' : [...namespaces].sort().join(',')
  return `${which} ${selector.empty ? '*' : selector.toString()}`
}

/** The pods on which a resolved term, or all of several, counts. */
export function podsMeantBy(terms: readonly AffinityTerm[]): { key: string; matches(pod: PodInfo): boolean } {
  return {
    key: `affinity ${terms.map(keyOfTerm).join(';')}`,
    matches: ({ pod }) => allTermsMatch(terms, pod),
  }
}
