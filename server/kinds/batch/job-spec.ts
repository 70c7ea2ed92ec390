// Validation of job specs, in jobs and in the templates of cron jobs.
// Source: pkg/apis/batch/validation, validateJobSpec, validatePodFailurePolicy, validateSuccessPolicy (v1.36)
import type {
  JobSpec,
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicy,
  SuccessPolicyRule,
} from '../../api/batch.ts'
import type { PodSpec } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { type Printed, duplicate, invalid, notSupported, required, tooLong, tooMany } from '../../apimachinery/field.ts'
import { isQualifiedName } from '../../apimachinery/validation.ts'
import { validatePodTemplate } from '../pod-template/index.ts'
import { validateDomainPrefixedPath } from '../rules/domains.ts'
import { goValue, type GoStruct } from '../rules/go-value.ts'
import { validateNonnegativeFields } from '../rules/numbers.ts'
import { printSelector } from '../rules/selectors.ts'
import { countIndexes } from './indexes.ts'

const maxIndexedParallelism = 100_000
const maxIndexedFailedIndexes = 100_000
const completionsSoftLimit = 100_000
const highCompletionsParallelism = 10_000
const highCompletionsFailedIndexes = 10_000
const managedByMaxBytes = 63

/** Everything but the selector, which cron jobs must not have. */
export function validateJobSpec(spec: JobSpec, path: FieldPath): FieldError[] {
  return [
    ...validateNonnegativeFields(
      spec,
      ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'],
      path,
    ),
    ...validateNonnegativeFields(spec, ['backoffLimitPerIndex', 'maxFailedIndexes'], path),
    ...(spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
      ? [required(path.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified')]
      : []),
    ...validateManagedBy(spec.managedBy, path.child('managedBy')),
    ...validateCompletionMode(spec, path),
    ...(spec.podFailurePolicy === undefined
      ? []
      : validateFailurePolicy(spec, spec.podFailurePolicy, path.child('podFailurePolicy'))),
    ...(spec.successPolicy === undefined
      ? []
      : validateSuccessPolicy(spec, spec.successPolicy, path.child('successPolicy'))),
    ...validateReplacementPolicy(spec, path.child('podReplacementPolicy')),
    ...validatePodTemplate(spec.template ?? {}, path.child('template')),
    ...validateRestartPolicy(spec, path.child('template', 'spec', 'restartPolicy')),
  ]
}

function validateManagedBy(managedBy: string | undefined, path: FieldPath): FieldError[] {
  if (managedBy === undefined) return []
  const errors = validateDomainPrefixedPath(managedBy, path)
  return managedBy.length > managedByMaxBytes ? [...errors, tooLong(path, managedByMaxBytes)] : errors
}

function validateCompletionMode(spec: JobSpec, path: FieldPath): FieldError[] {
  const { completionMode, completions, parallelism, maxFailedIndexes, backoffLimitPerIndex } = spec
  const errors: FieldError[] = []
  const modePath = path.child('completionMode')
  const parallelismPath = path.child('parallelism')
  const failedPath = path.child('maxFailedIndexes')
  if (completionMode === undefined || completionMode === 'NonIndexed') {
    for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
      if (spec[name] !== undefined) errors.push(invalid(path.child(name), spec[name], needsIndexes))
    }
    return errors
  }
  if (completionMode !== 'Indexed') return [notSupported(modePath, completionMode, ['NonIndexed', 'Indexed'])]
  if (completions === undefined) errors.push(required(path.child('completions'), 'when completion mode is Indexed'))
  if (parallelism !== undefined && parallelism > maxIndexedParallelism) {
    const detail = `must be less than or equal to ${maxIndexedParallelism} when completion mode is Indexed`
    errors.push(invalid(parallelismPath, parallelism, detail))
  }
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions) {
    errors.push(invalid(failedPath, maxFailedIndexes, 'must be less than or equal to completions'))
  }
  if (maxFailedIndexes !== undefined && maxFailedIndexes > maxIndexedFailedIndexes) {
    errors.push(invalid(failedPath, maxFailedIndexes, `must be less than or equal to ${maxIndexedFailedIndexes}`))
  }
  if (completions === undefined || completions <= completionsSoftLimit || backoffLimitPerIndex === undefined)
    return errors
  const above = `when completions are above ${completionsSoftLimit} and used with backoff limit per index`
  if (maxFailedIndexes === undefined) {
    errors.push(required(failedPath, `must be specified when completions is above ${completionsSoftLimit}`))
  }
  if (parallelism !== undefined && parallelism > highCompletionsParallelism) {
    errors.push(
      invalid(parallelismPath, parallelism, `must be less than or equal to ${highCompletionsParallelism} ${above}`),
    )
  }
  if (maxFailedIndexes !== undefined && maxFailedIndexes > highCompletionsFailedIndexes) {
    errors.push(
      invalid(failedPath, maxFailedIndexes, `must be less than or equal to ${highCompletionsFailedIndexes} ${above}`),
    )
  }
  return errors
}

