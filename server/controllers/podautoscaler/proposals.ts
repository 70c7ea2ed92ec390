// What each metric of an autoscaler proposes, or why it cannot.
// Source: kubernetes pkg/controller/podautoscaler, computeReplicasForMetric (v1.36)
import type * as autoscaling from '../../api/autoscaling.ts'
import { formatQuantity, newMilliQuantity, parseQuantity, quantityMilliValue } from '../../apimachinery/quantity.ts'
import type { Frozen, LabelSelector } from '../../apimachinery/types.ts'
import { forShare, forTotal, forUtilization, forValue, type Situation, type Usage } from './calculator.ts'
import type { MetricName, MetricsSource } from './metrics.ts'

type MetricSpec = Frozen<autoscaling.MetricSpec>
type MetricTarget = Frozen<autoscaling.MetricTarget>
export type MetricStatus = Frozen<autoscaling.MetricStatus>

export interface Proposal {
  readonly replicas: number
  /** As events name it. */
  readonly metric: string
  readonly status: MetricStatus
}

/** A metric that cannot be had, or made sense of. */
export class MetricProblem extends Error {
  override readonly name = 'MetricProblem'
  readonly reason: string
  /** Why; the message says of what, too. */
  readonly why: string

  constructor(reason: string, why: string, message: string) {
    super(message)
    this.reason = reason
    this.why = why
  }
}

/** Where the figures are, and whose pods they are about. */
export interface Place {
  readonly source: MetricsSource
  readonly namespace: string
  /** Of the target's pods. */
  readonly selector: string
}

/** @throws MetricProblem */
export function propose(spec: MetricSpec, situation: Situation, place: Place): Promise<Proposal> {
  switch (spec.type) {
    case 'Resource':
      return ofResource(spec.resource!, situation, place)
    case 'ContainerResource':
      return ofContainer(spec.containerResource!, situation, place)
    case 'Pods':
      return ofPods(spec.pods!, situation, place)
    case 'Object':
      return ofObject(spec.object!, situation, place)
    case 'External':
      return ofExternal(spec.external!, situation, place)
    default: {
      const why = `unknown metric source type ${JSON.stringify(spec.type)}`
      return Promise.reject(new MetricProblem('InvalidMetricSourceType', why, why))
    }
  }
}

/** @param outer puts the reason into its sentence */
async function explained<T>(reason: string, outer: (why: string) => string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const why = (error as Error).message
    throw new MetricProblem(reason, why, outer(why))
  }
}

async function because<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error })
  }
}

function milli(text: string): number {
  return Number(quantityMilliValue(parseQuantity(text)))
}

function amount(value: number, resource?: string): string {
  return formatQuantity(newMilliQuantity(value, resource === 'memory' ? 'BinarySI' : 'DecimalSI'))
}

/** Of a resource: what it proposes, and its current value. */
async function ofAmount(
  resource: string,
  target: MetricTarget,
  situation: Situation,
  { source, namespace, selector }: Place,
  container?: string,
): Promise<{ usage: Usage; current: Frozen<autoscaling.MetricValueStatus>; metric: string }> {
  const fetch = () =>
    because(`unable to get metrics for resource ${resource}`, () =>
      source.ofResource(namespace, selector, resource, container),
    )
  const { averageValue, averageUtilization } = target
  if (averageValue !== undefined) {
    const usage = await because(`failed to get ${resource} usage`, async () =>
      forValue(situation, await fetch(), milli(averageValue), resource),
    )
    return { usage, current: { averageValue: amount(usage.usage, resource) }, metric: `${resource} resource` }
  }
  if (averageUtilization === undefined) {
    throw new Error(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    )
  }
  const usage = await because(`failed to get ${resource} utilization`, async () =>
    forUtilization(situation, await fetch(), averageUtilization, resource, container),
  )
  const { utilization = 0 } = usage
  const what = container === undefined ? 'resource' : 'container resource'
  return {
    usage,
    current: { averageUtilization: utilization, averageValue: amount(usage.usage, resource) },
    metric: `${resource} ${what} utilization (percentage of request)`,
  }
}

function ofResource(
  { name, target }: Frozen<autoscaling.ResourceMetricSource>,
  situation: Situation,
  place: Place,
): Promise<Proposal> {
  const outer = (why: string): string => `failed to get ${name} resource metric value: ${why}`
  return explained('FailedGetResourceMetric', outer, async () => {
    const { usage, current, metric } = await ofAmount(name, target, situation, place)
    return { replicas: usage.replicas, metric, status: { type: 'Resource', resource: { name, current } } }
  })
}

