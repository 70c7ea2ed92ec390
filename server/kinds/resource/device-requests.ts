// Requests for devices, with their constraints and configurations: of claims and of their templates.
// Source: pkg/apis/resource/v1, SetDefaults_ExactDeviceRequest; pkg/apis/resource/validation, validateDeviceClaim,
// validateDeviceRequest, validateDeviceAllocationMode, validateRequestNameRef (v1.36)
import type {
  DeviceClaimConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ResourceClaimSpec,
} from '../../api/resource.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, notSupported, required } from '../../apimachinery/field.ts'
import { validateDNS1123Label, validateDNS1123Subdomain } from '../metadata/field-formats.ts'
import { validateSet, validateSlice } from './lists.ts'
import { validateFullyQualifiedName } from './names.ts'
import { validateConfiguration, validateSelectors } from './selectors.ts'
import { validateTolerations } from './taints.ts'

/** What is asked for exactly, and each of the alternatives of a list. */
interface Demand {
  deviceClassName?: string
  selectors?: DeviceSelector[]
  allocationMode?: string
  count?: number
  tolerations?: DeviceToleration[]
}

const maxRequests = 32
const maxConstraints = 32
const maxConfigurations = 32
const maxAlternatives = 8

export function defaultRequests(spec: ResourceClaimSpec | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    if (request.exactly !== undefined) defaultDemand(request.exactly)
    for (const one of request.firstAvailable ?? []) defaultDemand(one)
  }
}

function defaultDemand(demand: Demand): void {
  demand.allocationMode ||= 'ExactCount'
  if (demand.allocationMode === 'ExactCount') demand.count ||= 1
}

/** Names of requests, each with the names of its alternatives. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>

export function gatherRequestNames(spec: ResourceClaimSpec | undefined): RequestNames {
  const requests: readonly DeviceRequest[] = spec?.devices?.requests ?? []
  return new Map(
    requests.map(({ name = '', firstAvailable = [] }) => [name, new Set(firstAvailable.map((one) => one.name ?? ''))]),
  )
}

export function validateClaimSpec(spec: ResourceClaimSpec | undefined, path: FieldPath): FieldError[] {
  const { requests, constraints, config } = spec?.devices ?? {}
  const devicesPath = path.child('devices')
  const names = gatherRequestNames(spec)
  return [
    ...validateSet(requests, maxRequests, validateRequest, ({ name }) => name ?? '', devicesPath.child('requests')),
    ...validateSlice(
      constraints,
      maxConstraints,
      (constraint, here) => validateConstraint(constraint, names, here),
      devicesPath.child('constraints'),
    ),
    ...validateSlice(
      config,
      maxConfigurations,
      (one, here) => validateClaimConfiguration(one, names, here),
      devicesPath.child('config'),
    ),
  ]
}

function validateRequest(request: DeviceRequest, path: FieldPath): FieldError[] {
  const { name = '', exactly, firstAvailable = [] } = request as Partial<DeviceRequest>
  const errors = validateDNS1123Label(name, path.child('name'))
  if (exactly !== undefined && firstAvailable.length > 0) {
    const detail = 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set'
    return [...errors, invalid(path, null, detail)]
  }
  if (exactly !== undefined) return [...errors, ...validateDemand(exactly, path.child('exactly'))]
  if (firstAvailable.length === 0)
    return [...errors, required(path, 'exactly one of `exactly` or `firstAvailable` is required')]
  const alternativesPath = path.child('firstAvailable')
  return [
    ...errors,
    ...validateSet(firstAvailable, maxAlternatives, validateAlternative, (one) => one.name ?? '', alternativesPath),
  ]
}

function validateAlternative(request: DeviceSubRequest, path: FieldPath): FieldError[] {
  const { name = '' } = request as Partial<DeviceSubRequest>
  return [...validateDNS1123Label(name, path.child('name')), ...validateDemand(request, path)]
}

function validateDemand(demand: Demand, path: FieldPath): FieldError[] {
  const { deviceClassName = '', selectors, allocationMode = '', count = 0, tolerations } = demand
  const classPath = path.child('deviceClassName')
  return [
    ...(deviceClassName === '' ? [required(classPath)] : validateDNS1123Subdomain(deviceClassName, classPath)),
    ...validateSelectors(selectors, path.child('selectors')),
    ...validateAllocationMode(allocationMode, count, path),
    ...validateTolerations(tolerations, path.child('tolerations')),
  ]
}

function validateAllocationMode(mode: string, count: number, path: FieldPath): FieldError[] {
  const countPath = path.child('count')
  if (mode === 'All')
    return count === 0 ? [] : [invalid(countPath, count, "must not be specified when allocationMode is 'All'")]
  if (mode === 'ExactCount') return count > 0 ? [] : [invalid(countPath, count, 'must be greater than zero')]
  return [notSupported(path.child('allocationMode'), mode, ['All', 'ExactCount'])]
}

function validateConstraint(constraint: DeviceConstraint, names: RequestNames, path: FieldPath): FieldError[] {
  const { matchAttribute, distinctAttribute } = constraint
  const errors = validateRequestReferences(constraint.requests, names, path.child('requests'))
  if (matchAttribute !== undefined) {
    errors.push(...validateFullyQualifiedName(matchAttribute, path.child('matchAttribute')))
  } else if (distinctAttribute !== undefined) {
    errors.push(...validateFullyQualifiedName(distinctAttribute, path.child('distinctAttribute')))
  } else {
    const detail = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
    errors.push(required(path, detail))
  }
  return errors
}

function validateClaimConfiguration(
  configuration: DeviceClaimConfiguration,
  names: RequestNames,
  path: FieldPath,
): FieldError[] {
  return [
    ...validateRequestReferences(configuration.requests, names, path.child('requests')),
    ...validateConfiguration(configuration, path),
  ]
}

export function validateRequestReferences(
  references: readonly string[] | undefined,
  names: RequestNames,
  path: FieldPath,
): FieldError[] {
  const validate = (name: string, here: FieldPath): FieldError[] => validateRequestReference(name, names, here)
  return validateSet(references, maxRequests, validate, (name) => name, path)
}

/** `request` or `request/alternative` */
export function validateRequestReference(reference: string, names: RequestNames, path: FieldPath): FieldError[] {
  const parts = reference.split('/')
  const unknown = invalid(
    path,
    reference,
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
  )
  if (parts.length > 2) return [unknown]
  const [request = '', alternative] = parts
  const alternatives = names.get(request)
  const isKnown = alternatives !== undefined && (alternative === undefined || alternatives.has(alternative))
  return [...parts.flatMap((part) => validateDNS1123Label(part, path)), ...(isKnown ? [] : [unknown])]
}
