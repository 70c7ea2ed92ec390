// What a service holds of the cluster: its address, its node ports, and the objects that go with them.
// Source: pkg/registry/core/service/storage, storage.go, alloc.go (v1.36)
import type { Service, ServicePort, ServiceSpec } from '../../../api/core.ts'
import { newInternalError, newInvalid, newPlainError, type StatusError } from '../../../apimachinery/errors.ts'
import { field, invalid, type FieldError } from '../../../apimachinery/field.ts'
import type { Random } from '../../../apimachinery/names.ts'
import type { AnyObject, Frozen } from '../../../apimachinery/types.ts'
import type { Allocator, Reservation } from '../../../registry/writes.ts'
import { AddressPool } from './address-pool.ts'
import { initFamilies, isUnchangedPreferDualStack, normalizeClusterIPs } from './families.ts'
import { PortOperation, PortPool, type PortRange } from './port-pool.ts'
import { needsClusterIP, needsHealthCheck } from './types.ts'

type AnyService = Service & AnyObject
type Spec = Frozen<ServiceSpec>

const headless = 'None'
const addressesPath = field('spec', 'clusterIPs')

export interface ServiceAllocatorOptions {
  /** Of cluster IPs, the server's own range first: `10.0.0.0/24`. Asked again at every need. */
  ranges(): readonly string[]
  readonly nodePorts: PortRange
  readonly random: Random
  /** All Services there are: read once, before the first allocation. */
  existing(): Iterable<Frozen<AnyObject>>
  /** The objects beside a service. */
  readonly objects: ServiceObjects
}

/** IPAddresses tell all which addresses are taken; Endpoints of the same name go with their service. */
export interface ServiceObjects {
  hasAddress(ip: string): boolean
  createAddress(ip: string, namespace: string, name: string): Promise<void>
  deleteAddress(ip: string): Promise<void>
  deleteEndpoints(namespace: string, name: string): Promise<void>
}

interface Pools {
  readonly addresses: AddressPool
  readonly ports: PortPool
}

export class ServiceAllocator implements Allocator {
  readonly #options: ServiceAllocatorOptions
  #pools: Pools | undefined

  constructor(options: ServiceAllocatorOptions) {
    this.#options = options
  }

  begin(draft: AnyObject, before: Frozen<AnyObject> | undefined, dryRun: boolean): Reservation {
    const service = draft as AnyService
    const spec = (service.spec ??= {})
    const old = before === undefined ? undefined : ((before as Frozen<AnyService>).spec ?? {})
    if (old !== undefined) keepAllocated(spec, old)
    normalizeClusterIPs(spec, old)
    const errors = initFamilies(spec, old)
    if (errors.length > 0) throw refusal(service, errors)
    const pools = this.#loaded()
    const addresses = updateAddresses(service, old, pools.addresses, dryRun)
    const ports = new PortOperation(pools.ports, dryRun)
    const giveBack = (): void => {
      if (!dryRun) for (const ip of addresses.taken) pools.addresses.settle(ip)
      ports.revert()
    }
    try {
      updatePorts(service, old, ports)
    } catch (error) {
      giveBack()
      throw error
    }
    if (dryRun) return { commit: () => undefined, revert: () => undefined }
    return this.#reservation(service, addresses, ports, giveBack)
  }

