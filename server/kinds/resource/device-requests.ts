// Requests for devices, in claims and in their templates. Selectors and configurations are taken as they are.
// Source: pkg/apis/resource/v1, SetDefaults_ExactDeviceRequest; pkg/apis/resource/validation, validateDeviceRequest,
// validateDeviceAllocationMode (v1.36)
import type { DeviceRequest, ResourceClaimSpec } from '../../api/resource.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, invalid, notSupported, required, tooMany } from '../../apimachinery/field.ts'
import { isDNS1123Label, isDNS1123Subdomain } from '../../apimachinery/formats.ts'

/** What is asked for exactly, and each of the alternatives of a list. */
interface Demand {
  name?: string
  deviceClassName?: string
  allocationMode?: string
  count?: number
}

const maxRequests = 32

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

export function validateRequests(spec: ResourceClaimSpec | undefined, path: FieldPath): FieldError[] {
  const requests = spec?.devices?.requests ?? []
  const requestsPath = path.child('devices', 'requests')
  if (requests.length > maxRequests) return [tooMany(requestsPath, requests.length, maxRequests)]
  const names = requests.map(({ name }) => name)
  return requests.flatMap((request, at) => {
    const here = requestsPath.index(at)
    const errors = validateRequest(request, here)
    return names.indexOf(request.name) < at ? [...errors, duplicate(here, request.name)] : errors
  })
}

function validateRequest(request: DeviceRequest, path: FieldPath): FieldError[] {
  const { name = '', exactly, firstAvailable = [] } = request as Partial<DeviceRequest>
  const namePath = path.child('name')
  const errors = name === '' ? [required(namePath)] : isDNS1123Label(name).map((text) => invalid(namePath, name, text))
  if (exactly !== undefined && firstAvailable.length > 0) {
    errors.push(
      invalid(path, null, 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set'),
    )
  } else if (exactly !== undefined) errors.push(...validateDemand(exactly, path.child('exactly')))
  else if (firstAvailable.length > 0) {
    errors.push(...firstAvailable.flatMap((one, at) => validateDemand(one, path.child('firstAvailable').index(at))))
  } else errors.push(required(path, 'exactly one of `exactly` or `firstAvailable` is required'))
  return errors
}

function validateDemand(demand: Demand, path: FieldPath): FieldError[] {
  const { deviceClassName = '', allocationMode = '', count = 0 } = demand
  const classPath = path.child('deviceClassName')
  const errors: FieldError[] = []
  if (deviceClassName === '') errors.push(required(classPath))
  else errors.push(...isDNS1123Subdomain(deviceClassName).map((text) => invalid(classPath, deviceClassName, text)))
  if (allocationMode === 'All') {
    if (count !== 0)
      errors.push(invalid(path.child('count'), count, "must not be specified when allocationMode is 'All'"))
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.push(invalid(path.child('count'), count, 'must be greater than zero'))
  } else errors.push(notSupported(path.child('allocationMode'), allocationMode, ['All', 'ExactCount']))
  return errors
}
