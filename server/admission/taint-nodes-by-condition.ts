// TaintNodesByCondition: a new node takes no pods until it has been seen ready.
// Source: plugin/pkg/admission/nodetaint (v1.36)
import type { Node } from '../api/core.ts'
import { isFor } from './forbidden.ts'
import type { AdmissionPlugin } from './plugin.ts'

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',

  admit(attributes) {
    if (attributes.operation !== 'CREATE' || !isFor(attributes, '', 'nodes') || attributes.object === undefined) return
    const spec = ((attributes.object as Node).spec ??= {})
    const taints = spec.taints ?? []
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return
    spec.taints = [...taints, { ...notReady }]
  },
}