  #reservation(
    service: AnyService,
    { taken, released }: Changes,
    ports: PortOperation,
    giveBack: () => void,
  ): Reservation {
    const { objects } = this.#options
    const { namespace = '', name = '' } = service.metadata ?? {}
    let isTold = false
    const tell = async (): Promise<void> => {
      for (const ip of taken) await objects.createAddress(ip, namespace, name)
      isTold = true
      await this.#releaseAddresses(released)
    }
    return {
      ...(taken.length + released.length === 0 ? {} : { persist: tell }),
      commit: () => {
        ports.commit()
        for (const ip of taken) this.#loaded().addresses.settle(ip)
      },
      revert: () => {
        giveBack()
        return isTold ? this.#releaseAddresses(taken) : undefined
      },
    }
  }

  /** A service that is gone leaves nothing behind. */
  async release(object: Frozen<AnyObject>): Promise<void> {
    const { spec = {}, metadata } = object as Frozen<AnyService>
    await this.#options.objects.deleteEndpoints(metadata?.namespace ?? '', metadata?.name ?? '')
    const { ports } = this.#loaded()
    for (const port of portsOf(spec)) ports.release(port)
    await this.#releaseAddresses(needsClusterIP(spec) ? addressesOf(spec) : [])
  }

  /** Makes the IPAddresses that services miss: without them their addresses would be given to others. */
  async repair(): Promise<void> {
    const { existing, objects } = this.#options
    for (const object of existing()) {
      const { spec = {}, metadata } = object as Frozen<AnyService>
      const missing = needsClusterIP(spec) ? addressesOf(spec).filter((ip) => !objects.hasAddress(ip)) : []
      for (const ip of missing) await objects.createAddress(ip, metadata?.namespace ?? '', metadata?.name ?? '')
    }
  }

  #releaseAddresses(ips: readonly string[]): Promise<void> | undefined {
    if (ips.length === 0) return undefined
    return Promise.all(ips.map((ip) => this.#options.objects.deleteAddress(ip))).then(() => undefined)
  }

  #loaded(): Pools {
    if (this.#pools !== undefined) return this.#pools
    const { nodePorts, random, objects } = this.#options
    const specs = Array.from(this.#options.existing(), (object) => (object as Frozen<AnyService>).spec ?? {})
    const pool = { ranges: () => this.#options.ranges(), isTaken: (ip: string) => objects.hasAddress(ip), random }
    this.#pools = {
      addresses: new AddressPool(pool),
      ports: new PortPool(nodePorts, random, specs.flatMap(portsOf)),
    }
    return this.#pools
  }
}

/** Addresses that a write takes, and those it gives back once it is done. */
interface Changes {
  readonly taken: readonly string[]
  readonly released: readonly string[]
}

const unchanged: Changes = { taken: [], released: [] }

function updateAddresses(service: AnyService, old: Spec | undefined, pool: AddressPool, dryRun: boolean): Changes {
  const spec = service.spec!
  if (isUnchangedPreferDualStack(spec, old)) return unchanged
  if (old === undefined || (!needsClusterIP(old) && needsClusterIP(spec))) {
    return { taken: takeAddress(service, pool, dryRun), released: [] }
  }
  // Whatever else changes here is for validation to refuse.
  return needsClusterIP(spec) ? unchanged : { taken: [], released: addressesOf(old) }
}

function takeAddress(service: AnyService, pool: AddressPool, dryRun: boolean): string[] {
  const spec = service.spec!
  if (!needsClusterIP(spec) || spec.clusterIPs?.[0] === headless) return []
  const wanted = spec.clusterIPs?.[0] ?? ''
  if (wanted !== '') {
    try {
      pool.allocate(wanted, dryRun)
    } catch (error) {
      const detail = `failed to allocate IP ${wanted}: ${messageOf(error)}`
      throw refusal(service, [invalid(addressesPath, spec.clusterIPs, detail)])
    }
    return [wanted]
  }
  const ip = pool.next(dryRun)
  if (ip === undefined) {
    const name = service.metadata?.name ?? ''
    throw newInternalError(`failed to allocate a serviceIP for Service ${JSON.stringify(name)}: range is full`)
  }
  spec.clusterIP = ip
  spec.clusterIPs = [ip]
  return [ip]
}

function updatePorts(service: AnyService, old: Spec | undefined, operation: PortOperation): void {
  const spec = service.spec!
  if (old === undefined) {
    if (mayHaveNodePorts(spec)) initNodePorts(service, operation)
    if (needsHealthCheck(spec)) takeHealthCheckPort(spec, operation)
    return
  }
  if (mayHaveNodePorts(spec)) changeNodePorts(service, old, operation)
  else if (mayHaveNodePorts(old)) for (const port of nodePortsOf(old)) operation.releaseLater(port)
  if (!needsHealthCheck(old) && needsHealthCheck(spec)) takeHealthCheckPort(spec, operation)
  if (needsHealthCheck(old) && !needsHealthCheck(spec)) operation.releaseLater(old.healthCheckNodePort ?? 0)
}

/** Of a new service one port in several protocols has one node port. */
function initNodePorts(service: AnyService, operation: PortOperation): void {
  const spec = service.spec!
  const { ports = [] } = spec
  const byPort = new Map<number, number>()
  for (const [at, port] of ports.entries()) {
    const own = port.nodePort ?? 0
    if (own === 0 && !givesNodePorts(spec)) continue
    const number = port.port ?? 0
    const known = byPort.get(number)
    if (known === undefined) {
      const asked = ports.find((one) => (one.port ?? 0) === number && (one.nodePort ?? 0) !== 0)?.nodePort
      if (asked === undefined) port.nodePort = nextNodePort(operation)
      else {
        takeNodePort(service, at, asked, operation)
        port.nodePort = asked
      }
      byPort.set(number, port.nodePort)
    } else if (own === 0) port.nodePort = known
    else if (own !== known) takeNodePort(service, at, own, operation)
  }
}

function changeNodePorts(service: AnyService, old: Spec, operation: PortOperation): void {
  const spec = service.spec!
  const before = nodePortsOf(old)
  const taken = new Set<number>()
  const seen = new Set<string>()
  for (const [at, port] of (spec.ports ?? []).entries()) {
    const own = port.nodePort ?? 0
    if (own === 0) {
      if (!givesNodePorts(spec)) continue
      port.nodePort = nextNodePort(operation)
    } else if (!before.includes(own) && !taken.has(own)) {
      takeNodePort(service, at, own, operation)
      taken.add(own)
    }
    const key = `${port.protocol} ${port.nodePort}`
    if (seen.has(key)) throw newPlainError(`duplicate nodePort: {${key}}`)
    seen.add(key)
  }
  const after = nodePortsOf(spec)
  for (const port of before) if (!after.includes(port)) operation.releaseLater(port)
}

function takeNodePort(service: AnyService, at: number, port: number, operation: PortOperation): void {
  try {
    operation.allocate(port)
  } catch (error) {
    throw refusal(service, [invalid(field('spec', 'ports').index(at).child('nodePort'), port, messageOf(error))])
  }
}

function nextNodePort(operation: PortOperation): number {
  try {
    return operation.next()
  } catch (error) {
    throw newInternalError(`failed to allocate a nodePort: ${messageOf(error)}`)
  }
}

function takeHealthCheckPort(spec: ServiceSpec, operation: PortOperation): void {
  const wanted = spec.healthCheckNodePort ?? 0
  try {
    if (wanted === 0) spec.healthCheckNodePort = operation.next()
    else operation.allocate(wanted)
  } catch (error) {
    const what = wanted === 0 ? 'a HealthCheck NodePort 0' : `requested HealthCheck NodePort ${wanted}`
    throw newInternalError(`failed to allocate ${what}: ${messageOf(error)}`)
  }
}

/** Clients that PUT without what was allocated keep it. Source: patchAllocatedValues */
function keepAllocated(spec: ServiceSpec, old: Spec): void {
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    if ((spec.clusterIP ?? '') === '' && old.clusterIP !== undefined) spec.clusterIP = old.clusterIP
    if ((spec.clusterIPs ?? []).length === 0 && (old.clusterIPs ?? []).length > 0)
      spec.clusterIPs = [...old.clusterIPs!]
  }
  if (givesNodePorts(old) && givesNodePorts(spec)) keepNodePorts(spec.ports ?? [], old)
  if (needsHealthCheck(old) && needsHealthCheck(spec) && (spec.healthCheckNodePort ?? 0) === 0) {
    if (old.healthCheckNodePort !== undefined) spec.healthCheckNodePort = old.healthCheckNodePort
  }
}

