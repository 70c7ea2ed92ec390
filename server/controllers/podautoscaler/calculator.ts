// How many replicas it takes for a metric to be on target.
// Source: kubernetes pkg/controller/podautoscaler, replica_calculator; metrics, utilization (v1.36)
import type * as core from '../../api/core.ts'
import { podRequests } from '../../api/pod-resources.ts'
import { parseQuantity, quantityMilliValue } from '../../apimachinery/quantity.ts'
import { isPodReady, podCondition, timeOf, type Pod } from '../pod-status.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { PodMetric, PodMetrics } from './metrics.ts'

/** For so long after its start the processor time of a pod counts only once it is ready. */
const CPU_INITIALIZATION_MS = 300_000
/** A pod that becomes ready within this time after its start has been ready from the start. */
const INITIAL_READINESS_MS = 30_000
const MOST_REPLICAS = 2 ** 31 - 1

/** By how much usage may differ from the target without consequence: 0.1 is a tenth. */
export interface Tolerances {
  readonly up: number
  readonly down: number
}

/** What is the same for all metrics of one autoscaler. */
export interface Situation {
  readonly currentReplicas: number
  readonly statusReplicas: number
  /** Of the target. */
  readonly pods: readonly Pod[]
  readonly tolerances: Tolerances
  /** In milliseconds. */
  readonly now: number
}

export interface Usage {
  readonly replicas: number
  /** In thousandths, on average over the pods or in all. */
  readonly usage: number
  /** In percent of what is requested. */
  readonly utilization?: number
}

function isWithin({ up, down }: Tolerances, ratio: number): boolean {
  return 1 - down <= ratio && ratio <= 1 + up
}

/** On a target in percent of what the pods request. @throws Error if that cannot be told */
export function forUtilization(
  situation: Situation,
  metrics: PodMetrics,
  target: number,
  resource: string,
  container?: string,
): Usage {
  const requests = new Map(
    situation.pods.map((pod) => [pod.metadata.name, requestOf(pod, resource, container)] as const),
  )
  const average = (some: PodMetrics): Average => {
    const known = [...some].filter(([name]) => requests.has(name))
    const requested = known.reduce((sum, [name]) => sum + requests.get(name)!, 0)
    if (requested === 0) throw new Error('no metrics returned matched known pods')
    const used = total(known.map(([, metric]) => metric))
    const utilization = Math.trunc((used * 100) / requested)
    return { ratio: utilization / target, usage: Math.trunc(used / known.length), utilization }
  }
  const fallback = (name: string): number => Math.trunc(((requests.get(name) ?? 0) * Math.max(100, target)) / 100)
  return forAverage(situation, metrics, resource, average, fallback)
}

/** On a target for the average over the pods, in thousandths. */
export function forValue(situation: Situation, metrics: PodMetrics, target: number, resource = ''): Usage {
  const average = (some: PodMetrics): Average => {
    const usage = Math.trunc(total([...some.values()]) / some.size)
    return { ratio: usage / target, usage }
  }
  return forAverage(situation, metrics, resource, average, () => target)
}

interface Average {
  readonly ratio: number
  readonly usage: number
  readonly utilization?: number
}

function total(metrics: readonly PodMetric[]): number {
  return metrics.reduce((sum, { value }) => sum + value, 0)
}

