// Whether the pod of a DaemonSet belongs on a node: node name, node selector, required affinity and taints.
// Source: kubernetes pkg/controller/daemon, NodeShouldRunDaemonPod; component-helpers scheduling/corev1 (v1.36)
import type * as core from '../../api/core.ts'
import { newLabelRequirement, Selector, type LabelOperator } from '../../apimachinery/selectors.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'

export type Node = Frozen<Stored<core.Node>>
type PodSpec = Frozen<core.PodSpec>
type Requirement = Frozen<core.NodeSelectorRequirement>
type Taint = Frozen<core.Taint>
export type Toleration = Frozen<core.Toleration>

const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
}

/** `run`: a pod is to be there. `stay`: a pod that is there may stay. */
export function fit(node: Node, spec: PodSpec, tolerations: readonly Toleration[]): { run: boolean; stay: boolean } {
  const { nodeName = '' } = spec
  if (nodeName !== '' && nodeName !== node.metadata.name) return { run: false, stay: false }
  if (!matchesAffinity(node, spec)) return { run: false, stay: false }
  const untolerated = (node.spec?.taints ?? []).filter((taint) => !tolerations.some((each) => tolerates(each, taint)))
  const stay = untolerated.every(({ effect }) => effect !== 'NoExecute')
  const run = stay && untolerated.every(({ effect }) => effect !== 'NoSchedule')
  return { run, stay }
}

export function tolerates(
  { key = '', operator = 'Equal', value = '', effect = '' }: Toleration,
  taint: Taint,
): boolean {
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  if (operator === 'Exists') return true
  return key !== '' && value === (taint.value ?? '')
}

function matchesAffinity(node: Node, { nodeSelector = {}, affinity }: PodSpec): boolean {
  const labels = node.metadata.labels ?? {}
  if (!Object.entries(nodeSelector).every(([key, value]) => labels[key] === value)) return false
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return terms === undefined || terms.some((term) => matchesTerm(node, term))
}

/** A term without requirements matches nothing. */
function matchesTerm(node: Node, { matchExpressions = [], matchFields = [] }: Frozen<core.NodeSelectorTerm>): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  return (
    matchesAll(matchExpressions, node.metadata.labels ?? {}) &&
    matchesAll(matchFields, { 'metadata.name': node.metadata.name })
  )
}

function matchesAll(requirements: readonly Requirement[], values: Readonly<Record<string, string>>): boolean {
  if (requirements.length === 0) return true
  try {
    const checked = requirements.map(({ key, operator, values: wanted = [] }) =>
      newLabelRequirement(key, OPERATORS[operator] ?? 'in', wanted),
    )
    return new Selector(checked).matches(values)
  } catch {
    return false
  }
}
