// Hints that spread endpoints over zones in proportion to the CPU of their nodes, for services annotated so.
// Source: k8s.io/endpointslice, topologycache (v1.36)
import type * as core from '../../api/core.ts'
import { parseQuantity, quantityToNumber } from '../../apimachinery/quantity.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { findCondition } from '../conditions.ts'
import { isReady, removeHints, withHints, type Draft, type Drafts } from './hints.ts'
import type { Endpoint, Slice } from './slices.ts'

type Node = Frozen<Stored<core.Node>>

export interface HintEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** Endpoints hinted to each zone. */
type ZoneCounts = Map<string, number>

interface Allocation {
  readonly minimum: number
  readonly maximum: number
  readonly desired: number
}

const ZONE = 'topology.kubernetes.io/zone'
const EXCLUDED = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']
/** So much more than its share an endpoint may have to bear. */
const OVERLOAD = 0.2
const SHARE = 1 / (1 + OVERLOAD)

/** Which part of the CPU each zone has; undefined if that cannot be told, or there is one zone only. */
export function zoneRatios(nodes: readonly Node[]): ReadonlyMap<string, number> | undefined {
  const byZone = new Map<string, number>()
  for (const { metadata, status } of nodes) {
    const { labels = {} } = metadata
    if (EXCLUDED.some((label) => label in labels)) continue
    if (findCondition(status?.conditions, 'Ready')?.status !== 'True') continue
    const zone = labels[ZONE] ?? ''
    const cpu = quantityToNumber(parseQuantity(status?.allocatable?.['cpu'] ?? '0'))
    if (zone === '' || cpu === 0) return undefined
    byZone.set(zone, (byZone.get(zone) ?? 0) + cpu)
  }
  if (byZone.size < 2) return undefined
  const total = [...byZone.values()].reduce((sum, cpu) => sum + cpu, 0)
  return new Map([...byZone].map(([zone, cpu]) => [zone, cpu / total]))
}

/** What was hinted last, by service and address family: to tell what is new, and whom a change of the nodes concerns. */
export class TopologyHints {
  readonly #hinted = new Map<string, Map<string, ZoneCounts>>()
  readonly #populated = new Set<string>()

  /** Sets hints, or takes them away where they cannot be right. */
  add(key: string, family: string, drafts: Drafts, nodes: readonly Node[]): readonly HintEvent[] {
    const refuse = (message: string): readonly HintEvent[] => {
      this.#forget(key, family)
      removeHints(drafts)
      return [{ type: 'Warning', reason: 'TopologyAwareHintsDisabled', message: `${message}, addressType: ${family}` }]
    }
    const allocations = allocate(zoneRatios(nodes), readyEndpoints(drafts).length)
    if (typeof allocations === 'string') return refuse(allocations)
    const counts = keepGoodSlices(drafts, allocations)
    const zoneless = drafts.written.some(({ endpoints }) => endpoints.some((one) => isReady(one) && !one.zone))
    if (zoneless) return refuse('One or more endpoints do not have a zone specified')
    for (const draft of drafts.written) {
      draft.endpoints = draft.endpoints.map((endpoint) => {
        const { zone } = endpoint
        if (!isReady(endpoint) || zone === undefined) return endpoint
        add(counts, zone, 1)
        return withHints(endpoint, { forZones: [{ name: zone }] })
      })
    }
    redistribute(drafts.written, transfers(allocations, counts), counts)
    if (counts.size === 0) return refuse('No hints allocated for zones')
    const isNew = !this.#populated.has(key)
    const families = this.#hinted.get(key) ?? new Map<string, ZoneCounts>()
    this.#hinted.set(key, families.set(family, counts))
    this.#populated.add(key)
    const message = `Topology Aware Hints has been enabled, addressType: ${family}`
    return isNew ? [{ type: 'Normal', reason: 'TopologyAwareHintsEnabled', message }] : []
  }

  /** The service does not ask for hints by annotation (any more). */
  remove(key: string, family: string): readonly HintEvent[] {
    const had = this.#populated.has(key)
    this.#forget(key, family)
    const message = `Topology Aware Hints has been disabled, addressType: ${family}`
    return had ? [{ type: 'Warning', reason: 'TopologyAwareHintsDisabled', message }] : []
  }

