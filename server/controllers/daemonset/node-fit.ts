// Whether the pod of a DaemonSet belongs on a node: node name, node selector, required affinity and taints.
// Source: kubernetes pkg/controller/daemon, NodeShouldRunDaemonPod (v1.36)
import type * as core from '../../api/core.ts'
import { requiredNodeAffinity } from '../../api/node-selector.ts'
import { tolerates } from '../../api/taints.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'

export type Node = Frozen<Stored<core.Node>>
export type Toleration = Frozen<core.Toleration>

/** `run`: a pod is to be there. `stay`: a pod that is there may stay. */
export function fit(
  node: Node,
  spec: Frozen<core.PodSpec>,
  tolerations: readonly Toleration[],
): { run: boolean; stay: boolean } {
  const { nodeName = '' } = spec
  if (nodeName !== '' && nodeName !== node.metadata.name) return { run: false, stay: false }
  if (requiredNodeAffinity(spec)?.(node) === false) return { run: false, stay: false }
  const untolerated = (node.spec?.taints ?? []).filter((taint) => !tolerates(tolerations, taint))
  const stay = untolerated.every(({ effect }) => effect !== 'NoExecute')
  const run = stay && untolerated.every(({ effect }) => effect !== 'NoSchedule')
  return { run, stay }
}
