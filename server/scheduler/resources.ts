// Amounts of resources as plain numbers, and what a pod asks for in total.
// Source: component-helpers resource, PodRequests; pkg/scheduler/framework, Resource (v1.36)
// Left out on purpose: amounts of a pod being resized in place are those of its spec.
import { parseQuantity, quantityMilliValue, quantityValue } from '../apimachinery/quantity.ts'
import type { Container } from '../api/core.ts'
import type { Frozen } from '../apimachinery/types.ts'
import type { PodObject } from './framework.ts'

/** CPU in thousandths of a core, everything else in bytes or pieces. */
export interface ResourceTotals {
  cpuMilli: number
  memory: number
  ephemeralStorage: number
  /** Extended resources and huge pages, by name. */
  scalars: Map<string, number>
}

export type ResourceList = Readonly<Record<string, string>>

/** What a container that asks for nothing is taken to use when nodes are scored. */
const ASSUMED_CPU_MILLI = 100
const ASSUMED_MEMORY = 200 * 1024 * 1024

export function noResources(): ResourceTotals {
  return { cpuMilli: 0, memory: 0, ephemeralStorage: 0, scalars: new Map() }
}

/** Texts recur, so each is parsed once; the memory is dropped before it grows large. */
const parsed = new Map<string, number>()

function amount(name: string, quantity: string): number {
  const key = name === 'cpu' ? `m${quantity}` : quantity
  const known = parsed.get(key)
  if (known !== undefined) return known
  const value = parseQuantity(quantity)
  const result = Number(name === 'cpu' ? quantityMilliValue(value) : quantityValue(value))
  if (parsed.size > 2000) parsed.clear()
  parsed.set(key, result)
  return result
}

/** `pods` is not an amount a pod asks for and is skipped. */
export function totalsOf(list: ResourceList | undefined): ResourceTotals {
  const totals = noResources()
  for (const [name, quantity] of Object.entries(list ?? {})) setAmount(totals, name, amount(name, quantity))
  return totals
}

export function podsAmount(list: ResourceList | undefined): number {
  const pods = list?.['pods']
  return pods === undefined ? 0 : amount('pods', pods)
}

function setAmount(totals: ResourceTotals, name: string, value: number): void {
  if (name === 'cpu') totals.cpuMilli = value
  else if (name === 'memory') totals.memory = value
  else if (name === 'ephemeral-storage') totals.ephemeralStorage = value
  else if (name !== 'pods') totals.scalars.set(name, value)
}

export function amountOf(totals: ResourceTotals, name: string): number {
  if (name === 'cpu') return totals.cpuMilli
  if (name === 'memory') return totals.memory
  if (name === 'ephemeral-storage') return totals.ephemeralStorage
  return totals.scalars.get(name) ?? 0
}

/** Resources that every node has; the others are devices, huge pages and the like. */
export function isCommonResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name === 'ephemeral-storage'
}

/** Adds `factor` times `other`. */
export function addTotals(totals: ResourceTotals, other: ResourceTotals, factor: 1 | -1 = 1): void {
  totals.cpuMilli += factor * other.cpuMilli
  totals.memory += factor * other.memory
  totals.ephemeralStorage += factor * other.ephemeralStorage
  for (const [name, value] of other.scalars) totals.scalars.set(name, (totals.scalars.get(name) ?? 0) + factor * value)
}

function raiseTo(totals: ResourceTotals, other: ResourceTotals): void {
  totals.cpuMilli = Math.max(totals.cpuMilli, other.cpuMilli)
  totals.memory = Math.max(totals.memory, other.memory)
  totals.ephemeralStorage = Math.max(totals.ephemeralStorage, other.ephemeralStorage)
  for (const [name, value] of other.scalars) totals.scalars.set(name, Math.max(totals.scalars.get(name) ?? 0, value))
}

/**
 * Containers count together, init containers one at a time; a sidecar runs beside all that come after it.
 * Worked example. init a: 2 CPU, sidecar b: 1, init c: 2, containers 1 + 1 → max(1 + 1 + 1, 2, 1, 1 + 2) = 3.
 */
export function podRequests(pod: PodObject, missing: 'as zero' | 'assumed' = 'as zero'): ResourceTotals {
  const totals = noResources()
  const spec = pod.spec
  for (const container of spec?.containers ?? []) addTotals(totals, containerRequests(container, missing))
  if (spec?.initContainers !== undefined && spec.initContainers.length > 0) {
    const sidecars = noResources()
    const peak = noResources()
    for (const container of spec.initContainers) {
      const requests = containerRequests(container, missing)
      if (container.restartPolicy === 'Always') {
        addTotals(totals, requests)
        addTotals(sidecars, requests)
        raiseTo(peak, sidecars)
      } else {
        addTotals(requests, sidecars)
        raiseTo(peak, requests)
      }
    }
    raiseTo(totals, peak)
  }
  for (const [name, quantity] of Object.entries(spec?.resources?.requests ?? {})) {
    if (isPodLevelResource(name)) setAmount(totals, name, amount(name, quantity))
  }
  if (spec?.overhead !== undefined) addTotals(totals, totalsOf(spec.overhead))
  return totals
}

function containerRequests(container: Frozen<Container>, missing: 'as zero' | 'assumed'): ResourceTotals {
  const requests = container.resources?.requests
  const totals = totalsOf(requests)
  if (missing === 'assumed') {
    if (requests?.['cpu'] === undefined) totals.cpuMilli = ASSUMED_CPU_MILLI
    if (requests?.['memory'] === undefined) totals.memory = ASSUMED_MEMORY
  }
  return totals
}

function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')
}
