// What a pod as a whole requests and may use.
// Source: plugin/pkg/admission/limitranger, podRequests and podLimits; component-helpers/resource, PodRequests (v1.36)
import type { PodSpec } from './core.ts'
import { addQuantities, compareQuantities, formatQuantity, parseQuantity } from '../apimachinery/quantity.ts'
import type { Quantity } from '../apimachinery/quantity.ts'
import type { Frozen } from '../apimachinery/types.ts'

/** Quantities by resource name, as on the wire. */
export type ResourceTexts = Readonly<Record<string, string>>

type Amounts = Map<string, Quantity>
type Spec = Frozen<PodSpec>

export function podRequests(spec: Spec): ResourceTexts {
  return podTotal(spec, 'requests')
}

export function podLimits(spec: Spec): ResourceTexts {
  return podTotal(spec, 'limits')
}

/**
 * The sum of the containers, or what the hungriest moment of initialisation needs if that is more: an init container
 * runs beside the sidecars that were started before it. What the pod itself asks for counts instead.
 */
function podTotal(spec: Spec, kind: 'requests' | 'limits'): ResourceTexts {
  const total: Amounts = new Map()
  for (const { resources } of spec.containers ?? []) add(total, resources?.[kind])
  const sidecars: Amounts = new Map()
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    if (restartPolicy !== 'Always') continue
    add(total, resources?.[kind])
  }
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    const moment: Amounts = new Map(sidecars)
    add(moment, resources?.[kind])
    if (restartPolicy === 'Always') add(sidecars, resources?.[kind])
    for (const [name, amount] of moment) {
      const known = total.get(name)
      if (known === undefined || compareQuantities(amount, known) > 0) total.set(name, amount)
    }
  }
  for (const [name, text] of Object.entries(spec.resources?.[kind] ?? {})) {
    if (name === 'cpu' || name === 'memory') total.set(name, parseQuantity(text))
  }
  return Object.fromEntries([...total].map(([name, amount]) => [name, formatQuantity(amount)]))
}

function add(total: Amounts, more: ResourceTexts | undefined): void {
  for (const [name, text] of Object.entries(more ?? {})) {
    const amount = parseQuantity(text)
    const known = total.get(name)
    total.set(name, known === undefined ? amount : addQuantities(known, amount))
  }
}
