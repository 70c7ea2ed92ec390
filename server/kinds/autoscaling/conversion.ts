// A HorizontalPodAutoscaler of autoscaling/v1 to and from v2. What v1 has no member for travels in annotations: other
// metrics, current metrics, behavior and conditions, in the forms and member orders of upstream.
// Source: pkg/apis/autoscaling/v1, Convert_v1_HorizontalPodAutoscaler_To_autoscaling_HorizontalPodAutoscaler and its
// inverse (v1.36)
import type {
  HPAScalingRules,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerSpec,
  HorizontalPodAutoscalerStatus,
  HorizontalPodAutoscalerV1,
  HorizontalPodAutoscalerSpecV1,
  HorizontalPodAutoscalerStatusV1,
  MetricSpec,
  MetricStatus,
} from '../../api/autoscaling.ts'
import type { GoStruct } from '../rules/go-value.ts'
import { metricSpecFromV1, metricSpecToV1, metricStatusFromV1, metricStatusToV1 } from './metric-conversion.ts'

const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics'
const statusesAnnotation = 'autoscaling.alpha.kubernetes.io/current-metrics'
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior'
const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions'
/** In which this version keeps what it has no members for. */
export const roundTripAnnotations = [
  metricsAnnotation,
  behaviorAnnotation,
  'autoscaling.alpha.kubernetes.io/scale-down-tolerance',
  'autoscaling.alpha.kubernetes.io/scale-up-tolerance',
  statusesAnnotation,
  conditionsAnnotation,
]

/** The utilization of CPU that v1 has a member for. */
function isCPUUtilization({ type, resource }: MetricSpec): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined
}

function cpuMetric(averageUtilization: number): MetricSpec {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }
}

export function toV2(object: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const { spec = {} as HorizontalPodAutoscalerSpecV1, status } = object
  const annotations = object.metadata?.annotations ?? {}
  const metrics = (parse<object[]>(annotations[metricsAnnotation]) ?? []).map(metricSpecFromV1)
  if (spec.targetCPUUtilizationPercentage !== undefined) metrics.push(cpuMetric(spec.targetCPUUtilizationPercentage))
  const behavior = parse<GoStruct>(annotations[behaviorAnnotation])
  const { targetCPUUtilizationPercentage: _target, ...common } = spec
  const specV2: HorizontalPodAutoscalerSpec = { ...common, metrics: metrics.length > 0 ? metrics : [cpuMetric(80)] }
  if (behavior !== undefined) specV2.behavior = behaviorFromGo(behavior)
  const converted: HorizontalPodAutoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: withAnnotations(object, withoutRoundTrip(annotations)),
    spec: specV2,
  }
  const statusV2 = statusToV2(status, annotations)
  if (statusV2 !== undefined) converted.status = statusV2
  return converted
}

function statusToV2(
  status: HorizontalPodAutoscalerStatusV1 | undefined,
  annotations: Readonly<Record<string, string>>,
): HorizontalPodAutoscalerStatus | undefined {
  const statuses = parse<object[]>(annotations[statusesAnnotation])
  const conditions = parse<HorizontalPodAutoscalerCondition[]>(annotations[conditionsAnnotation])
  if (status === undefined && statuses === undefined && conditions === undefined) return undefined
  const { currentCPUUtilizationPercentage: percentage, ...common } = status ?? {
    currentReplicas: 0,
    desiredReplicas: 0,
  }
  const converted: HorizontalPodAutoscalerStatus = common
  if (statuses !== undefined) converted.currentMetrics = statuses.map(metricStatusFromV1)
  else if (percentage !== undefined) {
    converted.currentMetrics = [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: percentage } } },
    ]
  }
  if (conditions !== undefined) converted.conditions = conditions
  return converted
}

/** What was converted to v1, by the result: cells are made of it, as v1 keeps no order of metrics. */
const originals = new WeakMap<object, HorizontalPodAutoscaler>()

/** The object of v2 that one of v1 was made from, or what it stands for. */
export function originalOf(object: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  return originals.get(object) ?? toV2(object)
}