function ofContainer(
  { name, container, target }: Frozen<autoscaling.ContainerResourceMetricSource>,
  situation: Situation,
  place: Place,
): Promise<Proposal> {
  const outer = (why: string): string => `failed to get ${container} container metric value: ${why}`
  return explained('FailedGetContainerResourceMetric', outer, async () => {
    const { usage, current, metric } = await ofAmount(name, target, situation, place, container)
    const containerResource = { name, container, current }
    return { replicas: usage.replicas, metric, status: { type: 'ContainerResource', containerResource } }
  })
}

function ofPods(
  { metric, target }: Frozen<autoscaling.PodsMetricSource>,
  situation: Situation,
  { source, namespace, selector }: Place,
): Promise<Proposal> {
  const outer = (why: string): string => `failed to get pods metric value: ${why}`
  return explained('FailedGetPodsMetric', outer, async () => {
    const metrics = await because(`unable to get metric ${metric.name}`, () =>
      source.ofPods(namespace, selector, metric),
    )
    const { replicas, usage } = forValue(situation, metrics, milli(target.averageValue ?? '0'))
    const current = { averageValue: amount(usage) }
    return { replicas, metric: `pods metric ${metric.name}`, status: { type: 'Pods', pods: { metric, current } } }
  })
}

function ofObject(
  { metric, target, describedObject }: Frozen<autoscaling.ObjectMetricSource>,
  situation: Situation,
  { source, namespace }: Place,
): Promise<Proposal> {
  const { kind, name } = describedObject
  const isAverage = target.type === 'AverageValue'
  const part = isAverage ? `failed to get ${metric.name} object metric: ` : ''
  const outer = (why: string): string => `failed to get object metric value: ${part}${why}`
  return explained('FailedGetObjectMetric', outer, async () => {
    const figure = await figureOfObject()
    const status = (current: object): MetricStatus => ({ type: 'Object', object: { describedObject, metric, current } })
    if (isAverage) {
      const { replicas, usage } = forShare(situation, figure, milli(target.averageValue ?? '0'))
      return { replicas, metric: externalName(metric), status: status({ averageValue: amount(usage) }) }
    }
    const { replicas, usage } = forTotal(situation, figure, milli(target.value ?? '0'))
    return { replicas, metric: `${kind} metric ${metric.name}`, status: status({ value: amount(usage) }) }
  })

  /** Upstream's words about a failure are out of order. */
  async function figureOfObject(): Promise<number> {
    try {
      return await source.ofObject(namespace, describedObject, metric)
    } catch (error) {
      const why = `${kind} on ${namespace} ${name}/${(error as Error).message}`
      throw new Error(`unable to get metric ${metric.name}: ${why}`, { cause: error })
    }
  }
}

function ofExternal(
  { metric, target }: Frozen<autoscaling.ExternalMetricSource>,
  situation: Situation,
  { source, namespace }: Place,
): Promise<Proposal> {
  const { averageValue, value = '0' } = target
  const part = averageValue === undefined ? `external metric ${metric.name}` : `${metric.name} external metric`
  const outer = (why: string): string =>
    `failed to get ${metric.name} external metric value: failed to get ${part}: ${why}`
  return explained('FailedGetExternalMetric', outer, async () => {
    const where = `${namespace}/${metric.name}/${printSelector(metric.selector)}`
    const figures = await because(`unable to get external metric ${where}`, () => source.ofExternal(namespace, metric))
    const figure = figures.reduce((sum, one) => sum + one, 0)
    const { replicas, usage } =
      averageValue === undefined
        ? forTotal(situation, figure, milli(value))
        : forShare(situation, figure, milli(averageValue))
    const current = averageValue === undefined ? { value: amount(usage) } : { averageValue: amount(usage) }
    return { replicas, metric: externalName(metric), status: { type: 'External', external: { metric, current } } }
  })
}

function externalName({ name, selector }: MetricName): string {
  return `external metric ${name}(${printSelector(selector)})`
}

/** As Go prints a pointer to one. */
function printSelector(selector: Frozen<LabelSelector> | undefined): string {
  if (selector === undefined) return 'nil'
  const { matchLabels = {}, matchExpressions = [] } = selector
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]},`)
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}
