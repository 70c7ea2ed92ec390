// The devices that a node can reach, by pool, from the slices that drivers publish.
// Source: dynamic-resource-allocation/structured/internal/incubating, GatherPools (v1.36)
import { requiredNodeAffinity } from '../../api/node-selector.ts'
import type { Device } from '../../api/resource.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { SliceObject } from '../claims.ts'
import type { NodeObject } from '../framework.ts'

export interface PoolDevice {
  /** `driver/pool/device` */
  readonly id: string
  readonly driver: string
  readonly pool: string
  readonly device: Frozen<Device>
  readonly slice: SliceObject
}

export interface Pool {
  readonly id: string
  /** Being published: not all slices of the newest generation are there. */
  readonly isIncomplete: boolean
  /** Slices contradict each other. */
  readonly isInvalid: boolean
  /** In the order in which they are tried. */
  readonly devices: readonly PoolDevice[]
  /** Capacities that several devices share: counters by set. */
  readonly counters: ReadonlyMap<string, ReadonlyMap<string, string>>
}

type NodeChoice = Pick<Frozen<Device>, 'nodeName' | 'allNodes' | 'nodeSelector'>

function isReachable({ nodeName, allNodes, nodeSelector }: NodeChoice, node: NodeObject): boolean {
  if (nodeName !== undefined && nodeName !== '') return nodeName === node.metadata.name
  if (allNodes === true) return true
  if (nodeSelector === undefined) return false
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: nodeSelector } }
  return requiredNodeAffinity({ affinity } as Parameters<typeof requiredNodeAffinity>[0])?.(node) ?? true
}

/** By driver and pool; those whose devices need more to get ready come last. */
export function poolsOf(slices: readonly SliceObject[], node: NodeObject): readonly Pool[] {
  const byPool = new Map<string, SliceObject[]>()
  for (const slice of slices) {
    const { driver, pool } = slice.spec
    const id = `${driver}/${pool.name}`
    const others = byPool.get(id)
    if (others === undefined) byPool.set(id, [slice])
    else others.push(slice)
  }
  const pools = [...byPool].flatMap(([id, all]) => poolOf(id, all, node) ?? [])
  pools.sort((a, b) => (a.id < b.id ? -1 : 1))
  const waits = ({ devices }: Pool): boolean =>
    devices.some(({ device }) => (device.bindingConditions?.length ?? 0) > 0)
  return [...pools.filter((pool) => !waits(pool)), ...pools.filter(waits)]
}

/** Nothing if the node reaches none of it. */
function poolOf(id: string, all: readonly SliceObject[], node: NodeObject): Pool | undefined {
  const newest = all.reduce((most, { spec }) => Math.max(most, spec.pool.generation), 0)
  const current = all.filter(({ spec }) => spec.pool.generation === newest)
  current.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const relevant = current.filter(({ spec }) => (spec.sharedCounters?.length ?? 0) > 0 || isForNode(spec, node))
  if (relevant.length === 0) return undefined
  const isIncomplete = current.length !== current[0]!.spec.pool.resourceSliceCount
  const devices = relevant.flatMap((slice) => devicesOf(slice, node))
  const counters = new Map<string, ReadonlyMap<string, string>>()
  for (const { spec } of current) {
    for (const { name, counters: set } of spec.sharedCounters ?? []) {
      counters.set(name, new Map(Object.entries(set).map(([counter, { value }]) => [counter, value])))
    }
  }
  const names = current.flatMap(({ spec }) => (spec.devices ?? []).map(({ name }) => name))
  const isInvalid =
    new Set(names).size !== names.length ||
    devices.some(({ device }) => device.consumesCounters?.some(({ counterSet }) => !counters.has(counterSet)))
  return { id, isIncomplete, isInvalid, devices, counters }
}

function isForNode(spec: SliceObject['spec'], node: NodeObject): boolean {
  if (spec.perDeviceNodeSelection === true) return (spec.devices ?? []).some((device) => isReachable(device, node))
  return isReachable(spec, node)
}

function devicesOf(slice: SliceObject, node: NodeObject): readonly PoolDevice[] {
  const { driver, pool, devices = [], perDeviceNodeSelection } = slice.spec
  return devices
    .filter((device) => perDeviceNodeSelection !== true || isReachable(device, node))
    .map((device) => ({ id: `${driver}/${pool.name}/${device.name}`, driver, pool: pool.name, device, slice }))
}
