// Sums of what a pod's containers request, and the quality-of-service class that follows from them.
// Source: component-helpers/resource, AggregateContainerRequests; pkg/apis/core/helper/qos, ComputePodQOS (v1.36)
import type { Container, PodSpec } from '../../api/core.ts'
import type { Quantity } from '../../apimachinery/quantity.ts'
import { addQuantities, compareQuantities, parseQuantity } from '../../apimachinery/quantity.ts'

/** Quantities by resource name. */
export type ResourceSums = Record<string, Quantity>

export type QOSClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

type Combine = (sum: Quantity, more: Quantity) => Quantity

const larger: Combine = (sum, more) => (compareQuantities(more, sum) > 0 ? more : sum)

function combine(sums: ResourceSums, more: Readonly<ResourceSums>, how: Combine): void {
  for (const [name, quantity] of Object.entries(more)) {
    const sum = sums[name]
    sums[name] = sum === undefined ? quantity : how(sum, quantity)
  }
}

function parseAll(list: Readonly<Record<string, string>> | undefined): ResourceSums {
  return Object.fromEntries(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]))
}

export function isRestartableInitContainer(container: Pick<Container, 'restartPolicy'> | undefined): boolean {
  return container?.restartPolicy === 'Always'
}

/**
 * What the containers need together: all that run at once, or more if an init container needs more while the restartable
 * ones before it run.
 */
export function aggregateContainerResources(spec: PodSpec, list: 'requests' | 'limits'): ResourceSums {
  const total: ResourceSums = {}
  for (const container of spec.containers ?? []) combine(total, parseAll(container.resources?.[list]), addQuantities)
  const restartable: ResourceSums = {}
  const initializing: ResourceSums = {}
  for (const container of spec.initContainers ?? []) {
    const own = parseAll(container.resources?.[list])
    const together = { ...restartable }
    combine(together, own, addQuantities)
    if (isRestartableInitContainer(container)) {
      combine(total, own, addQuantities)
      Object.assign(restartable, together)
    }
    combine(initializing, together, larger)
  }
  combine(total, initializing, larger)
  return total
}

const zero = parseQuantity('0')

/** cpu and memory above zero: what counts for the class. */
function computeResources(list: Readonly<Record<string, string>> | undefined): ResourceSums {
  const entries = Object.entries(parseAll(list))
  return Object.fromEntries(
    entries.filter(
      ([name, quantity]) => (name === 'cpu' || name === 'memory') && compareQuantities(quantity, zero) > 0,
    ),
  )
}

export function computePodQOS(spec: PodSpec): QOSClass {
  const requests: ResourceSums = {}
  const limits: ResourceSums = {}
  const holders = spec.resources === undefined ? [...(spec.containers ?? []), ...(spec.initContainers ?? [])] : [spec]
  let isGuaranteed = true
  for (const { resources } of holders) {
    combine(requests, computeResources(resources?.requests), addQuantities)
    const ownLimits = computeResources(resources?.limits)
    combine(limits, ownLimits, addQuantities)
    if (ownLimits['cpu'] === undefined || ownLimits['memory'] === undefined) isGuaranteed = false
  }
  const names = Object.keys(requests)
  if (names.length + Object.keys(limits).length === 0) return 'BestEffort'
  const equal = names.every(
    (name) => limits[name] !== undefined && compareQuantities(limits[name], requests[name]!) === 0,
  )
  return isGuaranteed && equal && names.length === Object.keys(limits).length ? 'Guaranteed' : 'Burstable'
}
