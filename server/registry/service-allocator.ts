// Cluster IPs and node ports of Services: filled in, reserved and released as Services come, change and go.
// One address family, IPv4, as a default server has it.
// Source: pkg/registry/core/service/storage, alloc.go; pkg/registry/core/service/ipallocator, portallocator (v1.36)
import { newInternalError, newInvalid } from '../apimachinery/errors.ts'
import { field, invalid } from '../apimachinery/field.ts'
import type { Random } from '../apimachinery/names.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { Service, ServicePort, ServiceSpec } from '../api/core.ts'
import type { Allocator } from './store.ts'

type AnyService = Service & AnyObject

const headless = 'None'
const servicesGroupKind = { group: '', kind: 'Service' }

export interface ServiceAllocatorOptions {
  /** Of cluster IPs, `10.0.0.0/24`; the first address is for the service `kubernetes`. */
  readonly cidr: string
  /** Inclusive. */
  readonly nodePorts: { readonly from: number; readonly to: number }
  readonly random: Random
  /** All Services there are: read once, before the first allocation. */
  existing(): Iterable<Frozen<AnyObject>>
}

export class ServiceAllocator implements Allocator {
  readonly #options: ServiceAllocatorOptions
  readonly #network: IPv4Network
  #used: { ips: Set<string>; ports: Set<number> } | undefined

  constructor(options: ServiceAllocatorOptions) {
    this.#options = options
    this.#network = parseNetwork(options.cidr)
  }

  /** Before validation: what a client leaves out of an update stays as it is. */
  prepare(draft: AnyObject, old: Frozen<AnyObject> | undefined): void {
    const spec = ((draft as AnyService).spec ??= {})
    const oldSpec = (old as Frozen<AnyService> | undefined)?.spec
    if (oldSpec !== undefined) keepAllocated(spec, oldSpec)
    if (spec.type === 'ExternalName') return
    if ((spec.clusterIPs ?? []).length === 0 && (spec.clusterIP ?? '') !== '') spec.clusterIPs = [spec.clusterIP!]
    setFamilies(spec)
    dropSurplus(spec, oldSpec)
  }

  allocate(draft: AnyObject, old: Frozen<AnyObject> | undefined, dryRun: boolean): void {
    const service = draft as AnyService
    const spec = service.spec!
    const oldSpec = (old as Frozen<AnyService> | undefined)?.spec
    if (spec.type === 'ExternalName') {
      delete spec.ipFamilies
      delete spec.ipFamilyPolicy
      delete spec.clusterIPs
      delete spec.clusterIP
    }
    // Decided first, reserved after: an object that is refused holds nothing.
    const ip = this.#decideIP(service, oldSpec)
    const ports = this.#decidePorts(service, oldSpec, dryRun)
    if (dryRun) return
    const used = this.#loaded()
    for (const one of ip.released) used.ips.delete(one)
    for (const one of ip.taken) used.ips.add(one)
    for (const one of ports.released) used.ports.delete(one)
    for (const one of ports.taken) used.ports.add(one)
  }

  release(object: Frozen<AnyObject>): void {
    const { spec } = object as Frozen<AnyService>
    if (spec === undefined) return
    const used = this.#loaded()
    for (const ip of spec.clusterIPs ?? []) used.ips.delete(ip)
    for (const port of portsOf(spec)) used.ports.delete(port)
  }

  #loaded(): { ips: Set<string>; ports: Set<number> } {
    if (this.#used !== undefined) return this.#used
    const used = { ips: new Set<string>(), ports: new Set<number>() }
    for (const object of this.#options.existing()) {
      const { spec } = object as Frozen<AnyService>
      for (const ip of spec?.clusterIPs ?? []) if (ip !== headless) used.ips.add(ip)
      for (const port of portsOf(spec ?? {})) used.ports.add(port)
    }
    return (this.#used = used)
  }

  #decideIP(service: AnyService, oldSpec: Frozen<ServiceSpec> | undefined): Changes<string> {
    const spec = service.spec!
    const used = this.#loaded()
    const oldIP = oldSpec?.clusterIPs?.[0]
    const wanted = spec.clusterIPs?.[0] ?? ''
    const released = oldIP !== undefined && oldIP !== headless && oldIP !== wanted ? [oldIP] : []
    if (spec.type === 'ExternalName' || wanted === headless || wanted === oldIP) return { taken: [], released }
    if (wanted !== '') {
      this.#claim(service, wanted, used.ips)
      return { taken: [wanted], released }
    }
    const ip = this.#network.pick(used.ips, this.#options.random)
    if (ip === undefined) throw newInternalError(`failed to allocate a serviceIP: range is full`)
    spec.clusterIP = ip
    spec.clusterIPs = [ip]
    return { taken: [ip], released }
  }

