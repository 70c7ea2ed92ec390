// Validation of the spec of a HorizontalPodAutoscaler.
// Source: pkg/apis/autoscaling/validation, validateHorizontalPodAutoscalerSpec (v1.36)
import type {
  CrossVersionObjectReference,
  HPAScalingPolicy,
  HPAScalingRules,
  HorizontalPodAutoscalerSpec,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../../api/autoscaling.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isDNS1123Label, isPathSegmentName } from '../../apimachinery/formats.ts'
import { validateContainerResourceName } from '../pod-template/resource-names.ts'
import { compareQuantities, newQuantity, parseQuantity } from '../../apimachinery/quantity.ts'

/** How strictly the apiVersion of a reference is judged. */
export interface ReferenceOptions {
  readonly anyVersion?: boolean
  readonly emptyGroup?: boolean
}

export interface SpecOptions {
  readonly minReplicasLowerBound: 0 | 1
  readonly target: ReferenceOptions
  /** Objects that metrics describe. */
  readonly objects: ReferenceOptions
}

export function validateSpec(spec: HorizontalPodAutoscalerSpec, options: SpecOptions): FieldError[] {
  const path = field('spec')
  const { minReplicas, maxReplicas = 0, scaleTargetRef, metrics = [], behavior } = spec
  const errors: FieldError[] = []
  if (minReplicas !== undefined && minReplicas < options.minReplicasLowerBound) {
    const detail = `must be greater than or equal to ${options.minReplicasLowerBound}`
    errors.push(invalid(path.child('minReplicas'), minReplicas, detail))
  }
  const maxPath = path.child('maxReplicas')
  if (maxReplicas === 0) errors.push(required(maxPath, 'must be set and greater than 0'))
  else if (maxReplicas < 0) errors.push(invalid(maxPath, maxReplicas, 'must be greater than or equal to 1'))
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(invalid(maxPath, maxReplicas, 'must be greater than or equal to `minReplicas`'))
  }
  errors.push(...validateReference(scaleTargetRef ?? {}, path.child('scaleTargetRef'), options.target))
  const metricsPath = path.child('metrics')
  errors.push(...metrics.flatMap((metric, at) => validateMetric(metric, metricsPath.index(at), options.objects)))
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    const detail = 'must specify at least one Object or External metric to support scaling to zero replicas'
    errors.push(forbidden(metricsPath, detail))
  }
  for (const name of ['scaleUp', 'scaleDown'] as const) {
    const rules = behavior?.[name]
    if (rules !== undefined) errors.push(...validateRules(rules, path.child('behavior', name)))
  }
  return errors
}

type Reference = Partial<CrossVersionObjectReference>

function validateReference(reference: Reference, path: FieldPath, options: ReferenceOptions): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['kind', 'name'] as const) {
    const value = reference[name] ?? ''
    if (value === '') errors.push(required(path.child(name)))
    else errors.push(...isPathSegmentName(value).map((text) => invalid(path.child(name), value, text)))
  }
  const problem = problemOfVersion(reference, options)
  if (problem !== undefined) errors.push(invalid(path.child('apiVersion'), reference.apiVersion ?? '', problem))
  return errors
}

export function isInvalidReference(reference: Reference, options: ReferenceOptions): boolean {
  return problemOfVersion(reference, options) !== undefined
}

function problemOfVersion(
  { apiVersion = '' }: Reference,
  { anyVersion, emptyGroup }: ReferenceOptions,
): string | undefined {
  if (anyVersion === true) return undefined
  const slashes = apiVersion.split('/').length - 1
  if (slashes > 1) return `unexpected GroupVersion string: ${apiVersion}`
  const group = slashes === 1 ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  return group === '' && emptyGroup !== true ? 'apiVersion must specify API group' : undefined
}

/** In the order in which upstream looks at them, each with the member that holds it. */
const sources = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
} as const
const metricTypes = Object.keys(sources).sort()

function validateMetric(metric: MetricSpec, path: FieldPath, options: ReferenceOptions): FieldError[] {
  const { type = '' } = metric as Partial<MetricSpec>
  const errors: FieldError[] = []
  const typePath = path.child('type')
  const expected = Object.hasOwn(sources, type) ? sources[type as keyof typeof sources] : undefined
  if (type === '') errors.push(required(typePath, 'must specify a metric source type'))
  if (expected === undefined) errors.push(notSupported(typePath, type, metricTypes))
  const present = Object.values(sources).filter((name) => metric[name] !== undefined)
  if (present[0] !== undefined) errors.push(...validateSource(metric, present[0], path.child(present[0]), options))
  if (expected === undefined) errors.push(notSupported(typePath, type, metricTypes))
  else if (metric[expected] === undefined) {
    errors.push(required(path.child(expected), 'must populate information for the given metric source'))
  }
  if (present.length !== 1) {
    for (const name of present) {
      if (name !== expected) errors.push(forbidden(path.child(name), 'must populate the given metric source only'))
    }
  }
  return errors
}

