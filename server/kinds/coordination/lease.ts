// Lease of coordination.k8s.io/v1.
// Source: pkg/apis/coordination/validation, ValidateLeaseSpec; pkg/registry/coordination/lease;
// pkg/printers/internalversion, printLease (v1.36)
import type { Lease } from '../../api/coordination.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'
import { validateNonnegative } from '../rules/numbers.ts'

export const lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  strategy: {
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
    prepareForCreate: dropCoordination,
    prepareForUpdate: dropCoordination,
    validate,
  },
  cells: { Holder: ({ spec }) => spec?.holderIdentity ?? '' },
})

/** Coordinated leader election is off by default; its fields are dropped. */
function dropCoordination({ spec }: Lease): void {
  delete spec?.strategy
  delete spec?.preferredHolder
}

function validate({ spec }: Lease): FieldError[] {
  const path = field('spec')
  const errors: FieldError[] = []
  const duration = spec?.leaseDurationSeconds
  if (duration !== undefined && duration <= 0) {
    errors.push(invalid(path.child('leaseDurationSeconds'), duration, 'must be greater than 0'))
  }
  return [...errors, ...validateNonnegative(spec?.leaseTransitions, path.child('leaseTransitions'))]
}
