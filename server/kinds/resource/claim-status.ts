// The status of a ResourceClaim: allocated devices, who reserved them, and what drivers report of them.
// Source: pkg/apis/resource/validation, validateResourceClaimStatusUpdate, validateAllocationResult,
// validateDeviceStatus; pkg/registry/resource/resourceclaim, dropDeallocatedStatusDevices (v1.36)
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from '../../api/resource.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath, Printed } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, notSupported, required, tooLong, tooMany } from '../../apimachinery/field.ts'
import { byteLength } from '../../apimachinery/formats.ts'
import { formatIP, parseCIDR } from '../../apimachinery/ip.ts'
import { validateConditions } from '../../apimachinery/validation.ts'
import { internalValue } from '../internal-form/index.ts'
import { requireFields, validateDNS1123Label } from '../metadata/field-formats.ts'
import { validateNodeSelector } from '../pod-template/node-selector.ts'
import { goValue } from '../rules/go-value.ts'
import { validateCSIDriverName } from '../storage/parameters.ts'
import { gatherRequestNames, validateRequestReference, validateRequestReferences } from './device-requests.ts'
import type { RequestNames } from './device-requests.ts'
import { validateSet, validateSlice } from './lists.ts'
import { validateBindingParameters, validatePoolName, validateRawExtension, validateUID } from './names.ts'
import { validateConfiguration } from './selectors.ts'

const maxReservations = 256
const maxResults = 32
const maxConfigurations = 64
const maxConditions = 8
const maxDataBytes = 10 * 1024
const maxAddresses = 16
const maxInterfaceNameBytes = 256
const maxHardwareAddressBytes = 128
const sources = ['FromClaim', 'FromClass']

/** What tells allocated devices apart. */
interface DeviceName {
  readonly driver?: string
  readonly pool?: string
  readonly device?: string
  readonly shareID?: string
}

function keyOf({ driver = '', pool = '', device = '', shareID = '' }: DeviceName): string {
  return JSON.stringify([driver, pool, device, shareID])
}

function printKey({ driver = '', pool = '', device = '', shareID = '' }: DeviceName): Printed {
  return goValue({ Driver: driver, Pool: pool, Device: device, ShareID: shareID })
}

function allocatedDevices({ status }: ResourceClaim): Set<string> {
  return new Set((status?.allocation?.devices?.results ?? []).map(keyOf))
}

/** What drivers report of a device goes when the device is allocated no longer. */
export function dropDeallocatedDevices(draft: ResourceClaim, old: ResourceClaim): void {
  const { status } = draft
  if (status?.devices === undefined) return
  const kept = allocatedDevices(draft)
  const before = allocatedDevices(old)
  status.devices = status.devices.filter((device) => kept.has(keyOf(device)) || !before.has(keyOf(device)))
  if (status.devices.length === 0) delete status.devices
}

export function validateStatusUpdate(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  const path = field('status')
  const { allocation, reservedFor = [], devices } = claim.status ?? {}
  const names = gatherRequestNames(claim.spec)
  const allocated = allocatedDevices(claim)
  const reservedPath = path.child('reservedFor')
  const errors = [
    ...validateSet(reservedFor, maxReservations, validateConsumer, ({ uid }) => uid ?? '', reservedPath),
    ...validateSet(
      devices,
      Infinity,
      (device, here) => validateDeviceStatus(device, allocated, here),
      keyOf,
      path.child('devices'),
      printKey,
    ),
  ]
  if (reservedFor.length > 0) {
    if (allocation === undefined) {
      errors.push(forbidden(reservedPath, 'may not be specified when `allocated` is not set'))
    } else if (claim.metadata?.deletionTimestamp !== undefined && hasNewConsumer(claim, old)) {
      const detail = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'
      errors.push(forbidden(reservedPath, detail))
    }
  }
  if (allocation === undefined) return errors
  const allocationPath = path.child('allocation')
  if (old.status?.allocation === undefined) return [...errors, ...validateAllocation(allocation, names, allocationPath)]
  if (semanticEqual(allocation, old.status.allocation)) return errors
  return [...errors, invalid(allocationPath, internalValue('AllocationResult', allocation), 'field is immutable')]
}

function hasNewConsumer({ status }: ResourceClaim, { status: before }: ResourceClaim): boolean {
  const known = before?.reservedFor ?? []
  return (status?.reservedFor ?? []).some((consumer) => !known.some((one) => semanticEqual(one, consumer)))
}

