// Finds devices for all claims of a pod on one node, or none: requests are tried in order, the first device that will do
// is taken, and given back if what comes after finds none.
// Source: dynamic-resource-allocation/structured/internal/incubating, Allocator (v1.36)
// Left out on purpose: devices that several claims use at once (consumable capacity) are given to one.
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from '../../apimachinery/quantity.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequest,
  DeviceSubRequest,
  DeviceTaint,
  ExactDeviceRequest,
} from '../../api/resource.ts'
import { toleratesTaint } from '../../api/taints.ts'
import type { ClaimsView, DeviceClaimObject, DeviceClassObject } from '../claims.ts'
import type { NodeObject } from '../framework.ts'
import { AttributeConstraint } from './constraints.ts'
import { poolsOf, type Pool, type PoolDevice } from './pools.ts'
import { deviceMatches } from './selectors.ts'

/** A claim holds no more devices. */
const MAX_DEVICES = 32

/** One way to meet a request. */
interface Wish {
  /** `request`, or `request/alternative`. */
  readonly name: string
  /** Under which constraints and configurations may mean it. */
  readonly names: readonly string[]
  readonly details: Frozen<ExactDeviceRequest & DeviceSubRequest>
  readonly deviceClass: DeviceClassObject
}

interface Chosen {
  readonly wish: Wish
  readonly device: PoolDevice
}

/** What is in use already: devices by id, and what is taken of shared counters, by pool, set and counter. */
export interface DevicesInUse {
  readonly devices: ReadonlySet<string>
}

export function devicesInUse(claims: readonly DeviceClaimObject[]): DevicesInUse {
  const devices = new Set<string>()
  for (const { status } of claims) {
    for (const { driver, pool, device, adminAccess } of status?.allocation?.devices?.results ?? []) {
      if (adminAccess !== true) devices.add(`${driver}/${pool}/${device}`)
    }
  }
  return { devices }
}

/**
 * One result for each claim, or nothing if the node does not have what they ask for.
 * @throws Error if a claim or a class makes no sense
 */
export function allocate(
  claims: readonly DeviceClaimObject[],
  node: NodeObject,
  view: ClaimsView,
  inUse: DevicesInUse,
): readonly AllocationResult[] | undefined {
  const pools = poolsOf(view.slices(), node)
  const search = new Search(pools, inUse)
  const tasks = claims.map((claim) => ({
    claim,
    constraints: (claim.spec.devices?.constraints ?? []).map((constraint) => new AttributeConstraint(constraint)),
    requests: (claim.spec.devices?.requests ?? []).map((request) => wishesOf(claim, request, view)),
  }))
  const chosen = search.run(tasks)
  if (chosen === undefined) return undefined
  return tasks.map(({ claim }, at) => resultOf(claim, chosen[at]!, node))
}

function nameOf({ metadata }: DeviceClaimObject): string {
  return `${metadata.namespace}/${metadata.name}`
}

/** The alternatives, the best first. */
function wishesOf(claim: DeviceClaimObject, request: Frozen<DeviceRequest>, view: ClaimsView): readonly Wish[] {
  const wishOf = (details: Wish['details'], name: string, names: readonly string[]): Wish => {
    const deviceClass = view.deviceClass(details.deviceClassName)
    if (deviceClass !== undefined) return { name, names, details, deviceClass }
    const missing = `deviceclass.resource.k8s.io "${details.deviceClassName}" not found`
    throw new Error(
      `claim ${nameOf(claim)}, request ${name}: could not retrieve device class ${details.deviceClassName}: ${missing}`,
    )
  }
  const { name, exactly, firstAvailable = [] } = request
  if (exactly !== undefined) return [wishOf(exactly as Wish['details'], name, [name])]
  return firstAvailable.map((one) =>
    wishOf(one as Wish['details'], `${name}/${one.name}`, [name, `${name}/${one.name}`]),
  )
}

interface Task {
  readonly claim: DeviceClaimObject
  readonly constraints: readonly AttributeConstraint[]
  /** Of each request the ways to meet it. */
  readonly requests: readonly (readonly Wish[])[]
}

class Search {
  readonly #pools: readonly Pool[]
  readonly #inUse: DevicesInUse
  readonly #taken = new Set<string>()
  readonly #consumed = new Map<string, Quantity>()
  readonly #selectable = new Map<string, boolean>()
  #tasks: readonly Task[] = []
  #chosen: Chosen[][] = []

  constructor(pools: readonly Pool[], inUse: DevicesInUse) {
    this.#pools = pools
    this.#inUse = inUse
    for (const pool of pools) {
      for (const device of pool.devices) if (inUse.devices.has(device.id)) this.#consume(device, 1)
    }
  }

  run(tasks: readonly Task[]): readonly (readonly Chosen[])[] | undefined {
    this.#tasks = tasks
    this.#chosen = tasks.map(() => [])
    return this.#request(0, 0) ? this.#chosen : undefined
  }

