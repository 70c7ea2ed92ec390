// Quantities of resources are kept in thousandths at the finest.
// Source: pkg/apis/core/v1, SetDefaults_ResourceList (v1.36)
import type { ResourceRequirements } from '../../api/core.ts'
import { formatQuantity, parseQuantity, quantityMilliValue, roundUpQuantity } from '../../apimachinery/quantity.ts'

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

const maxInt64 = 2n ** 63n - 1n

/** Without a fraction; what is too large to be counted in thousandths has none. */
export function isWholeQuantity(text: string): boolean {
  const milli = quantityMilliValue(parseQuantity(text))
  return milli % 1000n === 0n || milli >= maxInt64 || -milli >= maxInt64
}
