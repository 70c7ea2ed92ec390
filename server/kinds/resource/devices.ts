// Devices and counters of a ResourceSlice.
// Source: pkg/apis/resource/validation, validateDevice, validateDeviceAttribute, validateCounterSet (v1.36)
import type { CounterSet, Device, DeviceAttribute, DeviceCounterConsumption } from '../../api/resource.ts'
import type { NodeSelector } from '../../api/core.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, required, tooLong } from '../../apimachinery/field.ts'
import { byteLength, dns1123LabelMaxLength, nameIsDNSSubdomain } from '../../apimachinery/formats.ts'
import { internalValue } from '../internal-form/index.ts'
import { invalids, validateDNS1123Label } from '../metadata/field-formats.ts'
import { validateNodeSelector } from '../pod-template/node-selector.ts'
import { validateCapacity } from './capacity-policy.ts'
import { validateMap, validateSet, validateSlice } from './lists.ts'
import { qualifiedNameMaxLength, validateBindingParameters, validateQualifiedName } from './names.ts'
import { validateTaint } from './taints.ts'

const maxTaints = 16
const maxConsumptions = 2
const maxCounters = 32
const maxAttributesAndCapacities = 32
const maxAttributeValues = 48
const maxAttributeBytes = 64

/** @param old the device of that name as it was: what is kept is not judged again */
export function validateDevice(
  device: Device,
  old: Device | undefined,
  choosesNodes: boolean,
  path: FieldPath,
): FieldError[] {
  const { name = '', attributes = {}, capacity = {}, taints } = device as Partial<Device>
  const errors = validateDNS1123Label(name, path.child('name'))
  const count = Object.keys(attributes).length + Object.keys(capacity).length
  if (count > maxAttributesAndCapacities) {
    const detail = `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`
    errors.push(invalid(path, count, detail))
  }
  const values = Object.keys(attributes).length
  if (values > maxAttributeValues) {
    errors.push(invalid(path, values, `the total number of attribute values must not exceed ${maxAttributeValues}`))
  }
  const limits = { maxKeyLength: qualifiedNameMaxLength }
  const isShared = device.allowMultipleAllocations === true
  errors.push(
    ...validateMap(attributes, limits, validateQualifiedName, validateAttribute, path.child('attributes')),
    ...validateMap(
      capacity,
      limits,
      validateQualifiedName,
      (one, here) => validateCapacity(one, isShared, here),
      path.child('capacity'),
    ),
  )
  if (old === undefined || !semanticEqual(old.taints, taints)) {
    errors.push(...validateSlice(taints, maxTaints, validateTaint, path.child('taints')))
  }
  const consumptionsPath = path.child('consumesCounters')
  return [
    ...errors,
    ...validateSet(
      device.consumesCounters,
      maxConsumptions,
      validateConsumption,
      ({ counterSet }) => counterSet ?? '',
      consumptionsPath,
    ),
    ...validateNodes(device, choosesNodes, path),
    ...validateBindingParameters(device, path),
  ]
}

/** Where devices are reached: one of three ways. */
export interface NodeChoice {
  readonly nodeName?: string
  readonly nodeSelector?: NodeSelector
  readonly allNodes?: boolean
}

export function validateNodeName(name: string, path: FieldPath): FieldError[] {
  return invalids(path, name, nameIsDNSSubdomain(name, false))
}

function validateNodes(choice: NodeChoice, choosesNodes: boolean, path: FieldPath): FieldError[] {
  const { nodeName, nodeSelector, allNodes } = choice
  if (!choosesNodes) {
    if (nodeName === undefined && nodeSelector === undefined && allNodes === undefined) return []
    const detail =
      '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ' +
      'ResourceSlice spec'
    return [invalid(path, null, detail)]
  }
  const errors: FieldError[] = []
  const chosen: string[] = []
  if (nodeName === '') errors.push(invalid(path.child('nodeName'), nodeName, 'must not be empty'))
  else if (nodeName !== undefined) {
    chosen.push('`nodeName`')
    errors.push(...validateNodeName(nodeName, path.child('nodeName')))
  }
  if (nodeSelector !== undefined) {
    chosen.push('`nodeSelector`')
    errors.push(...validateNodeSelector(nodeSelector, path.child('nodeSelector')))
  }
  if (allNodes === true) chosen.push('`allNodes`')
  else if (allNodes === false)
    errors.push(invalid(path.child('allNodes'), allNodes, 'must be either unset or set to true'))
  const detail =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true ' +
    'in the ResourceSlice spec'
  if (chosen.length === 0) errors.push(required(path, detail))
  else if (chosen.length > 1) errors.push(invalid(path, `{${chosen.join(', ')}}`, detail))
  return errors
}

const number = '(0|[1-9][0-9]*)'
const preRelease = '(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)'
const build = '[0-9a-zA-Z-]+'
const version = new RegExp(
  `^${number}\\.${number}\\.${number}(-${preRelease}(\\.${preRelease})*)?(\\+${build}(\\.${build})*)?$`,
)

function validateAttribute(attribute: DeviceAttribute, path: FieldPath): FieldError[] {
  const { string, version: release } = attribute
  const errors: FieldError[] = []
  if (string !== undefined && byteLength(string) > maxAttributeBytes)
    errors.push(tooLong(path.child('string'), maxAttributeBytes))
  if (release !== undefined) {
    const versionPath = path.child('version')
    if (!version.test(release))
      errors.push(invalid(versionPath, release, 'must be a string compatible with semver.org spec 2.0.0'))
    if (byteLength(release) > maxAttributeBytes) errors.push(tooLong(versionPath, maxAttributeBytes))
  }
  const count = [attribute.int, attribute.bool, string, release].filter((value) => value !== undefined).length
  if (count === 1) return errors
  const value = count === 0 ? '' : internalValue('DeviceAttribute', attribute)
  return [...errors, invalid(path, value, 'exactly one value must be specified')]
}

export function validateCounterSet(set: CounterSet, path: FieldPath): FieldError[] {
  const { name = '', counters } = set as Partial<CounterSet>
  return validateCounters(name, path.child('name'), counters, path.child('counters'))
}

function validateConsumption(consumption: DeviceCounterConsumption, path: FieldPath): FieldError[] {
  const { counterSet = '', counters } = consumption as Partial<DeviceCounterConsumption>
  return validateCounters(counterSet, path.child('counterSet'), counters, path.child('counters'))
}

function validateCounters(
  name: string,
  namePath: FieldPath,
  counters: Readonly<Record<string, unknown>> | undefined,
  path: FieldPath,
): FieldError[] {
  const limits = { maxSize: maxCounters, maxKeyLength: dns1123LabelMaxLength }
  return [
    ...(name === '' ? [required(namePath)] : validateDNS1123Label(name, namePath)),
    ...(Object.keys(counters ?? {}).length === 0
      ? [required(path)]
      : validateMap(counters, limits, validateDNS1123Label, () => [], path)),
  ]
}
