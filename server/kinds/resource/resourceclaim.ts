// ResourceClaim of resource.k8s.io/v1.
// Source: pkg/apis/resource/validation, ValidateResourceClaim; pkg/registry/resource/resourceclaim;
// pkg/printers/internalversion, resourceClaimState (v1.36)
import type { ResourceClaim } from '../../api/resource.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, forbidden } from '../../apimachinery/field.ts'
import { validateImmutableField } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { defaultRequests, validateRequests } from './device-requests.ts'

export const resourceClaim = defineKind<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  defaults: ({ spec }) => defaultRequests(spec),
  strategy: {
    returnsDeletedObject: true,
    validate: ({ spec }) => validateRequests(spec, field('spec')),
    validateUpdate: (object, old) => validateImmutableField(object.spec, old.spec, field('spec')),
    validateUpdateOnly: true,
  },
  status: { validateUpdate: validateStatusUpdate },
  cells: { State: printState },
})

function validateStatusUpdate({ status }: ResourceClaim, old: ResourceClaim): FieldError[] {
  const path = field('status')
  const errors: FieldError[] = []
  if ((status?.reservedFor ?? []).length > 0 && status?.allocation === undefined) {
    errors.push(forbidden(path.child('reservedFor'), 'may not be specified when `allocated` is not set'))
  }
  if (status?.allocation === undefined || old.status?.allocation === undefined) return errors
  return [...errors, ...validateImmutableField(status.allocation, old.status.allocation, path.child('allocation'))]
}

/** `pending`, `allocated,reserved`, `deleted,allocated` */
function printState({ metadata, status }: ResourceClaim): string {
  const isDeleted = metadata?.deletionTimestamp !== undefined
  const states = isDeleted ? ['deleted'] : []
  if (status?.allocation !== undefined) {
    states.push('allocated')
    if ((status.reservedFor ?? []).length > 0) states.push('reserved')
  } else if (!isDeleted) states.push('pending')
  return states.join(',')
}