const needsIndexes = 'requires indexed completion mode'

function validateReplacementPolicy(
  { podReplacementPolicy: policy, podFailurePolicy }: JobSpec,
  path: FieldPath,
): FieldError[] {
  if (policy === undefined) return []
  const supported = podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed']
  return supported.includes(policy) ? [] : [notSupported(path, policy, supported)]
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, path: FieldPath): FieldError[] {
  const policy = template?.spec?.restartPolicy ?? ''
  if (policy === '' || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])]
  if (podFailurePolicy === undefined || policy === 'Never') return []
  return [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
}

// --- pod failure policy ---------------------------------------------------------------------------------------

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const exitCodeOperators = ['In', 'NotIn']
const conditionStatuses = ['False', 'True', 'Unknown']
const maxFailureRules = 20
const maxExitCodes = 255
const maxConditionPatterns = 20

/** `valid values: ["In" "NotIn"]`, as Go prints a list of strings. */
function validValues(values: readonly string[]): string {
  return `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`
}

function validateFailurePolicy(spec: JobSpec, policy: PodFailurePolicy, path: FieldPath): FieldError[] {
  const rules = policy.rules ?? []
  const rulesPath = path.child('rules')
  const { containers, initContainers } = (spec.template?.spec ?? {}) as Partial<PodSpec>
  const names = [...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name)
  return [
    ...(rules.length > maxFailureRules ? [tooMany(rulesPath, rules.length, maxFailureRules)] : []),
    ...rules.flatMap((rule, at) => validateFailureRule(spec, rule, rulesPath.index(at), names)),
  ]
}

function validateFailureRule(
  spec: JobSpec,
  rule: PodFailurePolicyRule,
  path: FieldPath,
  containerNames: readonly string[],
): FieldError[] {
  const { action = '', onExitCodes, onPodConditions = [] } = rule as Partial<PodFailurePolicyRule>
  const errors: FieldError[] = []
  const actionPath = path.child('action')
  if (action === '') errors.push(required(actionPath, validValues(actions)))
  else if (!actions.includes(action)) errors.push(notSupported(actionPath, action, actions))
  else if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalid(actionPath, action, 'requires the backoffLimitPerIndex to be set'))
  }
  const conditionsPath = path.child('onPodConditions')
  if (onExitCodes !== undefined)
    errors.push(...validateExitCodes(onExitCodes, path.child('onExitCodes'), containerNames))
  if (onPodConditions.length > maxConditionPatterns) {
    errors.push(tooMany(conditionsPath, onPodConditions.length, maxConditionPatterns))
  }
  errors.push(...onPodConditions.flatMap((pattern, at) => validateConditionPattern(pattern, conditionsPath.index(at))))
  const isBoth = onExitCodes !== undefined && onPodConditions.length > 0
  const isNeither = onExitCodes === undefined && onPodConditions.length === 0
  if (isBoth) errors.push(invalidRule(path, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (isNeither) errors.push(invalidRule(path, 'specifying one of OnExitCodes and OnPodConditions is required'))
  return errors
}

/** The rule itself is not shown. */
function invalidRule(path: FieldPath, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field: String(path), message: `Invalid value: ${detail}` }
}

function validateConditionPattern(pattern: PodFailurePolicyOnPodConditionsPattern, path: FieldPath): FieldError[] {
  const { type = '', status = '' } = pattern as Partial<PodFailurePolicyOnPodConditionsPattern>
  const errors = isQualifiedName(type).map((text) => invalid(path.child('type'), type, text))
  const statusPath = path.child('status')
  if (status === '') errors.push(required(statusPath, validValues(conditionStatuses)))
  else if (!conditionStatuses.includes(status)) errors.push(notSupported(statusPath, status, conditionStatuses))
  return errors
}

