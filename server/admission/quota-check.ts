// Whether a write fits into the quotas of its namespace, and what they are used for then.
// Source: k8s.io/apiserver/pkg/admission/plugin/resourcequota, CheckRequest (v1.36)
import type { ResourceQuota } from '../api/core.ts'
import {
  exceeding,
  excess,
  formatAmounts,
  negative,
  only,
  parseAmounts,
  printAmounts,
  sameAmounts,
  sum,
  withoutZeros,
} from '../api/quota/amounts.ts'
import { appliesTo, countingOf, namesOf } from '../api/quota/evaluator.ts'
import { hasDeadline } from '../api/quota/pods.ts'
import type { AnyObject, Frozen, Stored } from '../apimachinery/types.ts'
import { forbiddenBy } from './forbidden.ts'
import type { Attributes } from './plugin.ts'

export type StoredQuota = Frozen<Stored<ResourceQuota>>

/** Not stored, or too many to be counted. */
const ignored: ReadonlySet<string> = new Set([
  'bindings',
  'componentstatuses',
  'tokenreviews.authentication.k8s.io',
  'selfsubjectreviews.authentication.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
  'events',
  'events.events.k8s.io',
])

function resourceOf({ resource, group }: Attributes): string {
  return group === '' ? resource : `${resource}.${group}`
}

/** Whether such a write can change what is used. */
export function concernsQuota(attributes: Attributes): boolean {
  const { operation, subresource, namespace, object, oldObject } = attributes
  const resource = resourceOf(attributes)
  if (namespace === '' || object === undefined || resource === 'namespaces' || ignored.has(resource)) return false
  if (operation !== 'CREATE' && operation !== 'UPDATE') return false
  if (subresource === 'resize') return resource === 'pods' && operation === 'UPDATE'
  if (subresource === 'status') return resource === 'persistentvolumeclaims'
  if (subresource !== '') return false
  if (operation === 'CREATE') return true
  switch (resource) {
    case 'pods':
      return oldObject !== undefined && hasDeadline(object as Frozen<AnyObject>) !== hasDeadline(oldObject)
    case 'services':
    case 'persistentvolumeclaims':
    case 'resourceclaims.resource.k8s.io':
      return true
    default:
      return false
  }
}

/**
 * The quotas as they are after the write; the same ones where it changes nothing.
 * @throws StatusError 403 if it does not fit
 */
export function checkQuotas(
  quotas: readonly StoredQuota[],
  attributes: Attributes,
  now: number,
): readonly StoredQuota[] {
  const object = attributes.object as Frozen<AnyObject>
  const { oldObject } = attributes
  const counting = countingOf(resourceOf(attributes))
  const concerned = quotas.filter((quota) => appliesTo(quota, counting, object))
  for (const { metadata, status } of concerned) {
    const names = namesOf(counting, Object.keys(status?.hard ?? {}))
    const problem = counting.problem?.(object, names)
    if (problem !== undefined) throw forbiddenBy(attributes, `failed quota: ${metadata.name}: ${problem}`)
    if (names.some((name) => status?.used?.[name] === undefined)) {
      throw forbiddenBy(attributes, `status unknown for quota: ${metadata.name}, resources: ${names.join(',')}`)
    }
  }
  if (concerned.length === 0) return quotas
  const usage = counting.usage(object, now)
  const belowZero = negative(usage).sort()
  if (belowZero.length > 0) {
    throw forbiddenBy(attributes, `quota usage is negative for resource(s): ${belowZero.join(',')}`)
  }
  const grown = oldObject === undefined ? usage : excess(usage, counting.usage(oldObject, now))
  return quotas.map((quota) => {
    if (!concerned.includes(quota)) return quota
    const wasCounted = oldObject !== undefined && appliesTo(quota, counting, oldObject)
    return charged(quota, withoutZeros(wasCounted ? grown : usage), attributes)
  })
}

function charged(quota: StoredQuota, usage: ReturnType<typeof sum>, attributes: Attributes): StoredQuota {
  const hard = parseAmounts(quota.status?.hard)
  const used = parseAmounts(quota.status?.used)
  const requested = only(usage, Object.keys(hard))
  const next = sum(used, requested)
  if (attributes.subresource !== 'status') {
    const names = exceeding(only(next, Object.keys(requested)), hard)
    if (names.length > 0) {
      const [asked, before, limits] = [requested, used, hard].map((amounts) => printAmounts(only(amounts, names)))
      const why = `requested: ${asked}, used: ${before}, limited: ${limits}`
      throw forbiddenBy(attributes, `exceeded quota: ${quota.metadata.name}, ${why}`)
    }
  }
  return sameAmounts(used, next) ? quota : { ...quota, status: { ...quota.status, used: formatAmounts(next) } }
}
