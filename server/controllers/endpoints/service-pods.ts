// Services and the pods behind them: what both endpoint controllers look at.
// Source: k8s.io/endpointslice, util; kubernetes pkg/controller/endpoint (v1.36)
import type * as core from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { nothing, selectorFromSet, type Selector } from '../../apimachinery/selectors.ts'
import type { AnyObject, Frozen, Stored } from '../../apimachinery/types.ts'
import type { WatchEvent } from '../../client/client.ts'
import type { Listers, Watches } from '../../client/controller.ts'
import { keyOf } from '../../client/indexer.ts'
import { isPodReady, isPodTerminal, podCondition, timeOf, type Pod } from '../pod-status.ts'

export type Service = Frozen<Stored<core.Service>>

/** Services and pods, with the keys of the services that an event concerns. */
export const watches: readonly Watches[] = [
  { resource: 'services', enqueue: 'self' },
  { resource: 'pods', enqueue: servicesOfPod, indexes: { labels: labelPairs } },
]

function labelPairs(object: Frozen<Stored<AnyObject>>): readonly string[] {
  const { namespace, labels = {} } = object.metadata
  return Object.entries(labels).map(([key, value]) => `${namespace}/${key}=${value}`)
}

const selectors = new WeakMap<object, Selector>()

/** No selector selects nothing. */
function selectorOf(service: Service): Selector {
  const labels = service.spec?.selector
  if (labels === undefined) return nothing
  let selector = selectors.get(labels)
  if (selector === undefined) selectors.set(labels, (selector = selectorFromSet(labels)))
  return selector
}

/** Whether endpoints are made for it: it has a selector and is not just a name for something outside. */
export function hasEndpoints(service: Service): boolean {
  return service.spec?.selector !== undefined && service.spec.type !== 'ExternalName'
}

export function isHeadless(service: Service): boolean {
  const { clusterIP = '' } = service.spec ?? {}
  return clusterIP === '' || clusterIP === 'None'
}

/** By name: answers in an order of its own. */
export function podsOf(service: Service, listers: Listers): readonly Pod[] {
  const pods = listers.of<core.Pod>('pods')
  const { namespace } = service.metadata
  const [pair] = Object.entries(service.spec?.selector ?? {})
  const candidates =
    pair === undefined ? pods.list(namespace) : pods.byIndex('labels', `${namespace}/${pair[0]}=${pair[1]}`)
  const selector = selectorOf(service)
  return candidates.filter((pod) => selector.matches(pod.metadata.labels))
}

function servicesOfPod({ type, object, old }: WatchEvent, listers: Listers): Iterable<string> {
  if (type === 'MODIFIED' && old !== undefined && !concernsEndpoints(old as Pod, object as Pod)) return []
  const keys = new Set<string>()
  const versions =
    old === undefined || deepEqual(old.metadata.labels, object.metadata.labels) ? [object] : [old, object]
  for (const service of listers.of<core.Service>('services').list(object.metadata.namespace)) {
    const selector = selectorOf(service)
    if (versions.some((version) => selector.matches(version.metadata.labels))) keys.add(keyOf(service))
  }
  return keys
}

function concernsEndpoints(before: Pod, after: Pod): boolean {
  return (
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    isPodReady(before) !== isPodReady(after) ||
    isPodTerminal(before) !== isPodTerminal(after) ||
    before.spec?.nodeName !== after.spec?.nodeName ||
    before.spec?.hostname !== after.spec?.hostname ||
    !deepEqual(before.status?.podIPs, after.status?.podIPs) ||
    !deepEqual(before.metadata.labels, after.metadata.labels)
  )
}

/** Has an address and may serve; pods that are being deleted count only if told so. */
export function belongsInEndpoints(pod: Pod, includeTerminating: boolean): boolean {
  if (isPodTerminal(pod) || addressesOf(pod).length === 0) return false
  return includeTerminating || pod.metadata.deletionTimestamp === undefined
}

export function addressesOf(pod: Pod): readonly string[] {
  const { podIP, podIPs = [] } = pod.status ?? {}
  const addresses = podIPs.map(({ ip }) => ip)
  return addresses.length > 0 || podIP === undefined || podIP === '' ? addresses : [podIP]
}

export function isIPv6(address: string): boolean {
  return address.includes(':')
}

/** The host name under which cluster DNS knows the pod as part of this service. */
export function hostnameIn(service: Service, pod: Pod): string | undefined {
  const { hostname = '', subdomain } = pod.spec ?? {}
  return hostname !== '' && subdomain === service.metadata.name ? hostname : undefined
}

/** The port of the pod that a service port leads to; undefined if no container has one of that name. */
export function findPort(
  pod: Pod,
  { targetPort, port, protocol = 'TCP' }: Frozen<core.ServicePort>,
): number | undefined {
  if (typeof targetPort !== 'string') return targetPort === undefined || targetPort === 0 ? port : targetPort
  const sidecars = pod.spec?.initContainers?.filter((container) => container.restartPolicy === 'Always') ?? []
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    const found = container.ports?.find((each) => each.name === targetPort && (each.protocol ?? 'TCP') === protocol)
    if (found !== undefined) return found.containerPort
  }
  return undefined
}

/** The pod as the target of an endpoint. */
export function targetRefOf(pod: Pod): Frozen<core.ObjectReference> {
  const { namespace = '', name, uid } = pod.metadata
  return { kind: 'Pod', namespace, name, uid }
}

/**
 * Remembers, per service, when its pods became ready or unready last, to tell what a change of endpoints stems from.
 * Source: endpointslice util, TriggerTimeTracker
 */
export class TriggerTimes {
  readonly #pods = new Map<string, ReadonlyMap<string, number>>()

  /** Milliseconds; undefined when nothing new was seen. The first time it is the age of the service. */
  next(service: Service, pods: readonly Pod[]): number | undefined {
    const key = keyOf(service)
    const before = this.#pods.get(key)
    const times = new Map<string, number>()
    for (const pod of pods) {
      const time = timeOf(podCondition(pod, 'Ready')?.lastTransitionTime)
      if (time !== undefined) times.set(pod.metadata.name, time)
    }
    this.#pods.set(key, times)
    if (before === undefined) return timeOf(service.metadata.creationTimestamp)
    const changed = [...times].filter(([name, time]) => time > (before.get(name) ?? 0)).map(([, time]) => time)
    return changed.length === 0 ? undefined : Math.min(...changed)
  }

  forget(key: string): void {
    this.#pods.delete(key)
  }
}

const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'

/** Sets or clears the annotation that says when what led to this state happened. */
export function withTriggerTime(
  annotations: Readonly<Record<string, string>> | undefined,
  triggerMs: number | undefined,
): Record<string, string> {
  const { [TRIGGER_TIME]: _, ...rest } = annotations ?? {}
  if (triggerMs === undefined) return rest
  // RFC 3339 with as many fraction digits as it takes: none, for the whole seconds of the API.
  return { ...rest, [TRIGGER_TIME]: new Date(triggerMs).toISOString().replace(/\.?0*Z$/, 'Z') }
}