export function fromV2(object: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { spec = {} as HorizontalPodAutoscalerSpec, status } = object
  const { metrics = [], behavior, ...common } = spec
  const annotations = withoutRoundTrip(object.metadata?.annotations ?? {})
  const others = metrics.filter((metric) => !isCPUUtilization(metric))
  if (others.length > 0) annotations[metricsAnnotation] = JSON.stringify(others.map(metricSpecToV1))
  const statuses = status?.currentMetrics ?? []
  if (statuses.length > 0) annotations[statusesAnnotation] = JSON.stringify(statuses.map(metricStatusToV1))
  if (behavior !== undefined) annotations[behaviorAnnotation] = JSON.stringify(behaviorToGo(behavior))
  const conditions = status?.conditions ?? []
  if (conditions.length > 0) annotations[conditionsAnnotation] = JSON.stringify(conditions.map(orderCondition))
  const specV1: HorizontalPodAutoscalerSpecV1 = common
  const cpu = metrics.find(isCPUUtilization)?.resource?.target.averageUtilization
  if (cpu !== undefined) specV1.targetCPUUtilizationPercentage = cpu
  const converted: HorizontalPodAutoscalerV1 = {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: withAnnotations(object, annotations),
    spec: specV1,
  }
  if (status !== undefined) converted.status = statusFromV2(status)
  originals.set(converted, object)
  return converted
}

function statusFromV2(status: HorizontalPodAutoscalerStatus): HorizontalPodAutoscalerStatusV1 {
  const { observedGeneration, lastScaleTime, currentReplicas, desiredReplicas, currentMetrics } = status
  const converted: HorizontalPodAutoscalerStatusV1 = { currentReplicas: currentReplicas ?? 0, desiredReplicas }
  if (observedGeneration !== undefined) converted.observedGeneration = observedGeneration
  if (lastScaleTime !== undefined) converted.lastScaleTime = lastScaleTime
  const cpu = (currentMetrics ?? []).findLast(isCPUStatus)?.resource?.current.averageUtilization
  if (cpu !== undefined) converted.currentCPUUtilizationPercentage = cpu
  return converted
}

function isCPUStatus({ type, resource }: MetricStatus): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.current.averageUtilization !== undefined
}

function withoutRoundTrip(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !roundTripAnnotations.includes(name)))
}

function withAnnotations<M extends { annotations?: Record<string, string> }>(
  object: { metadata?: M },
  annotations: Record<string, string>,
): M {
  const metadata = { ...object.metadata } as M
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations
  else delete metadata.annotations
  return metadata
}

/** What cannot be read is left out, as upstream does. */
function parse<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined
  try {
    const value = JSON.parse(text) as T | null
    return value ?? undefined
  } catch {
    return undefined
  }
}

function orderCondition(condition: HorizontalPodAutoscalerCondition): GoStruct {
  const { type, status, lastTransitionTime = null, reason, message } = condition
  return { type, status, lastTransitionTime, reason, message }
}

/** Upstream's annotation holds the internal type, with its Go names. */
function behaviorToGo({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): GoStruct {
  return { ScaleUp: rulesToGo(scaleUp), ScaleDown: rulesToGo(scaleDown) }
}

function rulesToGo(rules: HPAScalingRules | undefined): GoStruct | null {
  if (rules === undefined) return null
  const { stabilizationWindowSeconds = null, selectPolicy = null, policies, tolerance = null } = rules
  return {
    StabilizationWindowSeconds: stabilizationWindowSeconds,
    SelectPolicy: selectPolicy,
    Policies:
      policies?.map(({ type, value, periodSeconds }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ??
      null,
    Tolerance: tolerance,
  }
}

/** Members of Go structs with their first letter in lower case: the names in JSON. */
function behaviorFromGo(value: unknown): HorizontalPodAutoscalerBehavior {
  return lowerNames(value) as HorizontalPodAutoscalerBehavior
}

function lowerNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerNames)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(
    members.map(([name, member]) => [name.charAt(0).toLowerCase() + name.slice(1), lowerNames(member)]),
  )
}
