// Host ports can be taken once per node.
import type { FilterPlugin } from '../framework.ts'

export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  isLocal: true,
  prepare({ hostPorts }) {
    if (hostPorts.length === 0) return undefined
    const rejection = { resolvable: true, reasons: ["node(s) didn't have free ports for the requested pod ports"] }
    return { filter: (node) => (hostPorts.some((port) => node.usesHostPort(port)) ? rejection : undefined) }
  },
  mayHelp: (event) => event.kind === 'NodeAdded' || event.kind === 'AssignedPodDeleted',
}
