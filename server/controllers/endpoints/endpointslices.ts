// The EndpointSlices of each service with a selector: one set of slices per address family and set of ports.
// Source: k8s.io/endpointslice, Reconciler; kubernetes pkg/controller/endpointslice (v1.36)
import type * as core from '../../api/core.ts'
import type * as discovery from '../../api/discovery.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { StatusError } from '../../apimachinery/errors.ts'
import type { AnyObject, Frozen, Stored } from '../../apimachinery/types.ts'
import {
  batch,
  create,
  event,
  remove,
  retry,
  update,
  type Action,
  type Outcome,
  type WriteAction,
} from '../../client/action.ts'
import type { WatchEvent } from '../../client/client.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'
import { subjectOf } from '../../client/events.ts'
import { splitKey } from '../../client/indexer.ts'
import { newControllerRef } from '../owner.ts'
import { isNamespaceTerminating } from '../pod-control.ts'
import { isPodReady, type Pod } from '../pod-status.ts'
import {
  belongsInEndpoints,
  findPort,
  hasEndpoints,
  hostnameIn,
  isHeadless,
  isIPv6,
  addressesOf,
  podsOf,
  targetRefOf,
  TriggerTimes,
  watches,
  withTriggerTime,
  type Service,
} from './service-pods.ts'
import { hintByDistribution, wantsTopologyHints, type Draft, type Drafts } from './hints.ts'
import { layOut, portsKey, type Endpoint, type Port, type Slice } from './slices.ts'
import { TopologyHints, type HintEvent } from './topology-hints.ts'

const RESOURCE = 'endpointslices.discovery.k8s.io'
const SERVICE_NAME = 'kubernetes.io/service-name'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const MANAGER = 'endpointslice-controller.k8s.io'
const HEADLESS = 'service.kubernetes.io/headless'
const ZONE = 'topology.kubernetes.io/zone'
const SERVICE_KIND = { apiVersion: 'v1', kind: 'Service' }

type AddressType = 'IPv4' | 'IPv6'

export function endpointslices(): Controller {
  const times = new TriggerTimes()
  const topology = new TopologyHints()
  return defineController({
    name: 'endpointslice-controller',
    eventSource: 'endpoint-slice-controller',
    watches: [
      ...watches,
      {
        resource: RESOURCE,
        // Only what others did to a slice is news.
        enqueue: ({ type, object }) => (type === 'ADDED' ? [] : serviceOf(object)),
        indexes: { service: serviceOf },
      },
      { resource: 'nodes', enqueue: (event, listers) => servicesOfNode(event, listers, topology) },
    ],
    reconcile: (key, listers) => reconcileSlices(key, listers, { times, topology }),
  })
}

function serviceOf(slice: Frozen<Stored<AnyObject>>): readonly string[] {
  const { namespace, labels = {} } = slice.metadata
  const name = labels[SERVICE_NAME] ?? ''
  return name !== '' && labels[MANAGED_BY] === MANAGER ? [`${namespace}/${name}`] : []
}

/** Hints in proportion to the zones' CPU may be wrong when nodes change. Source: checkNodeTopologyDistribution */
function servicesOfNode(
  { type, object, old }: WatchEvent,
  listers: Listers,
  topology: TopologyHints,
): Iterable<string> {
  const relevant = (node: Frozen<core.Node> | undefined): unknown => [
    node?.status?.conditions?.find((condition) => condition.type === 'Ready')?.status,
    node?.metadata?.labels?.[ZONE],
    node?.status?.allocatable?.['cpu'],
  ]
  if (type === 'MODIFIED' && deepEqual(relevant(old), relevant(object))) return []
  return topology.overloaded(listers.of<core.Node>('nodes').list())
}

/** What is remembered from one reconcile to the next. */
interface Memory {
  readonly times: TriggerTimes
  readonly topology: TopologyHints
}

