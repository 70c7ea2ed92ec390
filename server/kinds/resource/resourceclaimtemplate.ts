// ResourceClaimTemplate of resource.k8s.io/v1.
// Source: pkg/apis/resource/validation, ValidateResourceClaimTemplate; pkg/registry/resource/resourceclaimtemplate (v1.36)
import type { ResourceClaimTemplate } from '../../api/resource.ts'
import { field } from '../../apimachinery/field.ts'
import { validateImmutableField } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { defaultRequests, validateRequests } from './device-requests.ts'

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  defaults: ({ spec }) => defaultRequests(spec?.spec),
  strategy: {
    returnsDeletedObject: true,
    validate: ({ spec }) => validateRequests(spec?.spec, field('spec', 'spec')),
    validateUpdate: (object, old) => validateImmutableField(object.spec, old.spec, field('spec')),
  },
})