  #request(claim: number, request: number): boolean {
    const task = this.#tasks[claim]
    if (task === undefined) return true
    const wishes = task.requests[request]
    if (wishes === undefined) return this.#request(claim + 1, 0)
    return wishes.some((wish) => {
      if (wish.details.allocationMode === 'All') return this.#all(claim, request, wish)
      return this.#some(claim, request, wish, wish.details.count ?? 1, 0)
    })
  }

  #all(claim: number, request: number, wish: Wish): boolean {
    const devices: PoolDevice[] = []
    for (const pool of this.#pools) {
      const found = pool.devices.filter((device) => this.#isSelectable(claim, wish, device))
      if (pool.isIncomplete || pool.isInvalid) {
        const state = pool.isIncomplete ? 'being updated' : 'invalid'
        throw new Error(
          `claim ${nameOf(this.#tasks[claim]!.claim)}, request ${wish.name}: ` +
            `asks for all devices, but resource pool ${pool.id} is currently ${state}`,
        )
      }
      devices.push(...found)
    }
    if (devices.length === 0 || this.#chosen[claim]!.length + devices.length > MAX_DEVICES) return false
    const taken: PoolDevice[] = []
    for (const device of devices) {
      if (!this.#take(claim, wish, device)) break
      taken.push(device)
    }
    if (taken.length === devices.length && this.#request(claim, request + 1)) return true
    for (const device of taken.reverse()) this.#giveBack(claim, wish, device)
    return false
  }

  /** @param from place among all devices: those before were tried for this request */
  #some(claim: number, request: number, wish: Wish, count: number, from: number): boolean {
    if (count === 0) return this.#request(claim, request + 1)
    if (this.#chosen[claim]!.length + count > MAX_DEVICES) return false
    let place = 0
    for (const pool of this.#pools) {
      if (pool.isIncomplete || pool.isInvalid) continue
      for (const device of pool.devices) {
        if (place++ < from || !this.#isSelectable(claim, wish, device) || !this.#take(claim, wish, device)) continue
        if (this.#some(claim, request, wish, count - 1, place)) return true
        this.#giveBack(claim, wish, device)
      }
    }
    return false
  }

  #isSelectable(claim: number, wish: Wish, device: PoolDevice): boolean {
    const key = `${claim} ${wish.name} ${device.id}`
    let known = this.#selectable.get(key)
    if (known === undefined) {
      known =
        passes(wish.deviceClass.spec.selectors, device, `class ${wish.deviceClass.metadata.name}`) &&
        passes(wish.details.selectors, device, `claim ${nameOf(this.#tasks[claim]!.claim)}`)
      this.#selectable.set(key, known)
    }
    return known
  }

  #take(claim: number, wish: Wish, device: PoolDevice): boolean {
    const isAdmin = wish.details.adminAccess === true
    if (!isAdmin && (this.#inUse.devices.has(device.id) || this.#taken.has(device.id))) return false
    if (isAdmin && this.#chosen[claim]!.some((other) => other.device.id === device.id)) return false
    if (!isAdmin && !isTolerated(wish, device.device.taints)) return false
    if (!isAdmin && !this.#hasCounters(device)) return false
    const added: AttributeConstraint[] = []
    for (const constraint of this.#tasks[claim]!.constraints) {
      if (!constraint.add(wish.names, device)) {
        for (const one of added) one.remove(wish.names)
        return false
      }
      added.push(constraint)
    }
    if (!isAdmin) {
      this.#taken.add(device.id)
      this.#consume(device, 1)
    }
    this.#chosen[claim]!.push({ wish, device })
    return true
  }

  #giveBack(claim: number, wish: Wish, device: PoolDevice): void {
    for (const constraint of this.#tasks[claim]!.constraints) constraint.remove(wish.names)
    this.#chosen[claim]!.pop()
    if (wish.details.adminAccess === true) return
    this.#taken.delete(device.id)
    this.#consume(device, -1)
  }

  #hasCounters({ device, driver, pool }: PoolDevice): boolean {
    const consumes = device.consumesCounters
    if (consumes === undefined || consumes.length === 0) return true
    const { counters } = this.#pools.find(({ id }) => id === `${driver}/${pool}`)!
    return consumes.every(({ counterSet, counters: wanted }) =>
      Object.entries(wanted).every(([name, { value }]) => {
        const total = counters.get(counterSet)?.get(name)
        if (total === undefined) return false
        const used = this.#consumed.get(`${driver}/${pool}/${counterSet}/${name}`) ?? parseQuantity('0')
        return compareQuantities(addQuantities(used, parseQuantity(value)), parseQuantity(total)) <= 0
      }),
    )
  }

  #consume({ device, driver, pool }: PoolDevice, factor: 1 | -1): void {
    for (const { counterSet, counters } of device.consumesCounters ?? []) {
      for (const [name, { value }] of Object.entries(counters)) {
        const key = `${driver}/${pool}/${counterSet}/${name}`
        const amount = parseQuantity(factor === 1 ? value : value.startsWith('-') ? value.slice(1) : `-${value}`)
        this.#consumed.set(key, addQuantities(this.#consumed.get(key) ?? parseQuantity('0'), amount))
      }
    }
  }
}

type Selectors = DeviceClassObject['spec']['selectors']

function passes(selectors: Selectors, device: PoolDevice, whose: string): boolean {
  return (selectors ?? []).every(({ cel }, at) => {
    if (cel === undefined) return true
    try {
      return deviceMatches(cel.expression, device)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`${whose}: selector #${at}: ${reason}`, { cause: error })
    }
  })
}

/** Source: taintPreventsAllocation */
function isTolerated({ details }: Wish, taints: readonly Frozen<DeviceTaint>[] | undefined): boolean {
  if (taints === undefined) return true
  return taints.every((taint) => {
    if (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') return true
    return (details.tolerations ?? []).some((toleration) => toleratesTaint(toleration, taint))
  })
}

function resultOf(claim: DeviceClaimObject, chosen: readonly Chosen[], node: NodeObject): AllocationResult {
  const results = chosen.map(({ wish, device }) => {
    const { adminAccess, tolerations } = wish.details
    const { bindingConditions, bindingFailureConditions } = device.device
    return {
      request: wish.name,
      driver: device.driver,
      pool: device.pool,
      device: device.device.name,
      ...(adminAccess === undefined ? {} : { adminAccess }),
      ...(tolerations === undefined ? {} : { tolerations }),
      ...(bindingConditions === undefined ? {} : { bindingConditions }),
      ...(bindingFailureConditions === undefined ? {} : { bindingFailureConditions }),
    }
  })
  const config = configOf(claim, chosen)
  const nodeSelector = nodeSelectorOf(chosen, node)
  const devices = { results, ...(config.length === 0 ? {} : { config }) }
  // What the parts of frozen objects are put into is frozen by whoever writes it.
  return { devices, ...(nodeSelector === undefined ? {} : { nodeSelector }) } as AllocationResult
}

/** What the classes say, then what the claim says, as far as it concerns a request that was met that way. */
function configOf(claim: DeviceClaimObject, chosen: readonly Chosen[]): readonly object[] {
  const requests = new Map<DeviceClassObject, string[]>()
  for (const { wish } of chosen) {
    const names = requests.get(wish.deviceClass) ?? []
    if (!names.includes(wish.name)) names.push(wish.name)
    requests.set(wish.deviceClass, names)
  }
  const found: Frozen<DeviceAllocationConfiguration>[] = []
  for (const [{ spec }, names] of requests) {
    for (const { opaque } of spec.config ?? [])
      found.push({ source: 'FromClass', requests: names, ...(opaque && { opaque }) })
  }
  for (const { requests: means = [], opaque } of claim.spec.devices?.config ?? []) {
    const concerns = means.length === 0 || chosen.some(({ wish }) => wish.names.some((name) => means.includes(name)))
    if (!concerns) continue
    const only = means.length === 0 ? {} : { requests: means }
    found.push({ source: 'FromClaim', ...only, ...(opaque && { opaque }) } as Frozen<DeviceAllocationConfiguration>)
  }
  return found
}

/** From where the devices can be used; nothing for everywhere. Source: createNodeSelector */
function nodeSelectorOf(chosen: readonly Chosen[], node: NodeObject): object | undefined {
  const matchExpressions: object[] = []
  const matchFields: object[] = []
  for (const { device } of chosen) {
    const { spec } = device.slice
    const { nodeName, nodeSelector } = spec.perDeviceNodeSelection === true ? device.device : spec
    if (nodeName !== undefined && nodeName !== '') {
      const fields = [{ key: 'metadata.name', operator: 'In', values: [node.metadata.name] }]
      return { nodeSelectorTerms: [{ matchFields: fields }] }
    }
    const term = nodeSelector?.nodeSelectorTerms[0]
    addNew(matchExpressions, term?.matchExpressions ?? [])
    addNew(matchFields, term?.matchFields ?? [])
  }
  if (matchExpressions.length + matchFields.length === 0) return undefined
  return {
    nodeSelectorTerms: [
      {
        ...(matchExpressions.length === 0 ? {} : { matchExpressions }),
        ...(matchFields.length === 0 ? {} : { matchFields }),
      },
    ],
  }
}

function addNew(all: object[], more: readonly object[]): void {
  const known = new Set(all.map((one) => JSON.stringify(one)))
  for (const one of more) if (!known.has(JSON.stringify(one))) all.push(one)
}