function reconcileSlices(key: string, listers: Listers, { times, topology }: Memory): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const service = listers.of<core.Service>('services').get(namespace, name)
  if (service === undefined) {
    // The slices go with their owner.
    times.forget(key)
    for (const family of ['IPv4', 'IPv6']) topology.remove(key, family)
    return []
  }
  if (!hasEndpoints(service)) return []
  const pods = podsOf(service, listers)
  const plan = new Plan(service, times.next(service, pods))
  const existing = listers
    .of<discovery.EndpointSlice>(RESOURCE)
    .byIndex('service', key)
    .filter((slice) => slice.metadata.deletionTimestamp === undefined)
  const families = addressTypesOf(service)
  const problems: string[] = []
  const told: HintEvent[] = []
  for (const family of families) {
    const slices = existing.filter((slice) => slice.addressType === family)
    const part = planFamily(plan, service, family, slices, pods, listers, problems)
    if (wantsTopologyHints(service)) {
      told.push(...topology.add(key, family, part, listers.of<core.Node>('nodes').list()))
    } else {
      told.push(...topology.remove(key, family))
      hintByDistribution(service, part)
    }
  }
  plan.deleted.push(...existing.filter((slice) => !families.includes(slice.addressType as AddressType)))
  const failure = problems.length === 0 ? undefined : new Error(problems.join(', '))
  const then = (outcomes: readonly Outcome[]): readonly Action[] => report(service, failure ?? firstError(outcomes))
  const writes = plan.writes()
  const events = told.map(({ type, reason, message }) => event(subjectOf(service, SERVICE_KIND), type, reason, message))
  return writes.length === 0 && failure === undefined ? events : [batch(writes, { then }), ...events]
}

function addressTypesOf({ spec }: Service): readonly AddressType[] {
  const { ipFamilies = [], clusterIP = '' } = spec ?? {}
  const families = ipFamilies.filter((family): family is AddressType => family === 'IPv4' || family === 'IPv6')
  if (families.length > 0) return families
  return [isIPv6(clusterIP) ? 'IPv6' : 'IPv4']
}

interface Group {
  readonly ports: readonly Port[]
  readonly endpoints: Endpoint[]
  readonly slices: Slice[]
  /** Whether a pod offers these ports now. */
  wanted: boolean
}

/** Source: Reconciler.reconcileByAddressType */
function planFamily(
  plan: Plan,
  service: Service,
  family: AddressType,
  existing: readonly Slice[],
  pods: readonly Pod[],
  listers: Listers,
  problems: string[],
): Drafts {
  const groups = new Map<string, Group>()
  const deleted = existing.filter((slice) => !plan.owns(slice))
  for (const slice of existing) if (plan.owns(slice)) groupOf(groups, slice.ports ?? []).slices.push(slice)
  for (const pod of pods) {
    if (!belongsInEndpoints(pod, true)) continue
    const group = groupOf(groups, portsOf(service, pod))
    group.wanted = true
    const nodeName = pod.spec?.nodeName ?? ''
    const node = listers.of<core.Node>('nodes').get(undefined, nodeName)
    if (node === undefined && service.spec?.publishNotReadyAddresses !== true) {
      const { namespace, name } = service.metadata
      problems.push(`skipping Pod ${pod.metadata.name} for Service ${namespace}/${name}: Node ${nodeName} Not Found`)
      continue
    }
    const endpoint = endpointOf(service, pod, node, family)
    if (endpoint.addresses.length > 0) group.endpoints.push(endpoint)
  }
  const created: NewSlice[] = []
  const updated: { slice: Slice; endpoints: readonly Endpoint[] }[] = []
  for (const { ports, endpoints, slices, wanted } of groups.values()) {
    const layout = wanted
      ? layOut(slices, endpoints, (slice) => !plan.hasLabels(slice))
      : { created: [], updated: [], deleted: slices }
    created.push(...layout.created.map((contents) => ({ family, ports, endpoints: contents })))
    updated.push(...layout.updated.map((one) => ({ ...one })))
    deleted.push(...layout.deleted)
  }
  // A service without any endpoint still has one slice, without ports.
  if (deleted.length === existing.length && created.length === 0) {
    const [only, ...others] = deleted
    if (only !== undefined && others.length === 0 && plan.isPlaceholder(only)) deleted.pop()
    else created.push({ family, ports: [], endpoints: [] })
  }
  plan.created.push(...created)
  plan.deleted.push(...deleted)
  return plan.drafts(
    created,
    updated,
    existing.filter((slice) => !deleted.includes(slice)),
  )
}

function groupOf(groups: Map<string, Group>, ports: readonly Port[]): Group {
  const key = portsKey(ports)
  let group = groups.get(key)
  if (group === undefined) groups.set(key, (group = { ports, endpoints: [], slices: [], wanted: false }))
  return group
}