  /** Services with too few endpoints for some zone, now that nodes are as they are. */
  overloaded(nodes: readonly Node[]): readonly string[] {
    if (this.#hinted.size === 0) return []
    const ratios = zoneRatios(nodes)
    const isOverloaded = (counts: ZoneCounts): boolean => {
      if (counts.size === 0) return false
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
      return (
        ratios === undefined ||
        [...ratios].some(([zone, ratio]) => (counts.get(zone) ?? 0) < Math.ceil(total * ratio * SHARE))
      )
    }
    return [...this.#hinted].filter(([, families]) => [...families.values()].some(isOverloaded)).map(([key]) => key)
  }

  #forget(key: string, family: string): void {
    const families = this.#hinted.get(key)
    families?.delete(family)
    if (families?.size === 0) this.#hinted.delete(key)
    this.#populated.delete(key)
  }
}

function readyEndpoints({ written, unchanged }: Drafts): readonly Endpoint[] {
  const all = [...written.map(({ endpoints }) => endpoints), ...unchanged.map(({ endpoints = [] }) => endpoints)]
  return all.flat().filter(isReady)
}

/** How many endpoints each zone should get, or why that cannot be done. */
function allocate(
  ratios: ReadonlyMap<string, number> | undefined,
  count: number,
): ReadonlyMap<string, Allocation> | string {
  if (ratios === undefined) {
    return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes'
  }
  const numbers = `(${count} endpoints, ${ratios.size} zones)`
  if (ratios.size > count) return `Insufficient number of endpoints ${numbers}`
  const minimum = (ratio: number): number => Math.ceil(ratio * count * SHARE)
  const total = [...ratios.values()].reduce((sum, ratio) => sum + minimum(ratio), 0)
  if (total > count) {
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${numbers}`
  }
  return new Map(
    [...ratios].map(([zone, ratio]) => {
      const least = minimum(ratio)
      return [zone, { minimum: least, maximum: least + count - total, desired: Math.max(ratio * count, least) }]
    }),
  )
}

/** Slices that would stay as they are may, if their hints still do; the others are written. */
function keepGoodSlices(drafts: Drafts, allocations: ReadonlyMap<string, Allocation>): ZoneCounts {
  const counts: ZoneCounts = new Map()
  for (const slice of drafts.unchanged) {
    const own = hintedZones(slice)
    const isGood =
      own !== undefined &&
      [...own].every(([zone, count]) => (counts.get(zone) ?? 0) + count <= (allocations.get(zone)?.maximum ?? -1))
    if (isGood) for (const [zone, count] of own) add(counts, zone, count)
    else drafts.touch(slice)
  }
  return counts
}

/** Undefined if an endpoint has no hint. */
function hintedZones({ endpoints = [] }: Slice): ZoneCounts | undefined {
  const counts: ZoneCounts = new Map()
  for (const endpoint of endpoints) {
    if (!isReady(endpoint)) continue
    const zones = endpoint.hints?.forZones ?? []
    if (zones.length === 0) return undefined
    for (const { name } of zones) add(counts, name, 1)
  }
  return counts
}

function add(counts: ZoneCounts, zone: string, count: number): void {
  counts.set(zone, (counts.get(zone) ?? 0) + count)
}

interface Transfers {
  readonly giving: ZoneCounts
  readonly receiving: ZoneCounts
}

/** How many endpoints each zone gives to others, and gets from them; halves do not move. */
function transfers(allocations: ReadonlyMap<string, Allocation>, counts: ZoneCounts): Transfers {
  const surplus = new Map<string, number>()
  const lack = new Map<string, number>()
  for (const [zone, { desired }] of allocations) {
    const difference = (counts.get(zone) ?? 0) - desired
    if (difference > 0) surplus.set(zone, difference)
    else if (difference < 0) lack.set(zone, -difference)
  }
  const giving: ZoneCounts = new Map()
  const receiving: ZoneCounts = new Map()
  for (;;) {
    const [giver, toGive] = most(surplus)
    const [receiver, toReceive] = most(lack)
    const isEnough = (toGive < 1 && toReceive < 1) || toGive < 0.5 || toReceive < 0.5
    if (giver === undefined || receiver === undefined || isEnough) return { giving, receiving }
    add(giving, giver, 1)
    surplus.set(giver, toGive - 1)
    add(receiving, receiver, 1)
    lack.set(receiver, toReceive - 1)
  }
}

function most(zones: ReadonlyMap<string, number>): [string | undefined, number] {
  let found: [string | undefined, number] = [undefined, 0]
  for (const [zone, count] of zones) if (count > found[1]) found = [zone, count]
  return found
}

function redistribute(written: readonly Draft[], { giving, receiving }: Transfers, counts: ZoneCounts): void {
  for (const draft of written) {
    draft.endpoints = draft.endpoints.map((endpoint) => {
      const { zone = '' } = endpoint
      const [receiver] = [...receiving].find(([, count]) => count > 0) ?? []
      if (!isReady(endpoint) || receiver === undefined || (giving.get(zone) ?? 0) === 0) return endpoint
      add(giving, zone, -1)
      add(receiving, receiver, -1)
      add(counts, zone, -1)
      add(counts, receiver, 1)
      return withHints(endpoint, { forZones: [{ name: receiver }] })
    })
  }
}
