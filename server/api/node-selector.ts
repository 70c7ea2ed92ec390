// Node selectors: which nodes a pod's nodeSelector and node affinity ask for.
// Source: component-helpers scheduling/corev1/nodeaffinity (v1.36)
import type { Frozen, Stored } from '../apimachinery/types.ts'
import { newLabelRequirement, Selector, selectorFromSet, type LabelOperator } from '../apimachinery/selectors.ts'
import type { Node, NodeSelectorTerm, PodSpec } from './core.ts'

type NodeObject = Frozen<Stored<Node>>
export type NodeMatcher = (node: NodeObject) => boolean

const operators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
}

/** What a pod requires of its node; nothing if it requires nothing. */
export function requiredNodeAffinity({
  nodeSelector,
  affinity,
}: Pick<Frozen<PodSpec>, 'nodeSelector' | 'affinity'>): NodeMatcher | undefined {
  const wanted =
    nodeSelector === undefined || Object.keys(nodeSelector).length === 0 ? undefined : selectorFromSet(nodeSelector)
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (required === undefined) return wanted === undefined ? undefined : (node) => wanted.matches(node.metadata.labels)
  const terms = required.nodeSelectorTerms.map(termMatcher)
  return (node) =>
    (wanted === undefined || wanted.matches(node.metadata.labels)) && terms.some((matches) => matches(node))
}

/** Sum of the weights of the preferences that the node meets. */
export function preferredNodeAffinity({
  affinity,
}: Pick<Frozen<PodSpec>, 'affinity'>): ((node: NodeObject) => number) | undefined {
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  if (preferred.length === 0) return undefined
  const terms = preferred.map(({ weight, preference }) => ({ weight, matches: termMatcher(preference) }))
  return (node) => terms.reduce((sum, { weight, matches }) => (matches(node) ? sum + weight : sum), 0)
}

/** Requirements of one term must all hold. A term without any, or with one that makes no sense, matches no node. */
function termMatcher({ matchExpressions = [], matchFields = [] }: Frozen<NodeSelectorTerm>): NodeMatcher {
  if (matchExpressions.length === 0 && matchFields.length === 0) return () => false
  let labels: Selector
  try {
    labels = new Selector(
      matchExpressions.map(({ key, operator, values = [] }) =>
        newLabelRequirement(key, operators[operator] ?? '=', values),
      ),
    )
  } catch {
    return () => false
  }
  const fieldsMakeSense = matchFields.every(
    ({ key, operator, values }) =>
      key === 'metadata.name' && (operator === 'In' || operator === 'NotIn') && values?.length === 1,
  )
  if (!fieldsMakeSense) return () => false
  return ({ metadata }) =>
    matchFields.every(({ operator, values }) => (values?.[0] === metadata.name) === (operator === 'In')) &&
    labels.matches(metadata.labels)
}