function validateConsumer(consumer: ResourceClaimConsumerReference, path: FieldPath): FieldError[] {
  return requireFields(consumer, ['resource', 'name', 'uid'], path)
}

function validateAllocation(allocation: AllocationResult, names: RequestNames, path: FieldPath): FieldError[] {
  const { devices, nodeSelector } = allocation
  const devicesPath = path.child('devices')
  return [
    ...validateSlice(
      devices?.results,
      maxResults,
      (result, here) => validateResult(result, names, here),
      devicesPath.child('results'),
    ),
    ...validateSlice(
      devices?.config,
      maxConfigurations,
      (one, here) => validateAllocatedConfiguration(one, names, here),
      devicesPath.child('config'),
    ),
    ...(nodeSelector === undefined ? [] : validateNodeSelector(nodeSelector, path.child('nodeSelector'))),
  ]
}

function validateResult(result: DeviceRequestAllocationResult, names: RequestNames, path: FieldPath): FieldError[] {
  const { request = '', driver = '', pool = '', device = '', shareID } = result as Partial<typeof result>
  return [
    ...validateRequestReference(request, names, path.child('request')),
    ...validateDeviceName({ driver, pool, device }, path),
    ...validateBindingParameters(result, path),
    ...(shareID === undefined ? [] : validateUID(shareID, path.child('shareID'))),
  ]
}

function validateDeviceName({ driver = '', pool = '', device = '' }: DeviceName, path: FieldPath): FieldError[] {
  return [
    ...validateCSIDriverName(driver, path.child('driver')),
    ...validatePoolName(pool, path.child('pool')),
    ...validateDNS1123Label(device, path.child('device')),
  ]
}

function validateAllocatedConfiguration(
  configuration: DeviceAllocationConfiguration,
  names: RequestNames,
  path: FieldPath,
): FieldError[] {
  const { source = '' } = configuration as Partial<DeviceAllocationConfiguration>
  const errors: FieldError[] = []
  if (source === '') errors.push(required(path.child('source')))
  else if (!sources.includes(source)) errors.push(notSupported(path.child('source'), source, sources))
  return [
    ...errors,
    ...validateRequestReferences(configuration.requests, names, path.child('requests')),
    ...validateConfiguration(configuration, path),
  ]
}

function validateDeviceStatus(
  device: AllocatedDeviceStatus,
  allocated: ReadonlySet<string>,
  path: FieldPath,
): FieldError[] {
  const { shareID, conditions = [], data, networkData } = device
  const errors = validateDeviceName(device, path)
  if (shareID !== undefined) errors.push(...validateUID(shareID, path.child('shareID')))
  if (!allocated.has(keyOf(device)))
    errors.push(invalid(path, printKey(device), 'must be an allocated device in the claim'))
  const conditionsPath = path.child('conditions')
  if (conditions.length > maxConditions) errors.push(tooMany(conditionsPath, conditions.length, maxConditions))
  return [
    ...errors,
    ...validateConditions(conditions, conditionsPath),
    ...(data === undefined ? [] : validateRawExtension(data, path.child('data'), maxDataBytes)),
    ...(networkData === undefined ? [] : validateNetworkData(networkData, path.child('networkData'))),
  ]
}

function validateNetworkData(data: NetworkDeviceData, path: FieldPath): FieldError[] {
  const { interfaceName = '', hardwareAddress = '', ips } = data
  const errors: FieldError[] = []
  if (byteLength(interfaceName) > maxInterfaceNameBytes)
    errors.push(tooLong(path.child('interfaceName'), maxInterfaceNameBytes))
  if (byteLength(hardwareAddress) > maxHardwareAddressBytes)
    errors.push(tooLong(path.child('hardwareAddress'), maxHardwareAddressBytes))
  return [
    ...errors,
    ...validateSet(ips, maxAddresses, validateInterfaceAddress, (address) => address, path.child('ips')),
  ]
}

/** An address and the length of its network: `10.1.2.3/24`. */
function validateInterfaceAddress(value: string, path: FieldPath): FieldError[] {
  const cidr = parseCIDR(value)
  if (cidr === undefined) {
    return [invalid(path, value, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')]
  }
  const canonical = `${formatIP(cidr.address)}/${cidr.prefixLength}`
  return value === canonical ? [] : [invalid(path, value, `must be in canonical form (${JSON.stringify(canonical)})`)]
}
