// Validation of the status of a job: a rule counts only where what it looks at has changed, so that a status that was
// stored before stays valid.
// Source: pkg/registry/batch/job, getStatusValidationOptions; pkg/apis/batch/validation, validateJobStatus,
// ValidateJobStatusUpdate (v1.36)
import type { Job, JobStatus } from '../../api/batch.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, field, invalid, required } from '../../apimachinery/field.ts'
import { goValue } from '../rules/go-value.ts'
import { validateNonnegativeFields } from '../rules/numbers.ts'
import { countIndexes, overlappingIndex } from './indexes.ts'

/** Whether the status has the condition, with status True. */
export function isConditionTrue({ status }: Job, type: string): boolean {
  return status?.conditions?.find((condition) => condition.type === type)?.status === 'True'
}

function isConditionFalse({ status }: Job, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'False') === true
}

function isFinished(job: Job): boolean {
  return isConditionTrue(job, 'Complete') || isConditionTrue(job, 'Failed')
}

const conditionsPath = field('status', 'conditions')

/** Conditions that contradict each other; they are not shown. */
function contradiction(detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field: String(conditionsPath), message: `Invalid value: ${detail}` }
}

export function validateStatusUpdate(job: Job, old: Job): FieldError[] {
  const status = job.status ?? ({} as JobStatus)
  const path = field('status')
  return [
    ...validateNonnegativeFields(status, ['active', 'succeeded', 'failed', 'ready', 'terminating'], path),
    ...validateUncounted(status, path.child('uncountedTerminatedPods')),
    ...validateEnd(job, old, path),
    ...validateFinished(job, old, path),
    ...validateIndexes(job, old, path),
    ...validateLeftovers(job, old, path),
    ...validateSuccessCriteria(job),
    ...validateTransition(job, old, path),
  ]
}

function validateUncounted({ uncountedTerminatedPods: pods }: JobStatus, path: FieldPath): FieldError[] {
  const seen = new Set<string>()
  return (['succeeded', 'failed'] as const).flatMap((name) =>
    (pods?.[name] ?? []).flatMap((uid, at) => {
      const here = path.child(name).index(at)
      if (uid === '') return [invalid(here, uid, 'must not be empty')]
      if (seen.has(uid)) return [duplicate(here, uid)]
      seen.add(uid)
      return []
    }),
  )
}

/** Compares one aspect of both. */
function changed(job: Job, old: Job, aspect: (job: Job) => unknown): boolean {
  return !semanticEqual(aspect(job), aspect(old))
}

const isComplete = (job: Job): boolean => isConditionTrue(job, 'Complete')
const isFailed = (job: Job): boolean => isConditionTrue(job, 'Failed')
const isFailureTarget = (job: Job): boolean => isConditionTrue(job, 'FailureTarget')
const isSuccess = (job: Job): boolean => isConditionTrue(job, 'SuccessCriteriaMet')
const startTime = ({ status }: Job): unknown => status?.startTime
const completionTime = ({ status }: Job): unknown => status?.completionTime
const failedIndexes = ({ status }: Job): unknown => status?.failedIndexes

/** The end of a job: its conditions, and its completion time. */
function validateEnd(job: Job, old: Job, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const { startTime: start, completionTime: end } = job.status ?? {}
  const endPath = path.child('completionTime')
  const completeChanged = changed(job, old, isComplete)
  const endChanged = changed(job, old, completionTime)
  const failedChanged = changed(job, old, isFailed)
  if ((completeChanged || failedChanged) && isComplete(job) && isFailed(job)) {
    errors.push(contradiction('cannot set Complete=True and Failed=true conditions'))
  }
  if ((completeChanged || changed(job, old, isFailureTarget)) && isComplete(job) && isFailureTarget(job)) {
    errors.push(contradiction('cannot set Complete=True and FailureTarget=true conditions'))
  }
  if (completeChanged || endChanged) {
    if (end !== undefined && !isComplete(job)) {
      errors.push(invalid(endPath, end, 'cannot set completionTime when there is no Complete=True condition'))
    }
    if (end === undefined && isComplete(job))
      errors.push(required(endPath, 'completionTime is required for Complete jobs'))
  }
  if (
    (changed(job, old, startTime) || endChanged) &&
    start !== undefined &&
    end !== undefined &&
    Date.parse(end) < Date.parse(start)
  ) {
    errors.push(invalid(endPath, end, 'must be equal to or after `startTime`'))
  }
  if ((failedChanged || changed(job, old, failedIndexes)) && isFailed(job) && !isFailureTarget(job)) {
    errors.push(contradiction('cannot set Failed=True condition without the FailureTarget=true condition'))
  }
  if ((completeChanged || changed(job, old, isSuccess)) && isComplete(job) && !isSuccess(job)) {
    errors.push(contradiction('cannot set Complete=True condition without the SuccessCriteriaMet=true condition'))
  }
  return errors
}