  #claim(service: AnyService, ip: string, used: ReadonlySet<string>): void {
    const refuse = (why: string) => {
      const error = invalid(
        field('spec', 'clusterIPs'),
        service.spec!.clusterIPs,
        `failed to allocate IP ${ip}: ${why}`,
      )
      return newInvalid(servicesGroupKind, service.metadata?.name ?? '', [error])
    }
    if (!this.#network.covers(ip)) throw refuse('the provided network does not match the current range')
    if (!this.#network.contains(ip)) {
      throw refuse(`the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${this.#options.cidr}`)
    }
    if (used.has(ip)) throw refuse('provided IP is already allocated')
  }

  #decidePorts(service: AnyService, oldSpec: Frozen<ServiceSpec> | undefined, dryRun: boolean): Changes<number> {
    const spec = service.spec!
    const used = this.#loaded().ports
    const before = new Set(portsOf(oldSpec ?? {}))
    const claimed = new Map<number, Set<string>>()
    const freePort = () => (dryRun ? placeholderPort(before, claimed) : this.#freePort(used, claimed))
    if (needsNodePorts(spec)) {
      const ports = spec.ports ?? []
      // Of a new service, one port in two protocols has one node port.
      const known = new Map<number, number>()
      ports.forEach((port, index) => {
        if ((port.nodePort ?? 0) === 0) return
        this.#claimPort(service, port, index, before, used, claimed)
        if (oldSpec === undefined && !known.has(port.port)) known.set(port.port, port.nodePort!)
      })
      for (const port of ports) {
        if ((port.nodePort ?? 0) === 0) {
          port.nodePort = known.get(port.port) ?? freePort()
          if (oldSpec === undefined) known.set(port.port, port.nodePort)
        }
        remember(claimed, port.nodePort!, port.protocol ?? 'TCP')
      }
    }
    if (needsHealthCheck(spec)) {
      const wanted = spec.healthCheckNodePort ?? 0
      if (wanted === 0) spec.healthCheckNodePort = freePort()
      else if (!before.has(wanted)) this.#checkHealthPort(wanted, used, claimed)
      remember(claimed, spec.healthCheckNodePort!, 'TCP')
    }
    const after = new Set(portsOf(spec))
    return { taken: [...claimed.keys()], released: [...before].filter((port) => !after.has(port)) }
  }

  #checkHealthPort(port: number, used: ReadonlySet<number>, claimed: ReadonlyMap<number, unknown>): void {
    const { from, to } = this.#options.nodePorts
    const refuse = (why: string) =>
      newInternalError(`failed to allocate requested HealthCheck NodePort ${port}: ${why}`)
    if (port < from || port > to) throw refuse(outOfRange(from, to))
    if (used.has(port) || claimed.has(port)) throw refuse(alreadyAllocated)
  }

  #claimPort(
    service: AnyService,
    port: ServicePort,
    index: number,
    before: ReadonlySet<number>,
    used: ReadonlySet<number>,
    claimed: Map<number, Set<string>>,
  ): void {
    const { from, to } = this.#options.nodePorts
    const nodePort = port.nodePort!
    const protocol = port.protocol ?? 'TCP'
    const refuse = (why: string) => {
      const error = invalid(field('spec', 'ports').index(index).child('nodePort'), nodePort, why)
      return newInvalid(servicesGroupKind, service.metadata?.name ?? '', [error])
    }
    // One node port may serve two protocols of the same Service.
    const isShared = claimed.has(nodePort) && !claimed.get(nodePort)!.has(protocol)
    if (!before.has(nodePort) && !isShared) {
      if (nodePort < from || nodePort > to) throw refuse(outOfRange(from, to))
      if (used.has(nodePort) || claimed.has(nodePort)) throw refuse(alreadyAllocated)
    }
    remember(claimed, nodePort, protocol)
  }

  #freePort(used: ReadonlySet<number>, claimed: ReadonlyMap<number, unknown>): number {
    const { from, to } = this.#options.nodePorts
    const size = to - from + 1
    const start = Math.floor(this.#options.random() * size)
    for (let step = 0; step < size; step++) {
      const port = from + ((start + step) % size)
      if (!used.has(port) && !claimed.has(port)) return port
    }
    throw newInternalError('failed to allocate a nodePort: range is full')
  }
}

/** What a write takes from the pool, and gives back. */
interface Changes<T> {
  readonly taken: readonly T[]
  readonly released: readonly T[]
}

const alreadyAllocated = 'provided port is already allocated'

function outOfRange(from: number, to: number): string {
  return `provided port is not in the valid range. The range of valid ports is ${from}-${to}`
}

function remember(claimed: Map<number, Set<string>>, port: number, protocol: string): void {
  const protocols = claimed.get(port)
  if (protocols === undefined) claimed.set(port, new Set([protocol]))
  else protocols.add(protocol)
}