/** By the names of ports, unless another port has the number by now. */
function keepNodePorts(ports: readonly ServicePort[], old: Spec): void {
  const asked = new Set(ports.map(({ nodePort }) => nodePort))
  const known = new Map((old.ports ?? []).map(({ name = '', nodePort = 0 }) => [name, nodePort]))
  const used = new Set(nodePortsOf(old).filter((port) => asked.has(port)))
  for (const port of ports) {
    const before = known.get(port.name ?? '') ?? 0
    if ((port.nodePort ?? 0) === 0 && before !== 0 && !used.has(before)) port.nodePort = before
  }
}

function mayHaveNodePorts({ type }: Spec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer'
}

/** Whether ports without a node port are given one. */
function givesNodePorts(spec: Spec): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
}

function addressesOf(spec: Spec): string[] {
  return (spec.clusterIPs ?? []).filter((ip) => ip !== headless && ip !== '')
}

function nodePortsOf(spec: Spec): number[] {
  return (spec.ports ?? []).map(({ nodePort = 0 }) => nodePort).filter((port) => port !== 0)
}

function portsOf(spec: Spec): number[] {
  const { healthCheckNodePort = 0 } = spec
  return needsHealthCheck(spec) && healthCheckNodePort > 0
    ? [...nodePortsOf(spec), healthCheckNodePort]
    : nodePortsOf(spec)
}

function refusal({ metadata }: AnyService, errors: readonly FieldError[]): StatusError {
  return newInvalid({ group: '', kind: 'Service' }, metadata?.name ?? '', errors)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