/** What a finished job cannot have any more. */
function validateFinished(job: Job, old: Job, path: FieldPath): FieldError[] {
  if (!isFinished(job)) return []
  const errors: FieldError[] = []
  const finishedChanged = changed(job, old, isFinished)
  const { active = 0, startTime: start, uncountedTerminatedPods: pods } = job.status ?? {}
  if ((finishedChanged || changed(job, old, ({ status }) => status?.active ?? 0)) && active > 0) {
    errors.push(invalid(path.child('active'), active, 'active>0 is invalid for finished job'))
  }
  const isNeverStarted = job.spec?.suspend === true && job.spec.completions === 0
  if ((finishedChanged || changed(job, old, startTime)) && !isNeverStarted && start === undefined) {
    errors.push(required(path.child('startTime'), 'startTime is required for finished job'))
  }
  const uncounted = [...(pods?.failed ?? []), ...(pods?.succeeded ?? [])]
  if ((finishedChanged || changed(job, old, ({ status }) => status?.uncountedTerminatedPods)) && uncounted.length > 0) {
    const printed = goValue({ Succeeded: pods?.succeeded ?? null, Failed: pods?.failed ?? null })
    errors.push(invalid(path.child('uncountedTerminatedPods'), printed, 'must be empty for finished job'))
  }
  return errors
}

function validateIndexes(job: Job, old: Job, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const { completions, backoffLimitPerIndex, completionMode } = job.spec ?? {}
  const { completedIndexes: completed = '', failedIndexes: failed } = job.status ?? {}
  const completedPath = path.child('completedIndexes')
  const failedPath = path.child('failedIndexes')
  const completedChanged = changed(job, old, ({ status }) => status?.completedIndexes ?? '')
  const failedChanged = changed(job, old, failedIndexes)
  if (completedChanged && completions !== undefined) {
    errors.push(...validateFormat('completedIndexes', completed, completions, completedPath))
  }
  if (failedChanged && completions !== undefined && backoffLimitPerIndex !== undefined && failed !== undefined) {
    errors.push(...validateFormat('failedIndexes', failed, completions, failedPath))
  }
  if (completedChanged && completed !== '' && completionMode !== 'Indexed') {
    errors.push(
      invalid(completedPath, completed, 'cannot set non-empty completedIndexes when non-indexed completion mode'),
    )
  }
  if (failedChanged && failed !== undefined && backoffLimitPerIndex === undefined) {
    errors.push(invalid(failedPath, failed, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'))
  }
  if ((failedChanged || completedChanged) && completions !== undefined && completed !== '' && failed) {
    const index = overlappingIndex(completed, failed, completions)
    const detail = `failedIndexes and completedIndexes overlap at index: ${index}`
    if (index !== undefined) errors.push(invalid(failedPath, failed, detail))
  }
  return errors
}

function validateFormat(name: string, text: string, completions: number, path: FieldPath): FieldError[] {
  try {
    countIndexes(text, completions)
    return []
  } catch (error) {
    return [invalid(path, text, `error parsing ${name}: ${(error as Error).message}`)]
  }
}

function validateLeftovers(job: Job, old: Job, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const { terminating, ready, active = 0 } = job.status ?? {}
  const terminatingChanged = changed(job, old, ({ status }) => status?.terminating)
  if ((changed(job, old, isFinished) || terminatingChanged) && (terminating ?? 0) > 0 && isFinished(job)) {
    errors.push(invalid(path.child('terminating'), terminating, 'terminating>0 is invalid for finished job'))
  }
  const readyChanged = changed(job, old, ({ status }) => status?.ready)
  const activeChanged = changed(job, old, ({ status }) => status?.active ?? 0)
  if ((readyChanged || activeChanged) && ready !== undefined && ready > active) {
    errors.push(invalid(path.child('ready'), ready, 'cannot set more ready pods than active'))
  }
  return errors
}

function validateSuccessCriteria(job: Job): FieldError[] {
  const errors: FieldError[] = []
  if (isSuccess(job) && isFailed(job)) {
    errors.push(contradiction('cannot set SuccessCriteriaMet=True and Failed=true conditions'))
  }
  if (isSuccess(job) && isFailureTarget(job)) {
    errors.push(contradiction('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'))
  }
  if (job.spec?.successPolicy !== undefined && !isSuccess(job) && isComplete(job)) {
    errors.push(contradiction('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'))
  }
  return errors
}

/** What may not be undone. */
function validateTransition(job: Job, old: Job, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const { status = {}, spec } = job
  const before = old.status ?? {}
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (isConditionTrue(old, type) && !isConditionTrue(job, type)) {
      errors.push(contradiction(`cannot disable the terminal ${type}=True condition`))
    }
  }
  if ((status.failed ?? 0) < (before.failed ?? 0)) {
    errors.push(invalid(path.child('failed'), status.failed ?? 0, 'cannot decrease the failed counter'))
  }
  // An indexed job with as many workers as completions can be scaled down.
  const isElastic = spec?.completionMode === 'Indexed' && spec.completions === spec.parallelism
  if (!isElastic && (status.succeeded ?? 0) < (before.succeeded ?? 0)) {
    errors.push(invalid(path.child('succeeded'), status.succeeded ?? 0, 'cannot decrease the succeeded counter'))
  }
  const { completionTime: end, startTime: start } = status
  if (end !== undefined && before.completionTime !== undefined && end !== before.completionTime) {
    errors.push(invalid(path.child('completionTime'), end, 'field is immutable'))
  }
  const isResuming = isConditionTrue(old, 'Suspended') && isConditionFalse(job, 'Suspended')
  if (!isResuming && before.startTime !== undefined && start !== before.startTime && spec?.suspend !== true) {
    errors.push(invalid(path.child('startTime'), start ?? null, 'field is immutable for unsuspended job once set'))
  }
  if (isSuccess(old) && !isSuccess(job))
    errors.push(contradiction('cannot disable the SuccessCriteriaMet=True condition'))
  if (isComplete(old) && !isSuccess(old) && isSuccess(job)) {
    errors.push(contradiction('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'))
  }
  return errors
}
