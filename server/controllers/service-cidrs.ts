// Ranges for the addresses of services: ready when they are seen, kept while addresses need them.
// Source: kubernetes pkg/controller/servicecidrs (v1.36)
import type * as networking from '../api/networking.ts'
import { formatTime } from '../apimachinery/clock.ts'
import { cidrContains, parseCIDR, parseIP, type CIDR } from '../apimachinery/ip.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import { event, patch, requeueAfter, retry, update, type Action } from '../client/action.ts'
import type { WatchEvent } from '../client/client.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { subjectOf } from '../client/events.ts'
import { timeOf } from './pod-status.ts'

type ServiceCIDR = Frozen<Stored<networking.ServiceCIDR>>
type Condition = Pick<
  Frozen<networking.ServiceCIDRStatus>['conditions'] extends readonly (infer C)[] | undefined ? C : never,
  'type' | 'status' | 'reason' | 'message'
>

const RESOURCE = 'servicecidrs.networking.k8s.io'
const ADDRESSES = 'ipaddresses.networking.k8s.io'
const FINALIZER = 'networking.k8s.io/service-cidr-finalizer'
const KIND = { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR' }
const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by'
const ALLOCATOR = 'ipallocator.k8s.io'
/** For that long allocators may still take addresses from a range that is to go. */
const GRACE_MS = 10_000

export const serviceCIDRs = defineController({
  name: 'service-cidr-controller',
  serviceAccount: 'service-cidrs-controller',
  watches: [
    { resource: RESOURCE, enqueue: keysOfRange },
    { resource: ADDRESSES, enqueue: keysOfAddress },
  ],
  reconcile,
})

/** A range that comes or goes may hold, or let go of, those that it overlaps. */
function keysOfRange({ type, object }: WatchEvent, listers: Listers): readonly string[] {
  const { name } = object.metadata
  if (type === 'MODIFIED') return [name]
  const own = cidrsOf(object as unknown as ServiceCIDR)
  const others = listers.of<networking.ServiceCIDR>(RESOURCE).list()
  const overlap = (a: CIDR, b: CIDR): boolean => cidrContains(a, b.network) || cidrContains(b, a.network)
  const near = others.filter((other) => cidrsOf(other).some((cidr) => own.some((one) => overlap(cidr, one))))
  return [name, ...near.map(({ metadata }) => metadata.name)]
}

function keysOfAddress({ type, object }: WatchEvent, listers: Listers): readonly string[] {
  if (type === 'MODIFIED' || object.metadata.labels?.[MANAGED_BY] !== ALLOCATOR) return []
  const ranges = listers.of<networking.ServiceCIDR>(RESOURCE).list()
  return ranges.filter((range) => holds(range, object.metadata.name)).map(({ metadata }) => metadata.name)
}

function cidrsOf({ spec }: ServiceCIDR): readonly CIDR[] {
  return (spec?.cidrs ?? []).flatMap((text) => parseCIDR(text) ?? [])
}

function holds(range: ServiceCIDR, address: string): boolean {
  const ip = parseIP(address)
  return ip !== undefined && cidrsOf(range).some((cidr) => cidrContains(cidr, ip))
}

function reconcile(name: string, listers: Listers, now: number): readonly Action[] {
  const range = listers.of<networking.ServiceCIDR>(RESOURCE).get(undefined, name)
  if (range === undefined) return []
  const { deletionTimestamp, finalizers = [] } = range.metadata
  const hasFinalizer = finalizers.includes(FINALIZER)
  if (deletionTimestamp === undefined) {
    const ready = { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }
    if (hasFinalizer) return setCondition(range, ready, now)
    const body = { metadata: { finalizers: [...finalizers, FINALIZER] } }
    // What it says of itself follows with the next event.
    return [patch(RESOURCE, range, 'application/strategic-merge-patch+json', body)]
  }
  if (!mayGo(range, listers)) {
    const message =
      'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'
    return setCondition(range, { type: 'Ready', status: 'False', reason: 'Terminating', message }, now)
  }
  const waitMs = GRACE_MS - (now - (timeOf(deletionTimestamp) ?? 0))
  if (waitMs > 0) return [requeueAfter(waitMs)]
  if (!hasFinalizer) return []
  return [
    update(RESOURCE, {
      ...range,
      metadata: { ...range.metadata, finalizers: finalizers.filter((one) => one !== FINALIZER) },
    }),
  ]
}

function setCondition(range: ServiceCIDR, wanted: Condition, now: number): readonly Action[] {
  const known = range.status?.conditions?.find(({ type }) => type === wanted.type)
  const isSame = (['status', 'reason', 'message'] as const).every((member) => known?.[member] === wanted[member])
  if (isSame) return []
  const condition = { ...wanted, lastTransitionTime: formatTime(now) }
  const message = 'The ServiceCIDR Status can not be set to Ready=True'
  return [
    patch(
      RESOURCE,
      range,
      'application/apply-patch+yaml',
      { ...KIND, metadata: { name: range.metadata.name }, status: { conditions: [condition] } },
      {
        subresource: 'status',
        applyAs: 'service-cidr-controller',
        then: ({ error }) => {
          if (error === undefined) return []
          const told =
            wanted.status === 'True'
              ? [event(subjectOf(range, KIND), 'Warning', 'KubernetesServiceCIDRError', message)]
              : []
          return [...told, retry(error)]
        },
      },
    ),
  ]
}

/** Another range holds it whole, or there is no address that only it holds. */
function mayGo(range: ServiceCIDR, listers: Listers): boolean {
  const others = listers
    .of<networking.ServiceCIDR>(RESOURCE)
    .list()
    .filter(({ metadata }) => metadata.name !== range.metadata.name && metadata.deletionTimestamp === undefined)
  const isInside = (cidr: CIDR): boolean =>
    others.some((other) =>
      cidrsOf(other).some((one) => one.prefixLength <= cidr.prefixLength && cidrContains(one, cidr.network)),
    )
  if (cidrsOf(range).every(isInside)) return true
  return !listers
    .of<networking.IPAddress>(ADDRESSES)
    .list()
    .some(
      ({ metadata: { name, labels } }) =>
        labels?.[MANAGED_BY] === ALLOCATOR && holds(range, name) && !others.some((other) => holds(other, name)),
    )
}
