// DefaultTolerationSeconds: pods stay five minutes on a node that is not ready or unreachable, unless they say otherwise.
// Source: plugin/pkg/admission/defaulttolerationseconds (v1.36)
import type { Pod, Toleration } from '../api/core.ts'
import { isFor } from './forbidden.ts'
import type { AdmissionPlugin } from './plugin.ts'

const tolerationSeconds = 300
const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',

  admit(attributes) {
    if (!isFor(attributes, '', 'pods') || attributes.object === undefined) return
    const { spec } = attributes.object as Pod
    if (spec === undefined) return
    const own = spec.tolerations ?? []
    const missing = taints.filter((key) => !own.some((toleration) => tolerates(toleration, key)))
    if (missing.length === 0) return
    spec.tolerations = [
      ...own,
      ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds })),
    ]
  },
}

function tolerates({ key = '', effect = '' }: Toleration, taint: string): boolean {
  return (key === taint || key === '') && (effect === 'NoExecute' || effect === '')
}
