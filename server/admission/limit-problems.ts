// What is wrong with the resources asked for, measured by one item of a LimitRange.
// Source: plugin/pkg/admission/limitranger, minConstraint, maxConstraint, limitRequestRatioConstraint (v1.36)
import { canonicalQuantity, compareQuantities, parseQuantity, quantityToNumber } from '../apimachinery/quantity.ts'
import type { ResourceTexts } from '../api/pod-resources.ts'

/** A LimitRangeItem as on the wire. */
export interface LimitItem {
  readonly type: string
  readonly max?: ResourceTexts
  readonly min?: ResourceTexts
  readonly default?: ResourceTexts
  readonly defaultRequest?: ResourceTexts
  readonly maxLimitRequestRatio?: ResourceTexts
}

/** Of a container or a pod. */
export function usageProblems(item: LimitItem, requests: ResourceTexts, limits: ResourceTexts): string[] {
  return [
    ...each(item.min, (name, min) => minProblem(item.type, name, min, requests[name], limits[name])),
    ...each(item.max, (name, max) => maxProblem(item.type, name, max, requests[name], limits[name])),
    ...each(item.maxLimitRequestRatio, (name, ratio) =>
      ratioProblem(item.type, name, ratio, requests[name], limits[name]),
    ),
  ]
}

/** Of a claim, which has requests only. */
export function claimProblems(requests: ResourceTexts, limits: readonly LimitItem[]): string[] {
  return limits
    .filter(({ type }) => type === 'PersistentVolumeClaim')
    .flatMap((item) => [
      ...each(item.min, (name, min) => minProblem(item.type, name, min, requests[name], undefined)),
      ...each(item.max, (name, max) => requestProblem(item.type, name, max, requests[name])),
    ])
}

function each(
  resources: ResourceTexts | undefined,
  problem: (name: string, bound: string) => string | undefined,
): string[] {
  return Object.keys(resources ?? {})
    .sort()
    .flatMap((name) => problem(name, canonicalQuantity(resources![name]!)) ?? [])
}

function minProblem(type: string, name: string, min: string, request: string | undefined, limit: string | undefined) {
  const rule = `minimum ${name} usage per ${type} is ${min}`
  if (request === undefined) return `${rule}.  No request is specified`
  if (compare(request, min) < 0) return `${rule}, but request is ${canonicalQuantity(request)}`
  if (limit !== undefined && compare(limit, min) < 0) return `${rule}, but limit is ${canonicalQuantity(limit)}`
  return undefined
}

function maxProblem(type: string, name: string, max: string, request: string | undefined, limit: string | undefined) {
  const rule = `maximum ${name} usage per ${type} is ${max}`
  if (limit === undefined) return `${rule}.  No limit is specified`
  if (compare(limit, max) > 0) return `${rule}, but limit is ${canonicalQuantity(limit)}`
  return request === undefined ? undefined : overRequest(rule, request, max)
}

function requestProblem(type: string, name: string, max: string, request: string | undefined) {
  const rule = `maximum ${name} usage per ${type} is ${max}`
  return request === undefined ? `${rule}.  No request is specified` : overRequest(rule, request, max)
}

function overRequest(rule: string, request: string, max: string): string | undefined {
  return compare(request, max) > 0 ? `${rule}, but request is ${canonicalQuantity(request)}` : undefined
}

function ratioProblem(type: string, name: string, max: string, request: string | undefined, limit: string | undefined) {
  const rule = `${name} max limit to request ratio per ${type} is ${max}`
  const requested = request === undefined ? 0 : quantityToNumber(parseQuantity(request))
  if (requested === 0) return `${rule}, but no request is specified or request is 0`
  const limited = limit === undefined ? 0 : quantityToNumber(parseQuantity(limit))
  if (limited === 0) return `${rule}, but no limit is specified or limit is 0`
  const ratio = limited / requested
  return ratio > quantityToNumber(parseQuantity(max)) ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : undefined
}

function compare(a: string, b: string): number {
  return compareQuantities(parseQuantity(a), parseQuantity(b))
}
