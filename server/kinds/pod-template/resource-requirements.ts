// Limits and requests of containers and pods.
// Source: pkg/apis/core/validation, ValidateContainerResourceRequirements, validatePodResources,
// ValidateResourceQuantityValue (v1.36)
import type { Container, PodSpec, ResourceRequirements } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, forbidden, invalid, notFound, notSupported, required } from '../../apimachinery/field.ts'
import { compareQuantities, formatQuantity, parseQuantity, quantityValue } from '../../apimachinery/quantity.ts'
import { validateDNS1123Label } from '../metadata/field-formats.ts'
import { isWholeQuantity } from './resource-lists.ts'
import { aggregateContainerResources } from './resource-sums.ts'
import {
  hugePageSize,
  isHugePageResourceName,
  isIntegerResourceName,
  isOvercommitAllowed,
  isSupportedPodLevelResource,
  validateContainerResourceName,
  validateResourceName,
} from './resource-names.ts'

type Quantities = Readonly<Record<string, string>> | undefined

/** Quantities by name, in their own order. */
export type ResourceNameRule = (name: string, path: FieldPath) => FieldError[]

const isNegative = 'must be greater than or equal to 0'
const zero = parseQuantity('0')

/** Not negative, and whole where a resource is counted. */
export function validateResourceQuantityValue(name: string, text: string, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (compareQuantities(parseQuantity(text), zero) < 0) errors.push(invalid(path, text, isNegative))
  if (isIntegerResourceName(name) && !isWholeQuantity(text)) errors.push(invalid(path, text, 'must be an integer'))
  return errors
}

/** The names and the values of a list of quantities. */
export function validateResourceList(list: Quantities, nameRule: ResourceNameRule, path: FieldPath): FieldError[] {
  return Object.entries(list ?? {}).flatMap(([name, quantity]) => [
    ...nameRule(name, path.key(name)),
    ...validateResourceQuantityValue(name, quantity, path.key(name)),
  ])
}

export function validateContainerResources(
  requirements: ResourceRequirements | undefined,
  claimNames: ReadonlySet<string>,
  path: FieldPath,
): FieldError[] {
  return validateRequirements(requirements ?? {}, validateContainerResourceName, claimNames, path)
}

function validateRequirements(
  { limits = {}, requests = {}, claims }: ResourceRequirements,
  nameRule: ResourceNameRule,
  claimNames: ReadonlySet<string>,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  const limitsPath = path.child('limits')
  const requestsPath = path.child('requests')
  for (const [name, quantity] of Object.entries(limits)) {
    const here = limitsPath.key(name)
    errors.push(...nameRule(name, here), ...validateResourceQuantityValue(name, quantity, here))
    errors.push(...validateHugePages(name, quantity, here))
  }
  for (const [name, text] of Object.entries(requests)) {
    const here = requestsPath.key(name)
    errors.push(...nameRule(name, here), ...validateResourceQuantityValue(name, text, here))
    errors.push(...validateAgainstLimit(name, text, limits[name], limitsPath, requestsPath))
    errors.push(...validateHugePages(name, text, here))
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePageResourceName) && !names.some((name) => name === 'cpu' || name === 'memory')) {
    errors.push(forbidden(path, 'HugePages require cpu or memory'))
  }
  return [...errors, ...validateClaims(claims ?? [], claimNames, path.child('claims'))]
}

function validateAgainstLimit(
  name: string,
  text: string,
  limitText: string | undefined,
  limitsPath: FieldPath,
  requestsPath: FieldPath,
): FieldError[] {
  if (limitText === undefined) {
    return isOvercommitAllowed(name) ? [] : [required(limitsPath, 'Limit must be set for non overcommitable resources')]
  }
  const order = compareQuantities(parseQuantity(text), parseQuantity(limitText))
  if (order !== 0 && !isOvercommitAllowed(name)) {
    return [invalid(requestsPath, text, `must be equal to ${name} limit of ${limitText}`)]
  }
  if (order <= 0) return []
  return [invalid(requestsPath, text, `must be less than or equal to ${name} limit of ${limitText}`)]
}

