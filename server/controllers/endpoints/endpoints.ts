// The Endpoints object of each service with a selector.
// Source: kubernetes pkg/controller/endpoint (v1.36)
import type * as core from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { StatusError } from '../../apimachinery/errors.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { create, event, remove, retry, update, type Action } from '../../client/action.ts'
import { defineController, type Controller, type Listers } from '../../client/controller.ts'
import { subjectOf } from '../../client/events.ts'
import { splitKey } from '../../client/indexer.ts'
import { isNamespaceTerminating } from '../pod-control.ts'
import { isPodReady, type Pod } from '../pod-status.ts'
import {
  addressesOf,
  belongsInEndpoints,
  findPort,
  hasEndpoints,
  hostnameIn,
  isHeadless,
  isIPv6,
  podsOf,
  targetRefOf,
  TriggerTimes,
  watches,
  withTriggerTime,
  type Service,
} from './service-pods.ts'
import { packSubsets, truncate, type Offer } from './subsets.ts'

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by'
const HEADLESS = 'service.kubernetes.io/headless'
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity'
const MAX_CAPACITY = 1000

export function endpoints(): Controller {
  const times = new TriggerTimes()
  return defineController({
    name: 'endpoints-controller',
    serviceAccount: 'endpoint-controller',
    eventSource: 'endpoint-controller',
    watches: [
      ...watches,
      {
        resource: 'endpoints',
        enqueue: ({ type, object }) =>
          type === 'DELETED' ? [`${object.metadata.namespace}/${object.metadata.name}`] : [],
      },
    ],
    reconcile: (key, listers) => reconcileEndpoints(key, listers, times),
  })
}

function reconcileEndpoints(key: string, listers: Listers, times: TriggerTimes): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const service = listers.of<core.Service>('services').get(namespace, name)
  const present = listers.of<core.Endpoints>('endpoints').get(namespace, name)
  if (service === undefined) {
    times.forget(key)
    return present === undefined ? [] : [remove('endpoints', present)]
  }
  if (!hasEndpoints(service)) return []
  const pods = podsOf(service, listers)
  const trigger = times.next(service, pods)
  const all = packSubsets(pods.flatMap((pod) => offersOf(service, pod)))
  const { subsets, truncated } = truncate(all, MAX_CAPACITY)
  const labels = labelsFor(service)
  const annotations = annotationsFor(present, trigger, truncated)
  if (present !== undefined && isSame(present, subsets, labels, truncated)) return []
  const wanted = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...(present?.metadata ?? { name, namespace }), labels, annotations },
    ...(subsets.length === 0 ? {} : { subsets }),
  }
  const then = ({ error }: { error?: StatusError }): readonly Action[] =>
    failed(wanted, service, present !== undefined, error)
  return [present === undefined ? create('endpoints', wanted, then) : update('endpoints', wanted, then)]
}

function isSame(
  present: Frozen<core.Endpoints>,
  subsets: Frozen<core.Endpoints>['subsets'],
  labels: Record<string, string>,
  truncated: boolean,
): boolean {
  const wasTruncated = present.metadata?.annotations?.[OVER_CAPACITY] !== undefined
  return (
    wasTruncated === truncated &&
    deepEqual(present.subsets ?? [], subsets) &&
    deepEqual(present.metadata?.labels ?? {}, labels)
  )
}

function annotationsFor(
  present: Frozen<core.Endpoints> | undefined,
  trigger: number | undefined,
  truncated: boolean,
): Record<string, string> {
  const { [OVER_CAPACITY]: _, ...annotations } = withTriggerTime(present?.metadata?.annotations, trigger)
  return truncated ? { ...annotations, [OVER_CAPACITY]: 'truncated' } : annotations
}

function labelsFor(service: Service): Record<string, string> {
  const { [HEADLESS]: _, ...labels } = service.metadata.labels ?? {}
  return { ...labels, ...(isHeadless(service) ? { [HEADLESS]: '' } : {}), [MANAGED_BY]: 'endpoint-controller' }
}

/** What a pod offers to a service: its address in the family of the service, once for each port. */
function offersOf(service: Service, pod: Pod): readonly Offer[] {
  const { publishNotReadyAddresses = false, ipFamilies = [], clusterIP = '', ports = [] } = service.spec ?? {}
  if (!belongsInEndpoints(pod, publishNotReadyAddresses)) return []
  const wantsIPv6 = ipFamilies.length > 0 ? ipFamilies[0] === 'IPv6' : isIPv6(clusterIP)
  const ip = addressesOf(pod).find((each) => isIPv6(each) === wantsIPv6)
  if (ip === undefined) return []
  const hostname = hostnameIn(service, pod)
  const { nodeName = '' } = pod.spec ?? {}
  const address = {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === '' ? {} : { nodeName }),
    targetRef: targetRefOf(pod),
  }
  const ready = publishNotReadyAddresses || isPodReady(pod)
  if (ports.length === 0) return clusterIP === 'None' ? [{ address, port: undefined, ready }] : []
  return ports.flatMap((servicePort): Offer[] => {
    const port = findPort(pod, servicePort)
    if (port === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = servicePort
    const offered = {
      ...(name === '' ? {} : { name }),
      port,
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }
    return [{ address, port: offered, ready }]
  })
}

function failed(
  wanted: Frozen<core.Endpoints>,
  { metadata: { namespace = '', name } }: Service,
  existed: boolean,
  error: StatusError | undefined,
): readonly Action[] {
  if (error === undefined || isNamespaceTerminating(error)) return []
  const subject = subjectOf(wanted, { apiVersion: 'v1', kind: 'Endpoints' })
  const warning = existed
    ? event(
        subject,
        'Warning',
        'FailedToUpdateEndpoint',
        `Failed to update endpoint ${namespace}/${name}: ${error.message}`,
      )
    : event(
        subject,
        'Warning',
        'FailedToCreateEndpoint',
        `Failed to create endpoint for service ${namespace}/${name}: ${error.message}`,
      )
  return [warning, retry(error)]
}
