// ResourceClaimTemplate of resource.k8s.io/v1.
// Source: pkg/apis/resource/validation, ValidateResourceClaimTemplate; pkg/registry/resource/resourceclaimtemplate (v1.36)
import type { ResourceClaimTemplate } from '../../api/resource.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'
import { internalValue } from '../internal-form/index.ts'
import { validateTemplateObjectMeta } from '../metadata/template-meta.ts'
import { defaultRequests, validateClaimSpec } from './device-requests.ts'

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  defaults: ({ spec }) => defaultRequests(spec?.spec),
  strategy: {
    returnsDeletedObject: true,
    validate: ({ spec }) => [
      ...validateTemplateObjectMeta(spec?.metadata, field('spec', 'metadata')),
      ...validateClaimSpec(spec?.spec, field('spec', 'spec')),
    ],
    validateUpdate,
  },
})

function validateUpdate({ spec }: ResourceClaimTemplate, { spec: old }: ResourceClaimTemplate): FieldError[] {
  if (semanticEqual(spec, old)) return []
  return [invalid(field('spec'), internalValue('ResourceClaimTemplateSpec', spec ?? {}), 'field is immutable')]
}