/** @param fallback what a pod without a metric is taken to use when there is less to do */
function forAverage(
  { currentReplicas, pods, tolerances, now }: Situation,
  metrics: PodMetrics,
  resource: string,
  average: (metrics: PodMetrics) => Average,
  fallback: (podName: string) => number,
): Usage {
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count')
  const { ready, unready, missing, ignored } = groupPods(pods, metrics, resource, now)
  const counting = new Map([...metrics].filter(([name]) => !ignored.has(name) && !unready.has(name)))
  if (counting.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  const { ratio, ...found } = average(counting)
  const isUpWithUnready = unready.size > 0 && ratio > 1
  if (!isUpWithUnready && missing.size === 0) {
    return { replicas: isWithin(tolerances, ratio) ? currentReplicas : Math.ceil(ratio * ready), ...found }
  }
  // What is not known is taken to speak against a change.
  const assume = (name: string, value: number) => counting.set(name, { value, timestamp: 0, window: 0 })
  if (ratio < 1) for (const name of missing) assume(name, fallback(name))
  else if (ratio > 1) for (const name of missing) assume(name, 0)
  if (isUpWithUnready) for (const name of unready) assume(name, 0)
  const { ratio: cautious } = average(counting)
  const replicas = Math.ceil(cautious * counting.size)
  const turns = (ratio < 1 && cautious > 1) || (ratio > 1 && cautious < 1)
  const contradicts = (cautious < 1 && replicas > currentReplicas) || (cautious > 1 && replicas < currentReplicas)
  const stays = isWithin(tolerances, cautious) || turns || contradicts
  return { replicas: stays ? currentReplicas : replicas, ...found }
}

/** On a target for one figure that all pods together bring about, in thousandths. */
export function forTotal(situation: Situation, usage: number, target: number): Usage {
  const { currentReplicas, pods, tolerances } = situation
  const ratio = usage / target
  if (currentReplicas === 0) return { replicas: Math.ceil(ratio), usage }
  if (isWithin(tolerances, ratio)) return { replicas: currentReplicas, usage }
  if (pods.length === 0) {
    throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count')
  }
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length
  return { replicas: Math.min(MOST_REPLICAS, Math.ceil(ratio * ready)), usage }
}

/** On a target for each pod's part of one figure, in thousandths. */
export function forShare({ statusReplicas, tolerances }: Situation, usage: number, target: number): Usage {
  const isFine = isWithin(tolerances, usage / (target * statusReplicas))
  const replicas = isFine ? statusReplicas : Math.min(MOST_REPLICAS, Math.ceil(usage / target))
  return { replicas, usage: Math.ceil(usage / statusReplicas) }
}

interface Groups {
  readonly ready: number
  readonly unready: ReadonlySet<string>
  /** There is no metric of them. */
  readonly missing: ReadonlySet<string>
  /** They are going away, or have failed. */
  readonly ignored: ReadonlySet<string>
}

function groupPods(pods: readonly Pod[], metrics: PodMetrics, resource: string, now: number): Groups {
  const [unready, missing, ignored] = [new Set<string>(), new Set<string>(), new Set<string>()]
  let ready = 0
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata
    const metric = metrics.get(name)
    if (deletionTimestamp !== undefined || pod.status?.phase === 'Failed') ignored.add(name)
    else if (pod.status?.phase === 'Pending') unready.add(name)
    else if (metric === undefined) missing.add(name)
    else if (resource === 'cpu' && isStarting(pod, metric, now)) unready.add(name)
    else ready++
  }
  return { ready, unready, missing, ignored }
}

/** What a pod uses while it starts says nothing about its work. */
function isStarting(pod: Pod, { timestamp, window }: PodMetric, now: number): boolean {
  const condition = podCondition(pod, 'Ready')
  const start = timeOf(pod.status?.startTime)
  if (condition === undefined || start === undefined) return true
  const changed = timeOf(condition.lastTransitionTime) ?? 0
  if (start + CPU_INITIALIZATION_MS > now) return condition.status === 'False' || timestamp < changed + window
  return condition.status === 'False' && start + INITIAL_READINESS_MS > changed
}

/** In thousandths. @throws Error naming the container that does not say */
function requestOf(pod: Pod, resource: string, container?: string): number {
  const milli = (text: string): number => Number(quantityMilliValue(parseQuantity(text)))
  const { name } = pod.metadata
  const { spec } = pod
  if (container === undefined && spec?.resources?.requests !== undefined) {
    const request = podRequests(spec)[resource]
    if (request === undefined) throw new Error(`missing pod-level request for ${resource} in Pod ${name}`)
    return milli(request)
  }
  const sidecars = spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? []
  const all: readonly Frozen<core.Container>[] = [...(spec?.containers ?? []), ...sidecars]
  const asked = container === undefined ? all : all.filter((one) => one.name === container)
  if (container !== undefined && asked.length === 0) throw new Error(`container ${container} not found in Pod ${name}`)
  return asked.reduce((sum, one) => {
    const request = one.resources?.requests?.[resource]
    if (request === undefined)
      throw new Error(`missing request for ${resource} in container ${one.name} of Pod ${name}`)
    return sum + milli(request)
  }, 0)
}
