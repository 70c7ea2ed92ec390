// CSINode of storage.k8s.io/v1.
// Source: pkg/apis/storage/validation, ValidateCSINode; pkg/registry/storage/csinode;
// pkg/printers/internalversion, printCSINode (v1.36)
import type { CSINode, CSINodeDriver } from '../../api/storage.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, field, invalid, required } from '../../apimachinery/field.ts'
import { isQualifiedName } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { goValue } from '../rules/go-value.ts'
import { validateNonnegative } from '../rules/numbers.ts'
import { validateCSIDriverName } from './parameters.ts'

export const csiNode = defineKind<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  strategy: { returnsDeletedObject: true, allowUnconditionalUpdate: false, validate, validateUpdate },
  cells: { Drivers: ({ spec }) => (spec?.drivers ?? []).length },
})

const nodeIDMaxLength = 256

function validate({ spec }: CSINode): FieldError[] {
  const names = new Set<string>()
  return (spec?.drivers ?? []).flatMap((driver, at) =>
    validateDriver(driver, names, field('spec', 'drivers').index(at)),
  )
}

/** @param names of the drivers before it; grows by its own */
function validateDriver(driver: CSINodeDriver, names: Set<string>, path: FieldPath): FieldError[] {
  const { name = '', nodeID = '', allocatable } = driver as Partial<CSINodeDriver>
  const topologyKeys = driver.topologyKeys ?? []
  const errors = validateCSIDriverName(name, path.child('name'))
  if (nodeID === '') errors.push(required(path.child('nodeID')))
  if (nodeID.length > nodeIDMaxLength) {
    errors.push(invalid(path.child('nodeID'), nodeID, `must be ${nodeIDMaxLength} characters or less`))
  }
  errors.push(...validateNonnegative(allocatable?.count, path.child('allocatable', 'count')))
  if (names.has(name)) errors.push(duplicate(path.child('name'), name))
  names.add(name)
  for (const [at, key] of topologyKeys.entries()) {
    if (key === '') errors.push(required(path))
    if (topologyKeys.indexOf(key) < at) errors.push(duplicate(path, key))
    errors.push(...isQualifiedName(key).map((text) => invalid(path, key, text)))
  }
  return errors
}

/** A driver that stays may only change what it can allocate. */
function validateUpdate(object: CSINode, old: CSINode): FieldError[] {
  const errors: FieldError[] = []
  for (const before of old.spec?.drivers ?? []) {
    for (const driver of object.spec?.drivers ?? []) {
      if (driver.name !== before.name) continue
      const { allocatable: _now, ...rest } = driver
      const { allocatable: _then, ...oldRest } = before
      if (deepEqual(rest, oldRest)) continue
      const { name, nodeID, topologyKeys } = driver
      const printed = { Name: name, NodeID: nodeID, TopologyKeys: topologyKeys ?? null, Allocatable: null }
      errors.push(invalid(field('spec', 'drivers'), goValue(printed), 'field is immutable'))
    }
  }
  return errors
}