function validateHugePages(name: string, text: string, path: FieldPath): FieldError[] {
  if (!isHugePageResourceName(name) || isDivisibleByPageSize(name, text)) return []
  return [invalid(path, text, `${text} is not positive integer multiple of ${name}`)]
}

function isDivisibleByPageSize(name: string, text: string): boolean {
  try {
    const pageSize = quantityValue(parseQuantity(hugePageSize(name)))
    return pageSize > 0n && quantityValue(parseQuantity(text)) % pageSize === 0n
  } catch {
    return false
  }
}

function validateClaims(
  claims: NonNullable<ResourceRequirements['claims']>,
  claimNames: ReadonlySet<string>,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [at, { name = '', request = '' }] of claims.entries()) {
    const here = path.index(at)
    if (name === '') {
      errors.push(required(here))
      continue
    }
    if (seen.has(name)) errors.push(duplicate(here, name))
    else {
      const key = request === '' ? name : `${name}/${request}`
      if (request !== '') errors.push(...validateDNS1123Label(request, here.child('request')))
      if (seen.has(key)) errors.push(duplicate(here, key))
      else if (request === '') {
        for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(duplicate(here, name))
      }
      seen.add(key)
    }
    if (!claimNames.has(name)) {
      const known = claimNames.size === 0 ? ' which is empty' : `: ${[...claimNames].sort().join(', ')}`
      const error = notFound(here, name)
      errors.push({
        ...error,
        message: `${error.message}: must be one of the names in pod.spec.resourceClaims${known}`,
      })
    }
  }
  return errors
}

/** spec.resources of a pod, by itself and beside those of its containers. */
export function validatePodResources(
  spec: PodSpec,
  claimNames: ReadonlySet<string>,
  specPath: FieldPath,
): FieldError[] {
  const { resources } = spec
  if (resources === undefined) return []
  const path = specPath.child('resources')
  if (spec.os?.name === 'windows') return [forbidden(path, 'may not be set for a windows pod')]
  const errors: FieldError[] = []
  if (resources.claims !== undefined) {
    errors.push(forbidden(path.child('claims'), 'claims may not be set for Resources at pod-level'))
  }
  errors.push(...validateRequirements(resources, validatePodResourceName, claimNames, path))
  return [...errors, ...validatePodResourceConsistency(spec, resources, path)]
}

function validatePodResourceName(name: string, path: FieldPath): FieldError[] {
  const errors = validateResourceName(name, path)
  if (errors.length > 0 || isSupportedPodLevelResource(name)) return errors
  return [notSupported(path, name, ['cpu', 'hugepages-', 'memory'])]
}

function validatePodResourceConsistency(spec: PodSpec, resources: ResourceRequirements, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const check = (list: 'requests' | 'limits', applies: (name: string) => boolean): void => {
    for (const [name, sum] of Object.entries(aggregateContainerResources(spec, list))) {
      const text = resources[list]?.[name]
      if (text === undefined || !applies(name)) continue
      if (compareQuantities(sum, parseQuantity(text)) <= 0) continue
      const detail = `must be greater than or equal to aggregate container ${list} of ${formatQuantity(sum)}`
      errors.push(invalid(path.child(list).key(name), text, detail))
    }
  }
  check('requests', () => true)
  check('limits', isHugePageResourceName)
  for (const [at, container] of (spec.containers ?? []).entries()) {
    errors.push(...validateBelowPodLimits(container, resources, path.child('containers').index(at)))
  }
  return errors
}

function validateBelowPodLimits(container: Container, resources: ResourceRequirements, path: FieldPath): FieldError[] {
  return Object.entries(container.resources?.limits ?? {}).flatMap(([name, text]) => {
    const podLimit = resources.limits?.[name]
    if (podLimit === undefined) return []
    if (compareQuantities(parseQuantity(text), parseQuantity(podLimit)) <= 0) return []
    const detail = `must be less than or equal to pod limits of ${podLimit}`
    return [invalid(path.key(name).child('limits'), text, detail)]
  })
}