function needsClusterIP(spec: Frozen<ServiceSpec>): boolean {
  return spec.type !== 'ExternalName'
}

/**
 * A dry run takes no port: the number shown is above all that there are.
 * Source: pkg/registry/core/service/portallocator, PortAllocationOperation.AllocateNext (v1.36)
 */
function placeholderPort(before: ReadonlySet<number>, claimed: ReadonlyMap<number, unknown>): number {
  const taken = [...claimed.keys()].filter((port) => !before.has(port))
  return (taken.length === 0 ? 32768 : Math.max(...taken)) + 1
}

function needsNodePorts(spec: Frozen<ServiceSpec>): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
}

function needsHealthCheck(spec: Frozen<ServiceSpec>): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'
}

function portsOf(spec: Frozen<ServiceSpec>): number[] {
  const ports = (spec.ports ?? []).map((port) => port.nodePort ?? 0)
  return [...ports, spec.healthCheckNodePort ?? 0].filter((port) => port !== 0)
}

/** Clients that PUT without what was allocated keep it. Source: patchAllocatedValues */
function keepAllocated(spec: ServiceSpec, old: Frozen<ServiceSpec>): void {
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    if ((spec.clusterIP ?? '') === '' && old.clusterIP !== undefined) spec.clusterIP = old.clusterIP
    if ((spec.clusterIPs ?? []).length === 0 && old.clusterIPs !== undefined && spec.clusterIP === old.clusterIP) {
      spec.clusterIPs = [...old.clusterIPs]
    }
  }
  if (needsNodePorts(old) && needsNodePorts(spec)) {
    const known = new Map((old.ports ?? []).map((port) => [port.name ?? '', port.nodePort]))
    const taken = new Set((spec.ports ?? []).map((port) => port.nodePort ?? 0))
    for (const port of spec.ports ?? []) {
      const nodePort = known.get(port.name ?? '')
      if ((port.nodePort ?? 0) === 0 && nodePort !== undefined && !taken.has(nodePort)) port.nodePort = nodePort
    }
  }
  if (
    needsHealthCheck(old) &&
    needsHealthCheck(spec) &&
    (spec.healthCheckNodePort ?? 0) === 0 &&
    old.healthCheckNodePort !== undefined
  ) {
    spec.healthCheckNodePort = old.healthCheckNodePort
  }
}

/** Source: initIPFamilyFields, for a server with one family */
function setFamilies(spec: ServiceSpec): void {
  const isHeadless = spec.clusterIPs?.[0] === headless
  const hasSelector = Object.keys(spec.selector ?? {}).length > 0
  if (isHeadless && !hasSelector) {
    spec.ipFamilyPolicy ??= 'RequireDualStack'
    if (spec.ipFamilyPolicy === 'SingleStack') spec.ipFamilies ??= ['IPv4']
    else spec.ipFamilies ??= ['IPv4', 'IPv6']
    return
  }
  spec.ipFamilyPolicy ??= 'SingleStack'
  if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = ['IPv4']
}

/** A type change takes along what only the old type had. Source: dropTypeDependentFields */
function dropSurplus(spec: ServiceSpec, old: Frozen<ServiceSpec> | undefined): void {
  if (old === undefined) return
  if (needsNodePorts(old) && !needsNodePorts(spec)) {
    const before = portsOf(old)
    for (const port of spec.ports ?? []) if (before.includes(port.nodePort ?? 0)) delete port.nodePort
  }
  if (needsHealthCheck(old) && !needsHealthCheck(spec)) delete spec.healthCheckNodePort
}

interface IPv4Network {
  /** Whether the range has the address at all. */
  covers(ip: string): boolean
  /** Whether it can be given to anybody: all can but the first and the last. */
  contains(ip: string): boolean
  pick(used: ReadonlySet<string>, random: Random): string | undefined
}

function parseNetwork(cidr: string): IPv4Network {
  const [base = '', length = ''] = cidr.split('/')
  const size = 2 ** (32 - Number(length))
  const first = Math.floor(toNumber(base) / size) * size
  return {
    covers: (ip) => {
      const value = toNumber(ip)
      return value >= first && value < first + size
    },
    contains: (ip) => {
      const value = toNumber(ip)
      return value > first && value < first + size - 1
    },
    // The lower part of the range is left to static choices. Source: KEP-3070
    pick(used, random) {
      const offset = Math.min(Math.max(16, Math.floor(size / 16)), 256)
      const lower = size - 2 > offset ? offset : 1
      const span = size - 1 - lower
      const start = Math.floor(random() * span)
      for (let step = 0; step < span; step++) {
        const ip = toText(first + lower + ((start + step) % span))
        if (!used.has(ip)) return ip
      }
      for (let value = first + 1; value < first + lower; value++) if (!used.has(toText(value))) return toText(value)
      return undefined
    },
  }
}

function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}
