// What pods use of a quota.
// Source: kubernetes pkg/quota/v1/evaluator/core, pods (v1.36)
import { addQuantities, parseQuantity, type Quantity } from '../../apimachinery/quantity.ts'
import type { AnyObject, Frozen } from '../../apimachinery/types.ts'
import type { Container, Pod, PodAffinityTerm } from '../core.ts'
import { podLimits, podRequests, type ResourceTexts } from '../pod-resources.ts'
import { one, parseAmounts, sum, type Amounts } from './amounts.ts'
import type { Counting } from './evaluator.ts'
import { selectsName, type ScopeSelector } from './scopes.ts'

type FrozenPod = Frozen<Pod>

const compute = ['cpu', 'memory', 'ephemeral-storage']
const names: ReadonlySet<string> = new Set([
  'count/pods',
  'pods',
  ...compute.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
])
/** Under a quota for these every container has to ask for them. */
const required: ReadonlySet<string> = new Set(
  ['cpu', 'memory'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
)

export const pods: Counting = {
  counts(name) {
    if (names.has(name) || /^(requests\.)?hugepages-/.test(name)) return true
    // Extended resources cannot be overcommitted: they have requests only.
    return name.startsWith('requests.') && isExtended(name.slice('requests.'.length))
  },

  usage(object, now) {
    const pod = object as FrozenPod
    const counted: Amounts = { 'count/pods': one }
    if (!isUsing(pod, now)) return counted
    const { overhead } = pod.spec ?? {}
    const spec = pod.spec ?? { containers: [] }
    const requests = sum(parseAmounts(podRequests(spec)), parseAmounts(overhead))
    const limits = withOverhead(parseAmounts(podLimits(spec)), overhead)
    return sum(counted, computeUsage(requests, limits))
  },

  isInScope: (selector, object) => isInScope(selector, object as FrozenPod),

  problem(object, wanted) {
    const { spec } = object as FrozenPod
    if (Object.keys(spec?.resources?.requests ?? spec?.resources?.limits ?? {}).length > 0) return undefined
    const missing = wanted.filter((name) => required.has(name)).sort()
    const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
    const texts = missing.flatMap((name) => {
      const without = containers.filter((container) => usageOfContainer(container)[name] === undefined)
      const listed = [...new Set(without.map((container) => container.name))].sort()
      return listed.length === 0 ? [] : [`${name} for: ${listed.join(',')}`]
    })
    return texts.length === 0 ? undefined : `must specify ${texts.join('; ')}`
  },
}

function isExtended(name: string): boolean {
  const isNative = !name.includes('/') || name.includes('kubernetes.io/')
  return !isNative || name.startsWith('deviceclass.resource.kubernetes.io/')
}

function usageOfContainer({ resources }: Frozen<Container>): Amounts {
  return computeUsage(parseAmounts(resources?.requests), parseAmounts(resources?.limits))
}

function withOverhead(limits: Amounts, overhead: ResourceTexts = {}): Amounts {
  const result: Record<string, Quantity> = { ...limits }
  for (const [name, text] of Object.entries(overhead)) {
    const known = result[name]
    if (known !== undefined) result[name] = addQuantities(known, parseQuantity(text))
  }
  return result
}

function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage: Record<string, Quantity> = { pods: one }
  for (const [name, amount] of Object.entries(requests)) {
    const isCompute = compute.includes(name)
    if (isCompute || name.startsWith('hugepages-')) usage[name] = amount
    if (isCompute || name.startsWith('hugepages-') || isExtended(name)) usage[`requests.${name}`] = amount
  }
  for (const name of compute) {
    const limit = limits[name]
    if (limit !== undefined) usage[`limits.${name}`] = limit
  }
  return usage
}

/** Not at its end, nor stuck on its way out. */
function isUsing({ metadata, status }: FrozenPod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata ?? {}
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}

/** It will end by itself. */
export function hasDeadline(object: Frozen<AnyObject>): boolean {
  return ((object as FrozenPod).spec?.activeDeadlineSeconds ?? -1) >= 0
}

function isInScope(selector: ScopeSelector, pod: FrozenPod): boolean {
  switch (selector.scopeName) {
    case 'Terminating':
      return hasDeadline(pod as Frozen<AnyObject>)
    case 'NotTerminating':
      return !hasDeadline(pod as Frozen<AnyObject>)
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'PriorityClass':
      return selectsName(selector, pod.spec?.priorityClassName ?? '')
    case 'CrossNamespacePodAffinity':
      return affinityTerms(pod).some(
        ({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector,
      )
    default:
      return false
  }
}

/** Source: pkg/apis/core/v1/helper/qos, ComputePodQOS */
function isBestEffort({ spec, status }: FrozenPod): boolean {
  if (status?.qosClass !== undefined) return status.qosClass === 'BestEffort'
  const holders = [spec, ...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  const texts = holders.flatMap((one) => [one?.resources?.requests ?? {}, one?.resources?.limits ?? {}])
  return texts.every((list) =>
    ['cpu', 'memory'].every((name) => list[name] === undefined || parseQuantity(list[name]).unscaled <= 0n),
  )
}

function affinityTerms({ spec }: FrozenPod): Frozen<PodAffinityTerm>[] {
  return [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
}
