// Where an autoscaler has its figures from: the APIs of metrics, as far as the cluster serves them.
// Left out: custom and external metrics, whose paths no client of this process can ask for; asking says that they are not
// served.
// Source: kubernetes pkg/controller/podautoscaler/metrics, client (v1.36)
import type { LabelSelector } from '../../apimachinery/types.ts'
import { isNotFound } from '../../apimachinery/errors.ts'
import { parseDuration } from '../../apimachinery/go-duration.ts'
import { parseQuantity, quantityMilliValue } from '../../apimachinery/quantity.ts'
import type { Frozen, KubeObject } from '../../apimachinery/types.ts'
import type { Client } from '../../client/client.ts'

/** In thousandths of the resource or metric. */
export interface PodMetric {
  readonly value: number
  /** When and over how long it was measured, in milliseconds. */
  readonly timestamp: number
  readonly window: number
}

/** By name of the pod. */
export type PodMetrics = ReadonlyMap<string, PodMetric>

export interface MetricsSource {
  /** @param container of all containers together if absent @throws Error that says why there are none */
  ofResource(namespace: string, selector: string, resource: string, container?: string): Promise<PodMetrics>
  ofPods(namespace: string, selector: string, metric: MetricName): Promise<PodMetrics>
  ofObject(namespace: string, object: ObjectName, metric: MetricName): Promise<number>
  ofExternal(namespace: string, metric: MetricName): Promise<readonly number[]>
}

export interface MetricName {
  readonly name: string
  readonly selector?: Frozen<LabelSelector>
}

export interface ObjectName {
  readonly kind: string
  readonly name: string
}

/** What metrics.k8s.io answers. */
interface MeasuredPod extends KubeObject {
  timestamp?: string
  window?: string
  containers?: { name: string; usage?: Record<string, string> }[]
}

const MEASURED_PODS = 'pods.metrics.k8s.io'

export function servedMetrics(client: Client): MetricsSource {
  const noCustom =
    'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered'
  return {
    async ofResource(namespace, selector, resource, container) {
      const items = await measuredPods(client, namespace, selector)
      if (items.length === 0) throw new Error('no metrics returned from resource metrics API')
      return new Map(items.flatMap((pod) => measured(pod, resource, container)))
    },
    ofPods: () => Promise.reject(new Error(noCustom)),
    ofObject: () => Promise.reject(new Error(noCustom)),
    ofExternal: (_namespace, { name }) =>
      Promise.reject(
        new Error(`unable to fetch metrics from external metrics API: ${notServed(`${name}.external.metrics.k8s.io`)}`),
      ),
  }
}

function notServed(resource: string): string {
  return `the server could not find the requested resource (get ${resource})`
}

async function measuredPods(
  client: Client,
  namespace: string,
  labelSelector: string,
): Promise<readonly Frozen<MeasuredPod>[]> {
  try {
    const { items } = await client.list<MeasuredPod>(MEASURED_PODS, { namespace, labelSelector })
    return items
  } catch (error) {
    const why = isNotFound(error) ? notServed(MEASURED_PODS) : (error as Error).message
    throw new Error(`unable to fetch metrics from resource metrics API: ${why}`, { cause: error })
  }
}

/** Nothing for a pod of which something is not measured. */
function measured(pod: Frozen<MeasuredPod>, resource: string, container?: string): [string, PodMetric][] {
  const { metadata, timestamp = '', window = '0s', containers = [] } = pod
  const asked = container === undefined ? containers : containers.filter(({ name }) => name === container)
  const amounts = asked.map(({ usage }) => usage?.[resource])
  if (amounts.length === 0 || amounts.includes(undefined)) return []
  const value = amounts.reduce((sum, text) => sum + Number(quantityMilliValue(parseQuantity(text!))), 0)
  return [[metadata?.name ?? '', { value, timestamp: Date.parse(timestamp), window: parseDuration(window) }]]
}
