// CSIStorageCapacity of storage.k8s.io/v1.
// Source: pkg/apis/storage/validation, ValidateCSIStorageCapacity; pkg/registry/storage/csistoragecapacity (v1.36)
import type { CSIStorageCapacity } from '../../api/storage.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid } from '../../apimachinery/field.ts'
import { compareQuantities, newQuantity, parseQuantity } from '../../apimachinery/quantity.ts'
import { nameIsDNSSubdomain, validateLabelSelector } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { printSelector } from '../rules/selectors.ts'
import { nodeSelectorWarnings } from '../rules/node-labels.ts'

export const csiStorageCapacity = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  strategy: {
    allowUnconditionalUpdate: false,
    validate,
    validateUpdate,
    warnings: ({ nodeTopology }) => nodeSelectorWarnings(nodeTopology, field('nodeTopology')),
  },
})

function validate({ nodeTopology, storageClassName = '', capacity }: CSIStorageCapacity): FieldError[] {
  const errors = validateLabelSelector(nodeTopology, field('nodeTopology'))
  const classPath = field('storageClassName')
  errors.push(...nameIsDNSSubdomain(storageClassName, false).map((text) => invalid(classPath, storageClassName, text)))
  if (capacity !== undefined && compareQuantities(parseQuantity(capacity), newQuantity(0)) < 0) {
    errors.push(invalid(field('capacity'), capacity, 'must be greater than or equal to 0'))
  }
  return errors
}

function validateUpdate(object: CSIStorageCapacity, old: CSIStorageCapacity): FieldError[] {
  const immutable = 'field is immutable'
  const errors: FieldError[] = []
  if (!semanticEqual(object.nodeTopology, old.nodeTopology)) {
    errors.push(invalid(field('nodeTopology'), printSelector(object.nodeTopology), immutable))
  }
  if (object.storageClassName !== old.storageClassName) {
    errors.push(invalid(field('storageClassName'), object.storageClassName, immutable))
  }
  return errors
}
