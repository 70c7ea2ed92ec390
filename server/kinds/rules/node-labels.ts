// Warnings about node labels that have successors.
// Source: pkg/api/node, GetNodeLabelDeprecatedMessage, GetWarningsForNodeSelector (v1.36)
import type { FieldPath } from '../../apimachinery/field.ts'
import type { LabelSelectorLike } from '../../apimachinery/selectors.ts'

const deprecatedLabels = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
])

/** What to say of a node label, if anything. */
export function nodeLabelDeprecation(key: string): string | undefined {
  return deprecatedLabels.get(key)
}

export function nodeSelectorWarnings(selector: LabelSelectorLike | undefined, path: FieldPath): string[] {
  const warnings: string[] = []
  for (const [at, { key }] of (selector?.matchExpressions ?? []).entries()) {
    const text = nodeLabelDeprecation(key)
    if (text !== undefined) warnings.push(`${path.child('matchExpressions').index(at).child('key')}: ${key} is ${text}`)
  }
  for (const key of Object.keys(selector?.matchLabels ?? {})) {
    const text = nodeLabelDeprecation(key)
    if (text !== undefined) warnings.push(`${path.child('matchLabels', key)}: ${text}`)
  }
  return warnings
}
