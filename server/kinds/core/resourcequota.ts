// ResourceQuota of the core group.
// Source: pkg/registry/core/resourcequota; pkg/apis/core/validation, ValidateResourceQuota;
// pkg/printers/internalversion, printResourceQuota (v1.36)
import type { ResourceQuota, ResourceQuotaSpec } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, invalid, required } from '../../apimachinery/field.ts'
import { compareQuantities, formatQuantity, parseQuantity } from '../../apimachinery/quantity.ts'
import { defineKind } from '../../registry/kind.ts'
import { internalValue } from '../internal-form/index.ts'
import { defaultResourceList } from '../pod-template/resource-lists.ts'
import { isStandardQuotaResourceName, validateResourceQuotaResourceName } from '../pod-template/resource-names.ts'
import { validateResourceList } from '../pod-template/resource-requirements.ts'

export const resourceQuota = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  defaults,
  strategy: { validate, validateUpdate, warnings, returnsDeletedObject: true },
  status: { validateUpdate: validateStatus },
  cells: {
    Request: (object) => usage(object, (name) => !name.startsWith('limits.')),
    Limit: (object) => usage(object, (name) => name.startsWith('limits.')),
  },
})

function defaults({ spec, status }: ResourceQuota): void {
  defaultResourceList(spec?.hard)
  defaultResourceList(status?.hard)
  defaultResourceList(status?.used)
}

function validate({ spec = {} }: ResourceQuota): FieldError[] {
  const path = field('spec')
  return [
    ...validateResourceList(spec.hard, validateResourceQuotaResourceName, path.child('hard')),
    ...validateScopes(spec, path.child('scopes')),
    ...validateScopeSelector(spec, path.child('scopeSelector', 'matchExpressions')),
  ]
}

const scopes = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'VolumeAttributesClass',
  'CrossNamespacePodAffinity',
])
/** These either hold or do not: they have no values. */
const plainScopes = new Set([
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
])
const conflicts: readonly (readonly [string, string])[] = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
]

const computeResources = new Set(['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'])

function isScopeFor(scope: string, resource: string): boolean {
  switch (scope) {
    case 'BestEffort':
      return resource === 'pods'
    case 'VolumeAttributesClass':
      return resource === 'persistentvolumeclaims' || resource === 'requests.storage'
    default:
      return !scopes.has(scope) || resource === 'pods' || computeResources.has(resource)
  }
}

function misfits(scope: string, { hard }: ResourceQuotaSpec): string[] {
  const names = Object.keys(hard ?? {}).sort()
  return names.filter((name) => isStandardQuotaResourceName(name) && !isScopeFor(scope, name))
}

function validateScopes(spec: ResourceQuotaSpec, path: FieldPath): FieldError[] {
  const own = spec.scopes ?? []
  const errors = own.flatMap((scope) => [
    ...(scopes.has(scope) ? [] : [invalid(path, own, 'unsupported scope')]),
    ...misfits(scope, spec).map(() => invalid(path, own, 'unsupported scope applied to resource')),
  ])
  return [...errors, ...conflicting(own, own, path)]
}

function conflicting(found: readonly string[], printed: readonly string[] | undefined, path: FieldPath): FieldError[] {
  return conflicts
    .filter(([one, other]) => found.includes(one) && found.includes(other))
    .map(() => invalid(path, printed, 'conflicting scopes'))
}

/** Errors name the list, not the expression. */
function validateScopeSelector(spec: ResourceQuotaSpec, path: FieldPath): FieldError[] {
  const { scopeSelector } = spec
  if (scopeSelector === undefined) return []
  const expressions = scopeSelector.matchExpressions ?? []
  const errors = expressions.flatMap(({ scopeName = '', operator = '', values = [] }) => {
    const found: FieldError[] = []
    if (!scopes.has(scopeName)) found.push(invalid(path.child('scopeName'), scopeName, 'unsupported scope'))
    const printed = internalValue('ScopeSelector', scopeSelector)
    found.push(...misfits(scopeName, spec).map(() => invalid(path, printed, 'unsupported scope applied to resource')))
    if (plainScopes.has(scopeName) && operator !== 'Exists') {
      found.push(invalid(path.child('operator'), operator, onlyExists))
    }
    return [...found, ...validateOperator(operator, values, path)]
  })
  const names = expressions.map(({ scopeName }) => scopeName)
  return [...errors, ...conflicting(names, spec.scopes, path)]
}

const onlyExists =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, " +
  'ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity'

function validateOperator(operator: string, values: readonly string[], path: FieldPath): FieldError[] {
  const valuesPath = path.child('values')
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length > 0) return []
      return [required(valuesPath, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")]
    case 'Exists':
    case 'DoesNotExist':
      if (values.length === 0) return []
      return [
        invalid(valuesPath, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"),
      ]
    default:
      return [invalid(path.child('operator'), operator, 'not a valid selector operator')]
  }
}

function validateUpdate({ spec }: ResourceQuota, old: ResourceQuota): FieldError[] {
  const now = new Set(spec?.scopes)
  const before = new Set(old.spec?.scopes)
  if (now.size === before.size && [...now].every((scope) => before.has(scope))) return []
  return [invalid(field('spec', 'scopes'), spec?.scopes, 'field is immutable')]
}

function validateStatus({ status }: ResourceQuota): FieldError[] {
  return (['hard', 'used'] as const).flatMap((list) =>
    validateResourceList(status?.[list], validateResourceQuotaResourceName, field('status', list)),
  )
}

function warnings({ spec }: ResourceQuota, old: ResourceQuota | undefined): string[] {
  if (old !== undefined) return []
  const hard = spec?.hard ?? {}
  return ['cpu', 'memory', 'storage', 'ephemeral-storage'].flatMap((name) => {
    const isShort = hard[`requests.${name}`] === undefined && (name === 'cpu' || name === 'memory')
    const requestName = isShort ? name : `requests.${name}`
    const request = hard[requestName]
    const limit = hard[`limits.${name}`]
    if (request === undefined || limit === undefined) return []
    const [low, high] = [parseQuantity(request), parseQuantity(limit)]
    if (compareQuantities(low, high) <= 0) return []
    return [
      `ResourceQuota ${requestName} (${formatQuantity(low)}) should be less than limits.${name} (${formatQuantity(high)})`,
    ]
  })
}

/** `cpu: 1/2, pods: 3/10` */
function usage({ status }: ResourceQuota, isShown: (name: string) => boolean): string {
  const names = Object.keys(status?.hard ?? {})
    .filter(isShown)
    .sort()
  return names.map((name) => `${name}: ${status?.used?.[name] ?? '0'}/${status?.hard?.[name]}`).join(', ')
}
