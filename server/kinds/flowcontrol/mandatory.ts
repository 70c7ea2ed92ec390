// Objects of flow control that every server has, and whose specs are fixed.
// Source: apiserver/pkg/apis/flowcontrol/bootstrap, default.go; pkg/apis/flowcontrol/validation, ValidateFlowSchema,
// ValidatePriorityLevelConfiguration (v1.36)
import type { FlowSchemaSpec, PriorityLevelConfigurationSpec } from '../../api/flowcontrol.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid } from '../../apimachinery/field.ts'
import { internalValue } from '../internal-form/index.ts'

const everything = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
}

const group = (name: string): { kind: string; group: { name: string } } => ({ kind: 'Group', group: { name } })

const schemas: ReadonlyMap<string, FlowSchemaSpec> = new Map([
  [
    'exempt',
    {
      priorityLevelConfiguration: { name: 'exempt' },
      matchingPrecedence: 1,
      rules: [{ subjects: [group('system:masters')], ...everything }],
    },
  ],
  [
    'catch-all',
    {
      priorityLevelConfiguration: { name: 'catch-all' },
      matchingPrecedence: 10_000,
      distinguisherMethod: { type: 'ByUser' },
      rules: [{ subjects: [group('system:unauthenticated'), group('system:authenticated')], ...everything }],
    },
  ],
])

export function validateMandatorySchema(name: string, spec: FlowSchemaSpec, path: FieldPath): FieldError[] {
  const fixed = schemas.get(name)
  if (fixed === undefined || semanticEqual(spec, fixed)) return []
  return [invalid(path, internalValue('FlowSchemaSpec', spec), `spec of '${name}' must equal the fixed value`)]
}

const levels: ReadonlyMap<string, PriorityLevelConfigurationSpec> = new Map([
  ['exempt', { type: 'Exempt' }],
  [
    'catch-all',
    {
      type: 'Limited',
      limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
    },
  ],
])

/** How much the exempt level lends is anybody's choice. */
export function validateMandatoryLevel(
  name: string,
  spec: PriorityLevelConfigurationSpec,
  path: FieldPath,
): FieldError[] {
  const fixed = levels.get(name)
  if (fixed === undefined) return []
  const { exempt, ...rest } = spec
  const isExempt = name === 'exempt'
  if (semanticEqual(isExempt || exempt === undefined ? rest : spec, fixed)) return []
  const what = isExempt ? "except the 'spec.exempt' field must" : 'must'
  return [
    invalid(
      path,
      internalValue('PriorityLevelConfigurationSpec', spec),
      `spec of '${name}' ${what} equal the fixed value`,
    ),
  ]
}