function validateExitCodes(
  requirement: PodFailurePolicyOnExitCodesRequirement,
  path: FieldPath,
  containerNames: readonly string[],
): FieldError[] {
  const { operator = '', containerName } = requirement as Partial<PodFailurePolicyOnExitCodesRequirement>
  const values = requirement.values ?? []
  const errors: FieldError[] = []
  const operatorPath = path.child('operator')
  const valuesPath = path.child('values')
  if (operator === '') errors.push(required(operatorPath, validValues(exitCodeOperators)))
  else if (!exitCodeOperators.includes(operator)) errors.push(notSupported(operatorPath, operator, exitCodeOperators))
  if (containerName !== undefined && !containerNames.includes(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template'
    errors.push(invalid(path.child('containerName'), containerName, detail))
  }
  if (values.length === 0)
    errors.push(invalid(valuesPath, requirement.values ?? null, 'at least one value is required'))
  else if (values.length > maxExitCodes) errors.push(tooMany(valuesPath, values.length, maxExitCodes))
  for (const [at, value] of values.entries()) {
    const valuePath = valuesPath.index(at)
    if (operator === 'In' && value === 0) errors.push(invalid(valuePath, value, 'must not be 0 for the In operator'))
    if (values.indexOf(value) < at) errors.push(duplicate(valuePath, value))
  }
  if (values.some((value, at) => at > 0 && values[at - 1]! > value)) {
    errors.push(invalid(valuesPath, values, 'must be ordered'))
  }
  return errors
}

/** As Go prints the internal type. */
export function printFailurePolicy(policy: PodFailurePolicy | undefined): Printed | null {
  if (policy === undefined) return null
  const printRule = ({ action, onExitCodes, onPodConditions }: PodFailurePolicyRule): GoStruct => ({
    Action: action,
    OnExitCodes:
      onExitCodes === undefined
        ? null
        : {
            ContainerName: onExitCodes.containerName ?? null,
            Operator: onExitCodes.operator,
            Values: onExitCodes.values ?? null,
          },
    OnPodConditions: onPodConditions?.map(({ type, status }) => ({ Type: type, Status: status })) ?? null,
  })
  return goValue({ Rules: policy.rules?.map(printRule) ?? null })
}

// --- success policy -------------------------------------------------------------------------------------------

const maxSuccessRules = 20
const maxSucceededIndexesBytes = 64 * 1024

function validateSuccessPolicy(spec: JobSpec, policy: SuccessPolicy, path: FieldPath): FieldError[] {
  if (spec.completionMode !== 'Indexed') return [invalid(path, printSuccessPolicy(policy), needsIndexes)]
  const rules = policy.rules ?? []
  const rulesPath = path.child('rules')
  const errors: FieldError[] = []
  if (rules.length === 0) {
    errors.push(required(rulesPath, 'at least one rules must be specified when the successPolicy is specified'))
  }
  if (rules.length > maxSuccessRules) errors.push(tooMany(rulesPath, rules.length, maxSuccessRules))
  return [
    ...errors,
    ...rules.flatMap((rule, at) => validateSuccessRule(rule, spec.completions ?? 0, rulesPath.index(at))),
  ]
}

function validateSuccessRule(rule: SuccessPolicyRule, completions: number, path: FieldPath): FieldError[] {
  const { succeededCount: count, succeededIndexes: indexes } = rule
  const errors: FieldError[] = []
  if (count === undefined && indexes === undefined) {
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'))
  }
  let total = 0
  if (indexes !== undefined) {
    const indexesPath = path.child('succeededIndexes')
    if (indexes.length > maxSucceededIndexesBytes) errors.push(tooLong(indexesPath, maxSucceededIndexesBytes))
    try {
      total = countIndexes(indexes, completions)
    } catch (error) {
      errors.push(invalid(indexesPath, indexes, `error parsing succeededIndexes: ${(error as Error).message}`))
    }
  }
  if (count === undefined) return errors
  const countPath = path.child('succeededCount')
  errors.push(...validateNonnegativeFields(rule, ['succeededCount'], path))
  if (count > completions) {
    const detail = `must be less than or equal to ${completions} (the number of specified completions)`
    errors.push(invalid(countPath, count, detail))
  }
  if (indexes !== undefined && count > total) {
    const detail = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`
    errors.push(invalid(countPath, count, detail))
  }
  return errors
}

/** As Go prints the internal type. */
export function printSuccessPolicy(policy: SuccessPolicy | undefined): Printed | null {
  if (policy === undefined) return null
  const rules = policy.rules?.map(({ succeededIndexes, succeededCount }) => ({
    SucceededIndexes: succeededIndexes ?? null,
    SucceededCount: succeededCount ?? null,
  }))
  return goValue({ Rules: rules ?? null })
}

/** What a cron job's template must leave to the controller. */
export function validateNoSelector(spec: JobSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (spec.selector !== undefined) {
    errors.push(invalid(path.child('selector'), printSelector(spec.selector), '`selector` will be auto-generated'))
  }
  if (spec.manualSelector === true) errors.push(notSupported(path.child('manualSelector'), true, ['nil', 'false']))
  return errors
}
