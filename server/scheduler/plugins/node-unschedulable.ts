// Cordoned nodes take no new pods, except those that tolerate the taint that cordoning sets.
import { toleratesTaint } from '../../api/taints.ts'
import type { FilterPlugin } from '../framework.ts'

const UNSCHEDULABLE_TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const

export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  isLocal: true,
  prepare({ pod }) {
    const tolerated =
      pod.spec?.tolerations?.some((toleration) => toleratesTaint(toleration, UNSCHEDULABLE_TAINT)) ?? false
    if (tolerated) return undefined
    const rejection = { resolvable: false, reasons: ['node(s) were unschedulable'] }
    return { filter: ({ node }) => (node.spec?.unschedulable === true ? rejection : undefined) }
  },
  mayHelp(event) {
    if (event.kind === 'NodeAdded') return event.node.spec?.unschedulable !== true
    return (
      event.kind === 'NodeUpdated' && event.old.spec?.unschedulable === true && event.node.spec?.unschedulable !== true
    )
  },
}
