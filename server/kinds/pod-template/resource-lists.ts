// Quantities of resources are kept in thousandths at the finest.
// Source: pkg/apis/core/v1, SetDefaults_ResourceList (v1.36)
import type { ResourceRequirements } from '../../api/core.ts'
import { formatQuantity, parseQuantity, roundUpQuantity } from '../../apimachinery/quantity.ts'

const milliScale = -3

/** Rounds finer quantities up, in place. */
export function defaultResourceList(list: Record<string, string> | undefined): void {
  if (list === undefined) return
  for (const [name, text] of Object.entries(list)) {
    const quantity = parseQuantity(text)
    if (quantity.scale < milliScale) list[name] = formatQuantity(roundUpQuantity(quantity, milliScale))
  }
}

export function defaultResources(resources: Pick<ResourceRequirements, 'limits' | 'requests'> | undefined): void {
  defaultResourceList(resources?.limits)
  defaultResourceList(resources?.requests)
}
