// Names of resources (cpu, hugepages-2Mi, example.com/gpu, pods ...) and where each may be used.
// Source: pkg/apis/core/helper; pkg/apis/core/validation, validateResourceName, validateContainerResourceName,
// ValidateResourceQuotaResourceName (v1.36)
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid } from '../../apimachinery/field.ts'
import { isQualifiedName } from '../../apimachinery/formats.ts'
import { invalids } from '../metadata/field-formats.ts'

const hugePagesPrefix = 'hugepages-'
const requestsPrefix = 'requests.'
const nativeDomain = 'kubernetes.io/'

const objectCounts = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage'])
const quotaResources = new Set([
  ...containerResources,
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  ...objectCounts,
])
const standardResources = new Set([...quotaResources, 'storage'])
const integerResources = new Set(objectCounts)

export function isHugePageResourceName(name: string): boolean {
  return name.startsWith(hugePagesPrefix)
}

/** The size of a page as a quantity's text, `2Mi` of `hugepages-2Mi`. */
export function hugePageSize(name: string): string {
  return name.slice(hugePagesPrefix.length)
}

function isQuotaHugePageResourceName(name: string): boolean {
  return isHugePageResourceName(name) || name.startsWith(requestsPrefix + hugePagesPrefix)
}

/** Without a domain, or in Kubernetes' own. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes(nativeDomain)
}

export function isExtendedResourceName(name: string): boolean {
  return (
    !isNativeResource(name) && !name.startsWith(requestsPrefix) && isQualifiedName(requestsPrefix + name).length === 0
  )
}

/** Whether requests may be below limits. */
export function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !isHugePageResourceName(name)
}

/** Whether quantities are counts. */
export function isIntegerResourceName(name: string): boolean {
  return integerResources.has(name) || isExtendedResourceName(name)
}

export function isStandardQuotaResourceName(name: string): boolean {
  return quotaResources.has(name) || isQuotaHugePageResourceName(name)
}

export function isSupportedPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || isHugePageResourceName(name)
}

export function validateResourceName(name: string, path: FieldPath): FieldError[] {
  const errors = invalids(path, name, isQualifiedName(name))
  if (errors.length > 0 || name.includes('/') || standardResources.has(name) || isQuotaHugePageResourceName(name))
    return errors
  return [invalid(path, name, 'must be a standard resource type or fully qualified')]
}

export function validateContainerResourceName(name: string, path: FieldPath): FieldError[] {
  const errors = validateResourceName(name, path)
  if (!name.includes('/')) {
    if (!containerResources.has(name) && !isHugePageResourceName(name)) {
      errors.push(invalid(path, name, 'must be a standard resource for containers'))
    }
  } else if (!isNativeResource(name) && !isExtendedResourceName(name)) {
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"))
  }
  return errors
}

export function validateResourceQuotaResourceName(name: string, path: FieldPath): FieldError[] {
  const errors = validateResourceName(name, path)
  if (!name.includes('/') && !isStandardQuotaResourceName(name)) {
    errors.push(invalid(path, name, 'must be a standard resource for quota'))
  }
  return errors
}
