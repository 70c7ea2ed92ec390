// EndpointSlices that mirror the Endpoints which people write for services without a selector.
// Source: kubernetes pkg/controller/endpointslicemirroring (v1.36)
import type * as core from '../../api/core.ts'
import type * as discovery from '../../api/discovery.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { formatIP, isIPv6, parseIP } from '../../apimachinery/ip.ts'
import type { AnyObject, Frozen, Stored } from '../../apimachinery/types.ts'
import { create, event, remove, retry, update, type Action } from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Listers } from '../../client/controller.ts'
import { subjectOf } from '../../client/events.ts'
import { keyOf, splitKey } from '../../client/indexer.ts'
import { newControllerRef } from '../owner.ts'
import { isNamespaceTerminating } from '../pod-control.ts'
import { portsKey, type Endpoint, type Port, type Slice } from './slices.ts'
import { packSubsets, type Offer } from './subsets.ts'

type Endpoints = Frozen<Stored<core.Endpoints>>
type AddressType = 'IPv4' | 'IPv6'

const SLICES = 'endpointslices.discovery.k8s.io'
const ENDPOINTS = 'endpoints'
const ENDPOINTS_KIND = { apiVersion: 'v1', kind: 'Endpoints' }
const SERVICE_NAME = 'kubernetes.io/service-name'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const MANAGER = 'endpointslicemirroring-controller.k8s.io'
const SKIP = 'endpointslice.kubernetes.io/skip-mirror'
const LEADER = 'control-plane.alpha.kubernetes.io/leader'
/** Annotations that say something of the Endpoints alone. */
const OWN_ANNOTATIONS = [
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
]
const MAX_ADDRESSES_PER_SUBSET = 1000

export const endpointsliceMirroring = defineController({
  name: 'endpointslice-mirroring-controller',
  serviceAccount: 'endpointslicemirroring-controller',
  eventSource: 'endpoint-slice-mirroring-controller',
  watches: [
    { resource: ENDPOINTS, enqueue: keyOfEndpoints },
    { resource: SLICES, enqueue: keyOfSlice, indexes: { mirrored: serviceOf } },
    { resource: 'services', enqueue: keyOfService },
  ],
  reconcile,
})

function keyOfEndpoints({ object, old }: WatchEvent): readonly string[] {
  return isMirrored(object) || (old !== undefined && isMirrored(old)) ? [keyOf(object)] : []
}

function isMirrored({ metadata: { labels, annotations } }: Frozen<Stored<AnyObject>>): boolean {
  return labels?.[SKIP] !== 'true' && annotations?.[LEADER] === undefined
}

/** What others did to a slice. */
function keyOfSlice({ type, object, old }: WatchEvent): readonly string[] {
  return type === 'ADDED' ? [] : [...serviceOf(object), ...(old === undefined ? [] : serviceOf(old))]
}

function serviceOf({ metadata }: Frozen<Stored<AnyObject>>): readonly string[] {
  const { namespace, labels = {} } = metadata
  const name = labels[SERVICE_NAME] ?? ''
  return name !== '' && labels[MANAGED_BY] === MANAGER ? [`${namespace}/${name}`] : []
}

function keyOfService({ type, object, old }: WatchEvent): readonly string[] {
  const hasSelector = (service: Frozen<AnyObject>): boolean =>
    (service as Frozen<core.Service>).spec?.selector !== undefined
  const concerns =
    type === 'MODIFIED' && old !== undefined ? hasSelector(old) !== hasSelector(object) : !hasSelector(object)
  return concerns ? [keyOf(object)] : []
}

function reconcile(key: string, listers: Listers): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const endpoints = listers.of<core.Endpoints>(ENDPOINTS).get(namespace, name)
  const service = listers.of<core.Service>('services').get(namespace, name)
  const existing = listers.of<discovery.EndpointSlice>(SLICES).byIndex('mirrored', key)
  if (
    endpoints === undefined ||
    service === undefined ||
    service.spec?.selector !== undefined ||
    !isMirrored(endpoints as Endpoints)
  ) {
    return existing.map((slice) => remove(SLICES, slice))
  }
  const { groups, events } = wantedGroups(endpoints)
  return [...events, ...writes(endpoints, groups, existing)]
}

/** One slice's worth of endpoints: those of an address family that offer the same ports. */
interface Group {
  readonly family: AddressType
  readonly ports: readonly Port[]
  readonly endpoints: Endpoint[]
}

