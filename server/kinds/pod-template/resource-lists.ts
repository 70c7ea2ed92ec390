// Quantities of resources are kept in thousandths at the finest.
// Source: pkg/apis/core/v1, SetDefaults_ResourceList (v1.36)
import type { ResourceRequirements } from '../../api/core.ts'
import {
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
  roundUpQuantity,
} from '../../apimachinery/quantity.ts'

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

/** Without a fraction, as Go's counting in thousandths sees it, which overflows beyond some 9e15. */
export function isWholeQuantity(text: string): boolean {
  const quantity = parseQuantity(text)
  const milli = quantityMilliValue(quantity)
  if (milli < maxInt64 && -milli < maxInt64) return milli % 1000n === 0n
  return isCountedInInt64(text) || BigInt.asIntN(64, quantityValue(quantity) * 1000n) % 1000n === 0n
}

/** Few decimal digits are kept in 64 bits, where an overflow is 0. Source: ParseQuantity */
function isCountedInInt64(text: string): boolean {
  return !text.endsWith('i') && text.replace(/[eE].*$|[^0-9]/g, '').length <= 18
}
