// Pods that need something not every kubelet can do go to nodes whose kubelets say that they can.
// Source: pkg/scheduler/framework/plugins/nodedeclaredfeatures; component-helpers nodedeclaredfeatures/features (v1.36)
import type { FilterPlugin, NodeObject, PodObject } from '../framework.ts'

const REJECTION = { resolvable: false, reasons: ["node(s) didn't match Pod's required features"] }

const RESTART_ALL = 'RestartAllContainersOnContainerExits'
const USER_NAMESPACES = 'UserNamespacesHostNetworkSupport'

export const nodeDeclaredFeatures: FilterPlugin = {
  name: 'NodeDeclaredFeatures',
  prepare({ pod }) {
    const needed = featuresNeeded(pod)
    if (needed.length === 0) return undefined
    return { filter: ({ node }) => (declares(node, needed) ? undefined : REJECTION) }
  },
  mayHelp(event, { pod }) {
    if (event.kind !== 'NodeAdded' && event.kind !== 'NodeUpdated') return false
    return declares(event.node, featuresNeeded(pod))
  },
}

/** Source: InferForScheduling of each feature */
function featuresNeeded({ spec }: PodObject): readonly string[] {
  const needed: string[] = []
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  if (containers.some((one) => one.restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'))) {
    needed.push(RESTART_ALL)
  }
  if (spec?.hostNetwork === true && spec.hostUsers === false) needed.push(USER_NAMESPACES)
  return needed
}

function declares({ status }: NodeObject, needed: readonly string[]): boolean {
  return needed.every((feature) => status?.declaredFeatures?.includes(feature))
}