function portsOf(service: Service, pod: Pod): readonly Port[] {
  return (service.spec?.ports ?? []).flatMap((servicePort) => {
    const port = findPort(pod, servicePort)
    if (port === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = servicePort
    return [{ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }]
  })
}

/** Source: podToEndpoint */
function endpointOf(service: Service, pod: Pod, node: Frozen<core.Node> | undefined, family: AddressType): Endpoint {
  const serving = isPodReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating)
  const hostname = hostnameIn(service, pod)
  const { nodeName = '' } = pod.spec ?? {}
  const zone = node?.metadata?.labels?.[ZONE] ?? ''
  return {
    addresses: addressesOf(pod).filter((address) => isIPv6(address) === (family === 'IPv6')),
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === '' ? {} : { nodeName }),
    targetRef: targetRefOf(pod),
    ...(zone === '' ? {} : { zone }),
  }
}

interface NewSlice {
  readonly family: AddressType
  readonly ports: readonly Port[]
  endpoints: readonly Endpoint[]
}

/** The changes to the slices of one service. */
class Plan {
  readonly created: NewSlice[] = []
  readonly updated: { readonly slice: Slice; endpoints: readonly Endpoint[] }[] = []
  readonly deleted: Slice[] = []
  readonly #service: Service
  readonly #trigger: number | undefined
  readonly #labels: Record<string, string>

  constructor(service: Service, trigger: number | undefined) {
    this.#service = service
    this.#trigger = trigger
    const { [HEADLESS]: _, ...labels } = service.metadata.labels ?? {}
    const headless = isHeadless(service) ? { [HEADLESS]: '' } : {}
    this.#labels = { ...labels, ...headless, [SERVICE_NAME]: service.metadata.name, [MANAGED_BY]: MANAGER }
  }

  /** The slices of one address family, for hints. @param kept those that are not deleted */
  drafts(created: readonly NewSlice[], updated: Plan['updated'], kept: readonly Slice[]): Drafts {
    this.updated.push(...updated)
    const written: Draft[] = [...created, ...updated]
    const changed = new Set(updated.map(({ slice }) => slice))
    const touch = (slice: Slice): Draft => {
      const draft = { slice, endpoints: slice.endpoints ?? [] }
      this.updated.push(draft)
      written.push(draft)
      return draft
    }
    return { written, unchanged: kept.filter((slice) => !changed.has(slice)), touch }
  }

  hasLabels(slice: Slice): boolean {
    return deepEqual(slice.metadata.labels ?? {}, this.#labels)
  }

  owns(slice: Slice): boolean {
    return slice.metadata.ownerReferences?.some(({ uid }) => uid === this.#service.metadata.uid) === true
  }

  isPlaceholder(slice: Slice): boolean {
    const empty = (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0
    return empty && this.owns(slice) && this.hasLabels(slice)
  }

  /** A slice that would be deleted takes the contents of one that would be created, if it may. */
  writes(): readonly WriteAction[] {
    const left = [...this.deleted]
    const writes: WriteAction[] = []
    for (const fresh of this.created.toReversed()) {
      const reused = left.findIndex((slice) => slice.addressType === fresh.family && this.owns(slice))
      if (reused < 0) {
        writes.push(create(RESOURCE, this.#made(fresh)))
        continue
      }
      const [slice] = left.splice(reused, 1)
      if (slice !== undefined) writes.push(this.#update(slice, fresh.ports, fresh.endpoints))
    }
    for (const { slice, endpoints } of this.updated) writes.push(this.#update(slice, slice.ports ?? [], endpoints))
    return [...writes, ...left.map((slice) => remove(RESOURCE, slice))]
  }

  #update(slice: Slice, ports: readonly Port[], endpoints: readonly Endpoint[]): WriteAction {
    const annotations = withTriggerTime(slice.metadata.annotations, this.#trigger)
    return update(RESOURCE, {
      ...slice,
      metadata: { ...slice.metadata, labels: this.#labels, annotations },
      ports,
      endpoints,
    })
  }

  #made({ family, ports, endpoints }: NewSlice): Frozen<discovery.EndpointSlice> {
    const { namespace = '', name } = this.#service.metadata
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        generateName: `${name}-`,
        namespace,
        labels: this.#labels,
        annotations: withTriggerTime(undefined, this.#trigger),
        ownerReferences: [newControllerRef(this.#service, SERVICE_KIND)],
      },
      addressType: family,
      endpoints,
      ports,
    }
  }
}

function firstError(outcomes: readonly Outcome[]): StatusError | undefined {
  return outcomes.find(({ error }) => error !== undefined && !isNamespaceTerminating(error))?.error
}

function report(service: Service, error: Error | undefined): readonly Action[] {
  if (error === undefined) return []
  const { namespace, name } = service.metadata
  const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${error.message}`
  return [event(subjectOf(service, SERVICE_KIND), 'Warning', 'FailedToUpdateEndpointSlices', message), retry(error)]
}
