// Metrics of v2 in the form of the annotations of v1, with members in upstream's order, and back.
// Source: pkg/apis/autoscaling/v1, Convert_autoscaling_MetricSpec_To_v1_MetricSpec and the like (v1.36)
import type { CrossVersionObjectReference, MetricSpec, MetricStatus } from '../../api/autoscaling.ts'
import { isZeroQuantity, parseQuantity } from '../../apimachinery/quantity.ts'

interface Selector {
  readonly matchLabels?: Record<string, string>
}

/** A member of a v1 metric, whatever its type: those of one type are a subset. */
interface MemberV1 {
  readonly target?: CrossVersionObjectReference
  readonly metricName?: string
  readonly selector?: Selector
  readonly metricSelector?: Selector
  readonly name?: string
  readonly container?: string
  readonly targetValue?: string
  readonly averageValue?: string
  readonly targetAverageValue?: string
  readonly targetAverageUtilization?: number
  readonly currentValue?: string
  readonly currentAverageValue?: string
  readonly currentAverageUtilization?: number
}

interface MetricV1 {
  readonly type?: string
  readonly object?: MemberV1
  readonly pods?: MemberV1
  readonly resource?: MemberV1
  readonly containerResource?: MemberV1
  readonly external?: MemberV1
}

/** Go prints a reference with its kind first. */
function orderReference({ kind, name, apiVersion }: CrossVersionObjectReference): object {
  return { kind, name, apiVersion }
}

export function metricSpecToV1(spec: MetricSpec): object {
  const { type, object, pods, resource, containerResource, external } = spec
  return {
    type,
    object: object && {
      target: orderReference(object.describedObject),
      metricName: object.metric.name,
      targetValue: object.target.value ?? '0',
      selector: object.metric.selector,
      averageValue: object.target.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      targetAverageValue: pods.target.averageValue ?? '0',
      selector: pods.metric.selector,
    },
    resource: resource && {
      name: resource.name,
      targetAverageUtilization: resource.target.averageUtilization,
      targetAverageValue: resource.target.averageValue,
    },
    containerResource: containerResource && {
      name: containerResource.name,
      targetAverageUtilization: containerResource.target.averageUtilization,
      targetAverageValue: containerResource.target.averageValue,
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      targetValue: external.target.value,
      targetAverageValue: external.target.averageValue,
    },
  }
}

export function metricSpecFromV1(metric: MetricV1): MetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric
  return pruned({
    type,
    object: object && {
      describedObject: object.target,
      metric: { name: object.metricName, selector: object.selector },
      target: objectTarget(object),
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue ?? '0' },
    },
    resource: resource && { name: resource.name, target: resourceTarget(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      target: resourceTarget(containerResource),
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      target: {
        type: external.targetValue === undefined ? 'AverageValue' : 'Value',
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      },
    },
  }) as MetricSpec
}

function objectTarget({ targetValue = '0', averageValue }: MemberV1): object {
  if (averageValue === undefined) return { type: 'Value', value: targetValue }
  // v1 cannot leave its value out, so a zero beside an average says nothing.
  const value = isZeroQuantity(parseQuantity(targetValue)) ? undefined : targetValue
  return { type: 'AverageValue', value, averageValue }
}

function resourceTarget({ targetAverageUtilization, targetAverageValue }: MemberV1): object {
  return {
    type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
    averageValue: targetAverageValue,
    averageUtilization: targetAverageUtilization,
  }
}

export function metricStatusToV1(status: MetricStatus): object {
  const { type, object, pods, resource, containerResource, external } = status
  return {
    type,
    object: object && {
      target: orderReference(object.describedObject),
      metricName: object.metric.name,
      currentValue: object.current.value ?? '0',
      selector: object.metric.selector,
      averageValue: object.current.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      currentAverageValue: pods.current.averageValue ?? '0',
      selector: pods.metric.selector,
    },
    resource: resource && {
      name: resource.name,
      currentAverageUtilization: resource.current.averageUtilization,
      currentAverageValue: resource.current.averageValue ?? '0',
    },
    containerResource: containerResource && {
      name: containerResource.name,
      currentAverageUtilization: containerResource.current.averageUtilization,
      currentAverageValue: containerResource.current.averageValue ?? '0',
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      currentValue: external.current.value ?? '0',
      currentAverageValue: external.current.averageValue,
    },
  }
}

export function metricStatusFromV1(metric: MetricV1): MetricStatus {
  const { type, object, pods, resource, containerResource, external } = metric
  return pruned({
    type,
    object: object && {
      describedObject: object.target,
      metric: { name: object.metricName, selector: object.selector },
      current: { value: object.currentValue, averageValue: object.averageValue },
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && { name: resource.name, current: resourceCurrent(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      current: resourceCurrent(containerResource),
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      current: { value: external.currentValue, averageValue: external.currentAverageValue },
    },
  }) as MetricStatus
}

function resourceCurrent({ currentAverageValue, currentAverageUtilization }: MemberV1): object {
  return { averageValue: currentAverageValue, averageUtilization: currentAverageUtilization }
}

/** A copy without members that are undefined, all the way down. */
function pruned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, pruned(member)]))
}