function validateSource(
  metric: MetricSpec,
  name: (typeof sources)[keyof typeof sources],
  path: FieldPath,
  options: ReferenceOptions,
): FieldError[] {
  const source = metric[name]!
  const { target } = source
  const targetPath = path.child('target')
  const errors: FieldError[] = []
  if ('describedObject' in source)
    errors.push(...validateReference(source.describedObject, path.child('describedObject'), options))
  if ('metric' in source) errors.push(...validateIdentifier(source.metric, path.child('metric')))
  if (name === 'resource' || name === 'containerResource') {
    if (!('name' in source) || source.name === '')
      errors.push(required(path.child('name'), 'must specify a resource name'))
    else if (name === 'containerResource')
      errors.push(...validateContainerResourceName(source.name, path.child('name')))
    if ('container' in source) {
      const container = source.container
      if (container === '') errors.push(required(path.child('container'), 'must specify a container'))
      else errors.push(...isDNS1123Label(container).map((text) => invalid(path.child('container'), container, text)))
    }
  }
  errors.push(...validateTarget(target ?? {}, targetPath))
  const { value, averageValue, averageUtilization } = target ?? {}
  switch (name) {
    case 'object':
      if (value === undefined && averageValue === undefined) {
        errors.push(required(targetPath.child('averageValue'), 'must set either a target value or averageValue'))
      }
      break
    case 'external':
      if (value === undefined && averageValue === undefined) {
        errors.push(
          required(targetPath.child('averageValue'), 'must set either a target value for metric or a per-pod target'),
        )
      }
      if (value !== undefined && averageValue !== undefined) {
        errors.push(
          forbidden(targetPath.child('value'), 'may not set both a target value for metric and a per-pod target'),
        )
      }
      break
    case 'pods':
      if (averageValue === undefined) {
        errors.push(required(targetPath.child('averageValue'), 'must specify a positive target averageValue'))
      }
      break
    case 'resource':
    case 'containerResource':
      if (averageUtilization === undefined && averageValue === undefined) {
        const detail = 'must set either a target raw value or a target utilization'
        errors.push(required(targetPath.child('averageUtilization'), detail))
      }
      if (averageUtilization !== undefined && averageValue !== undefined) {
        const detail = 'may not set both a target raw value and a target utilization'
        errors.push(forbidden(targetPath.child('averageValue'), detail))
      }
  }
  return errors
}

function validateIdentifier({ name = '' }: Partial<MetricIdentifier> = {}, path: FieldPath): FieldError[] {
  if (name === '') return [required(path.child('name'), 'must specify a metric name')]
  return isPathSegmentName(name).map((text) => invalid(path.child('name'), name, text))
}

function validateTarget(target: Partial<MetricTarget>, path: FieldPath): FieldError[] {
  const { type = '', averageUtilization } = target
  const errors: FieldError[] = []
  if (type === '') errors.push(required(path.child('type'), 'must specify a metric target type'))
  if (!['Utilization', 'Value', 'AverageValue'].includes(type)) {
    errors.push(invalid(path.child('type'), type, 'must be either Utilization, Value, or AverageValue'))
  }
  for (const name of ['value', 'averageValue'] as const) {
    const quantity = target[name]
    if (quantity !== undefined && compareQuantities(parseQuantity(quantity), newQuantity(0)) <= 0) {
      errors.push(invalid(path.child(name), quantity, 'must be positive'))
    }
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalid(path.child('averageUtilization'), averageUtilization, 'must be greater than 0'))
  }
  return errors
}

const maxStabilizationWindowSeconds = 3600
const maxPeriodSeconds = 1800
const selectPolicies = ['Disabled', 'Max', 'Min']

function validateRules(rules: HPAScalingRules, path: FieldPath): FieldError[] {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules
  const errors: FieldError[] = []
  const windowPath = path.child('stabilizationWindowSeconds')
  if (window !== undefined && window < 0)
    errors.push(invalid(windowPath, window, 'must be greater than or equal to zero'))
  if (window !== undefined && window > maxStabilizationWindowSeconds) {
    errors.push(invalid(windowPath, window, `must be less than or equal to ${maxStabilizationWindowSeconds}`))
  }
  if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy)) {
    errors.push(notSupported(path.child('selectPolicy'), selectPolicy, selectPolicies))
  }
  if (policies.length === 0) errors.push(required(path.child('policies'), 'must specify at least one Policy'))
  errors.push(...policies.flatMap((policy, at) => validatePolicy(policy, path.child('policies').index(at))))
  if (tolerance !== undefined && compareQuantities(parseQuantity(tolerance), newQuantity(0)) < 0) {
    errors.push(invalid(path.child('tolerance'), tolerance, 'must be greater than or equal to 0'))
  }
  return errors
}

function validatePolicy({ type, value, periodSeconds }: HPAScalingPolicy, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (type !== 'Pods' && type !== 'Percent')
    errors.push(notSupported(path.child('type'), type ?? '', ['Percent', 'Pods']))
  const periodPath = path.child('periodSeconds')
  if ((value ?? 0) <= 0) errors.push(invalid(path.child('value'), value ?? 0, 'must be greater than zero'))
  if ((periodSeconds ?? 0) <= 0) errors.push(invalid(periodPath, periodSeconds ?? 0, 'must be greater than zero'))
  if (periodSeconds > maxPeriodSeconds) {
    errors.push(invalid(periodPath, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`))
  }
  return errors
}
