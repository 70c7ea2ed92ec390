// Services of type LoadBalancer get an address outside of the cluster, as a cloud or a tunnel into the cluster gives it.
// Left out: which nodes are behind an address, as no traffic passes through it.
// Source: k8s.io/cloud-provider controllers/service (v0.36); what differs: there is no cloud to ask, so that the address in
// the status, or the finalizer, says that there is a load balancer.
import type * as core from '../api/core.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import { cidrContains, formatIP, isIPv6, parseCIDR, parseIP, type CIDR, type IP } from '../apimachinery/ip.ts'
import { deepEqual } from '../apimachinery/equality.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import { event, patch, retry, type Action } from '../client/action.ts'
import type { WatchEvent } from '../client/client.ts'
import { defineController, type Controller, type Listers } from '../client/controller.ts'
import { subjectOf } from '../client/events.ts'
import { keyOf, splitKey } from '../client/indexer.ts'

type Service = Frozen<Stored<core.Service>>
type Ingress = readonly Frozen<core.LoadBalancerIngress>[]

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup'
const KIND = { apiVersion: 'v1', kind: 'Service' }
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers'
const FIRST_PAUSE_MS = 5000
const LONGEST_PAUSE_MS = 300_000

/** @param range addresses to give, one of an IPv4 network, e.g. `172.18.255.0/24` */
export function serviceLoadBalancer(range: string): Controller {
  const cidr = parseCIDR(range)
  if (cidr === undefined || isIPv6(cidr.network)) throw new Error(`not an IPv4 network: ${range}`)
  return defineController({
    name: 'service-lb-controller',
    serviceAccount: 'service-controller',
    eventSource: 'service-controller',
    watches: [
      { resource: 'services', enqueue: keyOfService },
      { resource: 'nodes', enqueue: 'none' },
    ],
    // Two services must not choose the same address.
    concurrency: 1,
    backOff: { firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS },
    reconcile: (key, listers) => reconcile(key, listers, cidr),
  })
}

function keyOfService({ type, object, old }: WatchEvent): readonly string[] {
  const service = object as unknown as Service
  if (type === 'DELETED') return []
  const before = old as unknown as Service | undefined
  const concerns = needsCleanup(service) || (before === undefined ? isWanted(service) : needsUpdate(before, service))
  return concerns ? [keyOf(object)] : []
}

/** A class names somebody else who gives the address. */
function isWanted({ spec }: Service): boolean {
  return spec?.type === 'LoadBalancer' && spec.loadBalancerClass === undefined
}

function hasFinalizer({ metadata }: Service): boolean {
  return metadata.finalizers?.includes(FINALIZER) === true
}

function needsCleanup(service: Service): boolean {
  if (!hasFinalizer(service)) return false
  return service.metadata.deletionTimestamp !== undefined || !isWanted(service)
}

function needsUpdate(before: Service, after: Service): boolean {
  if (!isWanted(before) && !isWanted(after)) return false
  if (isWanted(before) !== isWanted(after) || before.metadata.uid !== after.metadata.uid) return true
  const relevant = ({ spec, metadata }: Service): unknown => [
    spec?.loadBalancerSourceRanges,
    spec?.ports,
    spec?.sessionAffinity,
    spec?.sessionAffinityConfig,
    spec?.loadBalancerIP,
    spec?.externalIPs,
    metadata.annotations,
    spec?.externalTrafficPolicy,
    spec?.healthCheckNodePort,
    spec?.ipFamilies?.length,
  ]
  return !deepEqual(relevant(before), relevant(after))
}

function reconcile(key: string, listers: Listers, range: CIDR): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const service = listers.of<core.Service>('services').get(namespace, name)
  if (service === undefined) return []
  if (!isWanted(service) || needsCleanup(service)) return release(service)
  return service.metadata.deletionTimestamp === undefined ? ensure(service, listers, range) : []
}

