// ComponentStatus of the core group: computed when it is read, never stored.
// Source: pkg/printers/internalversion, printComponentStatus (v1.36)
import type { ComponentCondition, ComponentStatus } from '../../api/core.ts'
import { defineKind } from '../../registry/kind.ts'

export const componentStatus = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  cells: {
    Status: (object) => {
      const condition = healthy(object)
      if (condition === undefined) return 'Unknown'
      return condition.status === 'True' ? 'Healthy' : 'Unhealthy'
    },
    Message: (object) => healthy(object)?.message ?? '',
    Error: (object) => healthy(object)?.error ?? '',
  },
})

function healthy({ conditions }: ComponentStatus): ComponentCondition | undefined {
  return (conditions ?? []).find(({ type }) => type === 'Healthy')
}
