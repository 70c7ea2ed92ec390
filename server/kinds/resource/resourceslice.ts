// ResourceSlice of resource.k8s.io/v1. Devices are taken as they are.
// Source: pkg/apis/resource/v1, SetDefaults_DeviceTaint; pkg/apis/resource/validation, ValidateResourceSliceUpdate;
// pkg/registry/resource/resourceslice; pkg/printers/internalversion, printResourceSlice (v1.36)
import type { ResourceSlice } from '../../api/resource.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field } from '../../apimachinery/field.ts'
import { validateImmutableField } from '../../apimachinery/validation.ts'
import { defineKind, type StrategyContext } from '../../registry/kind.ts'
import { validateCSIDriverName } from '../storage/parameters.ts'

export const resourceSlice = defineKind<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  generation: true,
  strategy: {
    returnsDeletedObject: true,
    prepareForCreate: (draft, context) => fillTaintTimes(draft, context),
    prepareForUpdate: (draft, _old, context) => fillTaintTimes(draft, context),
    validate: ({ spec }) => validateCSIDriverName(spec?.driver ?? '', field('spec', 'driver')),
    validateUpdate,
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

function fillTaintTimes({ spec }: ResourceSlice, { now }: StrategyContext): void {
  for (const device of spec?.devices ?? []) {
    for (const taint of device.taints ?? []) taint.timeAdded ??= formatTime(now)
  }
}

function validateUpdate({ spec }: ResourceSlice, { spec: old }: ResourceSlice): FieldError[] {
  const path = field('spec')
  return [
    ...validateImmutableField(spec?.driver, old?.driver, path.child('driver')),
    ...validateImmutableField(spec?.pool?.name, old?.pool?.name, path.child('pool', 'name')),
    ...validateImmutableField(spec?.nodeName, old?.nodeName, path.child('nodeName')),
  ]
}

function warnings({ spec }: ResourceSlice): string[] {
  const driver = spec?.driver ?? ''
  if (driver === driver.toLowerCase()) return []
  return [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`]
}