function wantedGroups(endpoints: Endpoints): { groups: ReadonlyMap<string, Group>; events: readonly Action[] } {
  const groups = new Map<string, Group>()
  let invalid = 0
  let skipped = 0
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of packSubsets(offersOf(endpoints))) {
    const slicePorts = ports.map(portOf)
    let added = 0
    const add = (address: Frozen<core.EndpointAddress>, ready: boolean): void => {
      if (added >= MAX_ADDRESSES_PER_SUBSET) {
        skipped++
        return
      }
      const ip = parseIP(address.ip)
      if (ip === undefined) {
        invalid++
        return
      }
      added++
      const family: AddressType = isIPv6(ip) ? 'IPv6' : 'IPv4'
      const key = groupKey(family, slicePorts)
      const group = groups.get(key) ?? { family, ports: slicePorts, endpoints: [] }
      groups.set(key, group)
      group.endpoints.push(endpointOf(address, formatIP(ip), ready))
    }
    for (const address of addresses) add(address, true)
    for (const address of notReadyAddresses) add(address, false)
  }
  const subject = subjectOf(endpoints, ENDPOINTS_KIND)
  const tell = (reason: string, message: string): Action => event(subject, 'Warning', reason, message)
  const tooMany =
    `A max of ${MAX_ADDRESSES_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset. ` +
    `${skipped + invalid} addresses were skipped`
  return {
    groups,
    events: [
      ...(invalid === 0
        ? []
        : [tell('InvalidIPAddress', `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`)]),
      ...(skipped === 0 ? [] : [tell('TooManyAddressesToMirror', tooMany)]),
    ],
  }
}

function offersOf({ subsets = [] }: Endpoints): readonly Offer[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
    const offered: readonly (Frozen<core.EndpointPort> | undefined)[] = ports.length === 0 ? [undefined] : ports
    const each = (list: readonly Frozen<core.EndpointAddress>[], ready: boolean): readonly Offer[] =>
      list.flatMap((address) => offered.map((port) => ({ address, port, ready })))
    return [...each(addresses, true), ...each(notReadyAddresses, false)]
  })
}

function portOf({ name = '', port, protocol = 'TCP', appProtocol }: Frozen<core.EndpointPort>): Port {
  return { name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }
}

function endpointOf(
  { hostname = '', nodeName, targetRef }: Frozen<core.EndpointAddress>,
  ip: string,
  ready: boolean,
): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === '' ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  }
}

function groupKey(family: string, ports: readonly Port[] | undefined): string {
  return `${family} ${portsKey(ports)}`
}

/** One slice a group: the first of those that are there is kept, the rest is used for what is missing, or goes. */
function writes(
  endpoints: Endpoints,
  groups: ReadonlyMap<string, Group>,
  existing: readonly Slice[],
): readonly Action[] {
  const bySlice = Map.groupBy(existing, ({ addressType, ports }) => groupKey(addressType, ports))
  const spare: Slice[] = []
  const missing: Group[] = []
  const actions: Action[] = []
  for (const [key, slices] of bySlice) spare.push(...(groups.has(key) ? slices.slice(1) : slices))
  for (const [key, group] of groups) {
    const [first] = bySlice.get(key) ?? []
    if (first === undefined) missing.push(group)
    else if (!mirrors(first, endpoints, group)) actions.push(rewrite(endpoints, group, first))
  }
  const created: Action[] = []
  for (const group of missing) {
    const at = spare.findIndex(({ addressType }) => addressType === group.family)
    const [reused] = at < 0 ? [] : spare.splice(at, 1)
    if (reused !== undefined) actions.push(rewrite(endpoints, group, reused))
    else if (endpoints.metadata.deletionTimestamp === undefined) created.push(makeSlice(endpoints, group))
  }
  return [...created, ...actions, ...spare.map((slice) => remove(SLICES, slice))]
}

function mirrors(slice: Slice, endpoints: Endpoints, { endpoints: wanted }: Group): boolean {
  const { labels, annotations = {}, ownerReferences = [] } = metaOf(endpoints)
  const sorted = (list: readonly Endpoint[] | undefined): readonly string[] =>
    (list ?? [])
      .map((one) => JSON.stringify([one.addresses, one.hostname, one.nodeName, one.targetRef, one.conditions?.ready]))
      .toSorted()
  return (
    deepEqual(slice.metadata.labels ?? {}, labels) &&
    deepEqual(slice.metadata.annotations ?? {}, annotations) &&
    slice.metadata.ownerReferences?.[0]?.uid === ownerReferences[0]?.uid &&
    deepEqual(sorted(slice.endpoints), sorted(wanted))
  )
}

function metaOf(endpoints: Endpoints): NonNullable<discovery.EndpointSlice['metadata']> {
  const { namespace = '', name, labels, annotations = {} } = endpoints.metadata
  return {
    namespace,
    labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER },
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !OWN_ANNOTATIONS.includes(key))),
    ownerReferences: [newControllerRef(endpoints, ENDPOINTS_KIND)],
  }
}

function rewrite(endpoints: Endpoints, { ports, endpoints: list }: Group, slice: Slice): Action {
  return update(SLICES, { ...slice, metadata: { ...slice.metadata, ...metaOf(endpoints) }, ports, endpoints: list })
}

function makeSlice(endpoints: Endpoints, { family, ports, endpoints: list }: Group): Action {
  const { namespace, name } = endpoints.metadata
  const slice: Frozen<discovery.EndpointSlice> = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metaOf(endpoints), generateName: `${name}-` },
    addressType: family,
    endpoints: list,
    ports,
  }
  return create(SLICES, slice, ({ error }) => {
    if (error === undefined || isNamespaceTerminating(error)) return []
    return [retry(new Error(`failed to create EndpointSlice for Endpoints ${namespace}/${name}: ${error.message}`))]
  })
}
