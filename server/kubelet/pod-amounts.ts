// The requests and limits of a whole pod, as quantities.
// Source: component-helpers resource, PodRequests and PodLimits (v1.36)
import type { ResourceRequirements } from '../api/core.ts'
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
} from '../apimachinery/quantity.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { isSidecar } from './container-status.ts'
import type { PodObject } from './stage.ts'

type Amounts = Record<string, string>

export function podAmounts(pod: PodObject): { requests: Amounts; limits: Amounts } {
  const spec = pod.spec
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
  // Most pods ask for nothing.
  if (
    spec?.resources === undefined &&
    spec?.overhead === undefined &&
    containers.every(({ resources }) => isEmpty(resources))
  ) {
    return { requests: {}, limits: {} }
  }
  return { requests: total(pod, 'requests'), limits: total(pod, 'limits') }
}

function isEmpty(resources: Frozen<ResourceRequirements> | undefined): boolean {
  return resources?.requests === undefined && resources?.limits === undefined
}

/** Containers and sidecars together, or what an init container needs beside the sidecars before it, if that is more. */
function total(pod: PodObject, which: 'requests' | 'limits'): Amounts {
  const sums = new Map<string, Quantity>()
  const sidecars = new Map<string, Quantity>()
  const peaks = new Map<string, Quantity>()
  for (const container of pod.spec?.containers ?? []) add(sums, container.resources?.[which])
  for (const container of pod.spec?.initContainers ?? []) {
    const amounts = container.resources?.[which]
    if (isSidecar(container)) {
      add(sums, amounts)
      add(sidecars, amounts)
      raise(peaks, sidecars)
    } else {
      const beside = new Map(sidecars)
      add(beside, amounts)
      raise(peaks, beside)
    }
  }
  raise(sums, peaks)
  for (const [name, quantity] of Object.entries(pod.spec?.resources?.[which] ?? {}))
    sums.set(name, parseQuantity(quantity))
  const overhead = Object.entries(pod.spec?.overhead ?? {}).filter(([name]) => which === 'requests' || sums.has(name))
  add(sums, Object.fromEntries(overhead))
  return Object.fromEntries([...sums].map(([name, quantity]) => [name, formatQuantity(quantity)]))
}

function add(sums: Map<string, Quantity>, amounts: Readonly<Amounts> | undefined): void {
  for (const [name, text] of Object.entries(amounts ?? {})) {
    const quantity = parseQuantity(text)
    const before = sums.get(name)
    sums.set(name, before === undefined ? quantity : addQuantities(before, quantity))
  }
}

function raise(sums: Map<string, Quantity>, others: ReadonlyMap<string, Quantity>): void {
  for (const [name, quantity] of others) {
    const before = sums.get(name)
    if (before === undefined || compareQuantities(quantity, before) > 0) sums.set(name, quantity)
  }
}
