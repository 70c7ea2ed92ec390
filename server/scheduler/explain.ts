// What the scheduler thinks of a pod, for people: every node's verdict or scores.
import type { Decision, NodeInfo, PodObject } from './framework.ts'

export interface NodeExplanation {
  readonly name: string
  /** The plugin that rejects the node, and why; absent if the node would take the pod. */
  readonly rejectedBy?: string
  readonly reasons?: readonly string[]
  /** Of nodes that would take the pod, if there are several. */
  readonly scores?: readonly PluginScore[]
  readonly total?: number
}

export interface PluginScore {
  readonly plugin: string
  /** As the plugin counts. */
  readonly raw: number
  /** 0…100. */
  readonly score: number
  readonly weight: number
}

export interface Explanation {
  readonly namespace: string
  readonly pod: string
  /** Where the pod is already. */
  readonly assigned?: string
  /** Where it would go now: one of those with the highest total. */
  readonly choice?: string
  /** Why it would go nowhere. */
  readonly message?: string
  /** Who would have to make room for it. */
  readonly preemption?: { readonly node: string; readonly victims: readonly string[] }
  readonly nodes: readonly NodeExplanation[]
}

export function explanationOf(pod: PodObject, decision: Decision, nodes: readonly NodeInfo[]): Explanation {
  const { nodeName, message, preemption, feasible } = decision
  const at = new Map(feasible.map(({ node }, index) => [node.metadata.name, index]))
  const assigned = pod.spec?.nodeName ?? ''
  return {
    namespace: pod.metadata.namespace ?? '',
    pod: pod.metadata.name,
    ...(assigned === '' ? {} : { assigned }),
    ...(nodeName === undefined ? {} : { choice: nodeName }),
    ...(message === undefined ? {} : { message }),
    ...(preemption === undefined
      ? {}
      : {
          preemption: {
            node: preemption.nodeName,
            victims: preemption.victims.map(({ pod: { metadata } }) => `${metadata.namespace}/${metadata.name}`),
          },
        }),
    nodes: nodes.map(({ node }) => explainNode(node.metadata.name, decision, at.get(node.metadata.name))),
  }
}

function explainNode(name: string, { verdicts, scores, totals }: Decision, at: number | undefined): NodeExplanation {
  const verdict = verdicts.get(name)
  if (verdict !== undefined) return { name, rejectedBy: verdict.plugin, reasons: verdict.reasons }
  if (at === undefined || scores.length === 0) return { name }
  return {
    name,
    scores: scores.map(({ plugin, raw, normalized, weight }) => ({
      plugin,
      raw: raw[at]!,
      score: normalized[at]!,
      weight,
    })),
    total: totals[at]!,
  }
}
