// VolumeAttributesClass of storage.k8s.io/v1.
// Source: pkg/apis/storage/validation, ValidateVolumeAttributesClass; pkg/registry/storage/volumeattributesclass;
// pkg/printers/internalversion, printVolumeAttributesClass (v1.36)
import type { VolumeAttributesClass } from '../../api/storage.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, forbidden } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'
import { validateParameters, validateProvisioner } from './parameters.ts'

export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  strategy: { returnsDeletedObject: true, validate, validateUpdate, validateUpdateOnly: true },
  cells: { DriverName: ({ driverName }) => driverName },
})

function validate({ driverName, parameters }: VolumeAttributesClass): FieldError[] {
  return [
    ...validateProvisioner(driverName ?? '', field('driverName')),
    ...validateParameters(parameters, false, field('parameters')),
  ]
}

function validateUpdate(object: VolumeAttributesClass, old: VolumeAttributesClass): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['driverName', 'parameters'] as const) {
    if (!deepEqual(object[name], old[name])) errors.push(forbidden(field(name), `updates to ${name} are forbidden.`))
  }
  return [...errors, ...validate(object)]
}
