// The Targets cell of a HorizontalPodAutoscaler: `cpu: 40%/60%, <unknown>/100 + 2 more...`.
// Source: pkg/printers/internalversion, formatHPAMetrics (v1.36)
import type { MetricSpec, MetricStatus } from '../../api/autoscaling.ts'

const shown = 2

/** @param statuses in the order of the specs, as the controller writes them */
export function formatMetrics(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return '<none>'
  const list = specs.slice(0, shown).map((spec, at) => formatMetric(spec, statuses[at]))
  return list.join(', ') + (specs.length > shown ? ` + ${specs.length - shown} more...` : '')
}

const unknown = '<unknown>'
/** How Go prints a pointer to no quantity. */
const none = '<nil>'

function formatMetric(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return formatValue(spec.external?.target, status?.external?.current)
    case 'Object':
      return formatValue(spec.object?.target, status?.object?.current)
    case 'Pods':
      return `${status?.pods === undefined ? unknown : (status.pods.current.averageValue ?? none)}/${spec.pods?.target.averageValue}`
    case 'Resource':
      return formatResource(spec.resource, status?.resource)
    case 'ContainerResource':
      return formatResource(spec.containerResource, status?.containerResource)
    default:
      return '<unknown type>'
  }
}

interface Value {
  readonly value?: string
  readonly averageValue?: string
  readonly averageUtilization?: number
}

function formatValue(target: Value | undefined, current: Value | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`
  return `${current === undefined ? unknown : (current.value ?? none)}/${target?.value ?? none}`
}

interface Source {
  readonly name: string
  readonly target: Value
}

interface Current {
  readonly current: Value
}

function formatResource(source: Source | undefined, status: Current | undefined): string {
  const target = source?.target
  if (target?.averageValue !== undefined) {
    const current = status === undefined ? unknown : (status.current.averageValue ?? none)
    return `${source?.name}: ${current}/${target.averageValue}`
  }
  const current = status?.current.averageUtilization
  const wanted = target?.averageUtilization
  return `${source?.name}: ${current === undefined ? unknown : `${current}%`}/${wanted === undefined ? '<auto>' : `${wanted}%`}`
}