function ensure(service: Service, listers: Listers, range: CIDR): readonly Action[] {
  const told = teller(service)
  const ingress = addressesFor(service, listers, range)
  if (ingress === undefined) {
    const why = 'failed to ensure load balancer: no free addresses'
    return [
      told('Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer'),
      told('Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: ${why}`),
      retry(new Error(why)),
    ]
  }
  const nodes = listers.of<core.Node>('nodes').list()
  const isBehind = ({ metadata }: Frozen<Stored<core.Node>>): boolean =>
    metadata.deletionTimestamp === undefined && metadata.labels?.[EXCLUDED] === undefined
  // A cluster of one node has no other that could be behind it.
  const warning =
    nodes.length <= 1 || nodes.some(isBehind)
      ? []
      : [told('Warning', 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer')]
  const ensured = [...warning, told('Normal', 'EnsuredLoadBalancer', 'Ensured load balancer')]
  return [
    told('Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer'),
    ...(hasFinalizer(service)
      ? []
      : [statusPatch(service, { metadata: { finalizers: [...(service.metadata.finalizers ?? []), FINALIZER] } })]),
    ...ensured,
    ...(deepEqual(service.status?.loadBalancer?.ingress ?? [], ingress)
      ? []
      : [statusPatch(service, { status: { loadBalancer: { ingress } } })]),
  ]
}

function release(service: Service): readonly Action[] {
  const told = teller(service)
  const isThere = (service.status?.loadBalancer?.ingress ?? []).length > 0
  const finalizers = service.metadata.finalizers?.filter((one) => one !== FINALIZER) ?? []
  return [
    ...(isThere ? [told('Normal', 'DeletingLoadBalancer', 'Deleting load balancer')] : []),
    // Its address goes with it: without its finalizer the service may be gone.
    ...(isThere ? [statusPatch(service, { status: { loadBalancer: null } })] : []),
    ...(hasFinalizer(service)
      ? [statusPatch(service, { metadata: { finalizers: finalizers.length === 0 ? null : finalizers } })]
      : []),
    told('Normal', 'DeletedLoadBalancer', 'Deleted load balancer'),
  ]
}

type Teller = (type: 'Normal' | 'Warning', reason: string, message: string) => Action

function teller(service: Service): Teller {
  const subject = subjectOf(service, KIND)
  return (type, reason, message) => event(subject, type, reason, message)
}

function statusPatch(service: Service, body: object): Action {
  return patch('services', service, 'application/merge-patch+json', body, {
    subresource: 'status',
    then: ({ error }) => (error === undefined || isNotFound(error) ? [] : [retry(error)]),
  })
}

/** The address asked for, the one it has, or the first that is free; undefined if there is none. */
function addressesFor(service: Service, listers: Listers, range: CIDR): Ingress | undefined {
  const { loadBalancerIP = '' } = service.spec ?? {}
  const taken = new Set<string>()
  for (const other of listers.of<core.Service>('services').list()) {
    if (other.metadata.uid === service.metadata.uid) continue
    for (const { ip } of other.status?.loadBalancer?.ingress ?? []) if (ip !== undefined) taken.add(ip)
  }
  const asked = parseIP(loadBalancerIP)
  if (asked !== undefined) {
    const ip = formatIP(asked)
    return taken.has(ip) ? undefined : [{ ip, ipMode: 'VIP' }]
  }
  const own = service.status?.loadBalancer?.ingress ?? []
  const kept = own.find(({ ip }) => ip !== undefined && isInside(range, ip) && !taken.has(ip))
  if (kept !== undefined) return own
  for (const ip of hostAddresses(range)) if (!taken.has(ip)) return [{ ip, ipMode: 'VIP' }]
  return undefined
}

function isInside(range: CIDR, text: string): boolean {
  const ip = parseIP(text)
  return ip !== undefined && cidrContains(range, ip)
}

/** All but the first and the last of a network, in order. */
function* hostAddresses({ network, prefixLength }: CIDR): Generator<string> {
  const first = network.bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  for (let value = first + 1; value < first + 2 ** (32 - prefixLength) - 1; value++) {
    const ip: IP = { bytes: [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256), mapped: false }
    yield formatIP(ip)
  }
}
