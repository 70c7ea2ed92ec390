// ResourceSlice of resource.k8s.io/v1.
// Source: pkg/apis/resource/v1, SetDefaults_DeviceTaint; pkg/apis/resource/validation, validateResourceSliceSpec;
// pkg/registry/resource/resourceslice; pkg/printers/internalversion, printResourceSlice (v1.36)
import type { Device, ResourcePool, ResourceSlice, ResourceSliceSpec } from '../../api/resource.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, invalid, required } from '../../apimachinery/field.ts'
import { validateImmutableField } from '../../apimachinery/validation.ts'
import { defineKind, type StrategyContext } from '../../registry/kind.ts'
import { internalValue } from '../internal-form/index.ts'
import { validateNodeSelector } from '../pod-template/node-selector.ts'
import { validateCSIDriverName } from '../storage/parameters.ts'
import { validateCounterSet, validateDevice, validateNodeName } from './devices.ts'
import { validateSet } from './lists.ts'
import { validatePoolName } from './names.ts'

export const resourceSlice = defineKind<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  generation: true,
  strategy: {
    returnsDeletedObject: true,
    prepareForCreate: prepare,
    prepareForUpdate: (draft, _old, context) => prepare(draft, context),
    validate: (object) => validate(object, undefined),
    validateUpdate: validate,
    validateUpdateOnly: true,
    warnings,
  },
  selectableFields: {
    'spec.driver': ({ spec }) => spec?.driver ?? '',
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
  },
  cells: {
    Node: ({ spec }) => spec?.nodeName ?? '',
    Driver: ({ spec }) => spec?.driver ?? '',
    Pool: ({ spec }) => spec?.pool?.name ?? '',
  },
})

/** A default that needs the clock; and what belongs to features that are off by default goes. */
function prepare({ spec }: ResourceSlice, { now }: StrategyContext): void {
  for (const device of spec?.devices ?? []) {
    for (const taint of device.taints ?? []) taint.timeAdded ??= formatTime(now)
    const members = device as unknown as Record<string, unknown>
    delete members['nodeAllocatableResourceMappings']
    for (const attribute of Object.values(device.attributes ?? {}) as unknown as Record<string, unknown>[]) {
      for (const list of ['bools', 'ints', 'strings', 'versions']) delete attribute[list]
    }
  }
}

const maxDevices = 128
const maxSpecialDevices = 64
const maxCounterSets = 8

function validate(object: ResourceSlice, old: ResourceSlice | undefined): FieldError[] {
  const path = field('spec')
  const spec: Partial<ResourceSliceSpec> = object.spec ?? {}
  const { devices, sharedCounters } = spec
  const errors = [
    ...validateCSIDriverName(spec.driver ?? '', path.child('driver')),
    ...validatePool(spec.pool, path.child('pool')),
    ...(old === undefined ? [] : validateKept(spec, old.spec ?? {}, path)),
    ...validateNodes(spec, path),
  ]
  if (sharedCounters !== undefined && devices !== undefined) {
    errors.push(invalid(path, '', 'only one of `sharedCounters` or `devices` is allowed'))
  }
  const isSpecial = ({ taints = [], consumesCounters = [] }: Device): boolean =>
    taints.length + consumesCounters.length > 0
  const validateOne = (device: Device, here: FieldPath): FieldError[] => {
    const before = (old?.spec?.devices ?? []).find(({ name }) => name === device.name)
    return validateDevice(device, before, spec.perDeviceNodeSelection === true, here)
  }
  return [
    ...errors,
    ...validateSet(
      devices,
      (devices ?? []).some(isSpecial) ? maxSpecialDevices : maxDevices,
      validateOne,
      ({ name }) => name ?? '',
      path.child('devices'),
    ),
    ...validateSet(
      sharedCounters,
      maxCounterSets,
      validateCounterSet,
      ({ name }) => name ?? '',
      path.child('sharedCounters'),
    ),
  ]
}

function validatePool(pool: Partial<ResourcePool> | undefined, path: FieldPath): FieldError[] {
  const { name = '', generation = 0, resourceSliceCount = 0 } = pool ?? {}
  const errors = validatePoolName(name, path.child('name'))
  if (resourceSliceCount <= 0) {
    errors.push(invalid(path.child('resourceSliceCount'), resourceSliceCount, 'must be greater than zero'))
  }
  if (generation < 0) {
    errors.push(invalid(path.child('generation'), generation, 'must be greater than or equal to zero'))
  }
  return errors
}

function validateKept(
  spec: Partial<ResourceSliceSpec>,
  old: Partial<ResourceSliceSpec>,
  path: FieldPath,
): FieldError[] {
  return [
    ...validateImmutableField(spec.pool?.name ?? '', old.pool?.name ?? '', path.child('pool', 'name')),
    ...validateImmutableField(spec.driver ?? '', old.driver ?? '', path.child('driver')),
    ...validateImmutableField(spec.nodeName, old.nodeName, path.child('nodeName')),
  ]
}

/** The devices of a slice are reached in one of four ways. */
function validateNodes(spec: Partial<ResourceSliceSpec>, path: FieldPath): FieldError[] {
  const { nodeName, nodeSelector } = spec
  const errors: FieldError[] = []
  const chosen: string[] = []
  const nodeNamePath = path.child('nodeName')
  if (nodeName === '') {
    errors.push(invalid(nodeNamePath, nodeName, 'must be either unset or set to a non-empty string'))
  } else if (nodeName !== undefined) {
    chosen.push('`nodeName`')
    errors.push(...validateNodeName(nodeName, nodeNamePath))
  }
  if (nodeSelector !== undefined) {
    chosen.push('`nodeSelector`')
    const selectorPath = path.child('nodeSelector')
    errors.push(...validateNodeSelector(nodeSelector, selectorPath))
    const terms = nodeSelector.nodeSelectorTerms ?? []
    if (terms.length !== 1) {
      const printed = internalValue('NodeSelector', nodeSelector, 'NodeSelectorTerms')
      errors.push(invalid(selectorPath.child('nodeSelectorTerms'), printed, 'must have exactly one node selector term'))
    }
  }
  for (const name of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (spec[name] === true) chosen.push(`\`${name}\``)
    else if (spec[name] === false) errors.push(invalid(path.child(name), false, 'must be either unset or set to true'))
  }
  const detail = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  if (chosen.length === 0) errors.push(required(path, detail))
  else if (chosen.length > 1) {
    errors.push(invalid(path, `{${chosen.join(', ')}}`, `${detail}, but multiple fields are set`))
  }
  return errors
}

function warnings({ spec }: ResourceSlice): string[] {
  const driver = spec?.driver ?? ''
  if (driver === driver.toLowerCase()) return []
  return [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`]
}
