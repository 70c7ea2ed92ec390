// The conditions of a CustomResourceDefinition: whether its names are free, and what else is said of it.
// Source: apiextensions-apiserver/pkg/controller/status, NamingConditionController; pkg/apihelpers (v1.36)
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
} from '../api/apiextensions.ts'
import { quote } from '../apimachinery/go-quote.ts'
import { formatTime } from '../apimachinery/clock.ts'
import type { Frozen } from '../apimachinery/types.ts'

export type ConditionType =
  | 'Established'
  | 'NamesAccepted'
  | 'Terminating'
  | 'NonStructuralSchema'
  | 'KubernetesAPIApprovalPolicyConformant'

export interface Condition {
  readonly type: ConditionType
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

export function isTrue(definition: Frozen<CustomResourceDefinition>, type: ConditionType): boolean {
  return definition.status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false
}

/** The conditions with one set: its time of transition only moves with its status. @param now milliseconds */
export function withCondition(
  conditions: readonly Frozen<CustomResourceDefinitionCondition>[],
  condition: Condition,
  now: number,
): CustomResourceDefinitionCondition[] {
  const before = conditions.find(({ type }) => type === condition.type)
  const changed = before?.status !== condition.status
  const next: CustomResourceDefinitionCondition = {
    ...before,
    ...condition,
    ...(changed || before.lastTransitionTime === undefined ? { lastTransitionTime: formatTime(now) } : {}),
  }
  if (before === undefined) return [...conditions.map((one) => ({ ...one })), next]
  return conditions.map((one) => (one === before ? next : { ...one }))
}

/** Names as far as nobody else in the group has them, and the condition that tells. */
export function acceptNames(
  definition: Frozen<CustomResourceDefinition>,
  group: readonly Frozen<CustomResourceDefinition>[],
): { names: CustomResourceDefinitionNames; condition: Condition } {
  const wanted = definition.spec.names
  const accepted: Partial<Frozen<CustomResourceDefinitionNames>> = definition.status?.acceptedNames ?? {}
  const others = group.map(({ status }) => status?.acceptedNames ?? ({} as Partial<CustomResourceDefinitionNames>))
  const resources = new Set(
    others.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames]),
  )
  const kinds = new Set(others.flatMap(({ kind, listKind }) => [kind, listKind]))
  const names = { ...accepted, ...(wanted.categories ? { categories: wanted.categories } : {}) } as Record<
    string,
    unknown
  >
  if (wanted.categories === undefined) delete names['categories']
  let conflict: { reason: string; message: string } | undefined
  const claim = (
    name: 'plural' | 'singular' | 'kind' | 'listKind',
    taken: ReadonlySet<unknown>,
    reason: string,
  ): void => {
    if (wanted[name] !== accepted[name] && taken.has(wanted[name])) {
      conflict = { reason, message: `${quote(wanted[name] ?? '')} is already in use` }
    } else if (wanted[name] !== undefined) names[name] = wanted[name]
  }
  claim('plural', resources, 'PluralConflict')
  claim('singular', resources, 'SingularConflict')
  const own = new Set(accepted.shortNames)
  const taken = (wanted.shortNames ?? []).filter((name) => !own.has(name) && resources.has(name))
  if (taken.length > 0) {
    const each = taken.map((name) => `${quote(name)} is already in use`)
    conflict = { reason: 'ShortNamesConflict', message: each.length === 1 ? each[0]! : `[${each.join(', ')}]` }
  } else if (wanted.shortNames === undefined) delete names['shortNames']
  else names['shortNames'] = wanted.shortNames
  claim('kind', kinds, 'KindConflict')
  claim('listKind', kinds, 'ListKindConflict')
  const condition: Condition =
    conflict === undefined
      ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { type: 'NamesAccepted', status: 'False', ...conflict }
  return { names: names as unknown as CustomResourceDefinitionNames, condition }
}
