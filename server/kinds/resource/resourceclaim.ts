// ResourceClaim of resource.k8s.io/v1.
// Source: pkg/apis/resource/validation, ValidateResourceClaim; pkg/registry/resource/resourceclaim;
// pkg/printers/internalversion, resourceClaimState (v1.36)
import type { ResourceClaim } from '../../api/resource.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'
import { internalValue } from '../internal-form/index.ts'
import { resetObjectMetaForStatus } from '../metadata/status-meta.ts'
import { dropDeallocatedDevices, validateStatusUpdate } from './claim-status.ts'
import { defaultRequests, validateClaimSpec } from './device-requests.ts'

export const resourceClaim = defineKind<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  defaults: ({ spec }) => defaultRequests(spec),
  strategy: {
    returnsDeletedObject: true,
    validate: ({ spec }) => validateClaimSpec(spec, field('spec')),
    validateUpdate,
    validateUpdateOnly: true,
  },
  status: { prepareForUpdate, validateUpdate: validateStatusUpdate },
  cells: { State: printState },
})

function validateUpdate({ spec }: ResourceClaim, { spec: old }: ResourceClaim): FieldError[] {
  if (semanticEqual(spec, old)) return []
  return [invalid(field('spec'), internalValue('ResourceClaimSpec', spec ?? {}), 'field is immutable')]
}

function prepareForUpdate(draft: ResourceClaim, old: ResourceClaim): void {
  resetObjectMetaForStatus(draft, old)
  dropDeallocatedDevices(draft, old)
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
