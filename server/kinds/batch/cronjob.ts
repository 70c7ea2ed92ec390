// CronJob of batch/v1.
// Source: pkg/apis/batch/v1, SetDefaults_CronJob; pkg/apis/batch/validation, ValidateCronJobCreate;
// pkg/registry/batch/cronjob; pkg/printers/internalversion, printCronJob (v1.36)
import type { CronJob, CronJobSpec, JobSpec } from '../../api/batch.ts'
import { byteLength } from '../../apimachinery/validation.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { formatLabelSelector } from '../../apimachinery/selectors.ts'
import { translateTimestampSince } from '../../registry/age.ts'
import { defineKind } from '../../registry/kind.ts'
import { podNameWarnings } from '../apps/warnings.ts'
import { defaultPodTemplate, dropDisabledPodFields } from '../pod-template/index.ts'
import { validateNonnegativeFields } from '../rules/numbers.ts'
import { containerImages, containerNames } from '../workload-cells.ts'
import { validateJobSpec, validateNoSelector } from './job-spec.ts'
import { validateSchedule, validateTimeZone } from './schedule.ts'
import { jobSpecWarnings } from './warnings.ts'

export const cronJob = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  generation: true,
  defaults,
  strategy: {
    prepareForCreate: prepare,
    prepareForUpdate: prepare,
    validate: validateCreate,
    validateUpdate: (object, old) => validateSpec(object.spec, old.spec),
    validateUpdateOnly: true,
    warnings,
  },
  cells: {
    Schedule: ({ spec }) => spec?.schedule ?? '',
    Timezone: ({ spec }) => spec?.timeZone ?? '<none>',
    Suspend: ({ spec }) => printBoolean(spec?.suspend),
    Active: ({ status }) => (status?.active ?? []).length,
    'Last Schedule': ({ status }, now) =>
      status?.lastScheduleTime === undefined ? '<none>' : translateTimestampSince(status.lastScheduleTime, now),
    Containers: ({ spec }) => containerNames(spec?.jobTemplate?.spec?.template),
    Images: ({ spec }) => containerImages(spec?.jobTemplate?.spec?.template),
    Selector: ({ spec }) => formatLabelSelector(spec?.jobTemplate?.spec?.selector),
  },
})

function printBoolean(value: boolean | undefined): string {
  if (value === undefined) return '<unset>'
  return value ? 'True' : 'False'
}

function defaults(draft: CronJob): void {
  const spec = (draft.spec ??= {} as CronJobSpec)
  spec.concurrencyPolicy ||= 'Allow'
  spec.suspend ??= false
  spec.successfulJobsHistoryLimit ??= 3
  spec.failedJobsHistoryLimit ??= 1
  const jobSpec = ((spec.jobTemplate ??= {}).spec ??= {} as JobSpec)
  for (const rule of jobSpec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
  }
  defaultPodTemplate((jobSpec.template ??= {}))
}

function prepare(draft: CronJob): void {
  dropDisabledPodFields(draft.spec?.jobTemplate?.spec?.template?.spec)
}

/** Jobs are named after it, with eleven characters more. */
const nameMaxBytes = 52

function validateCreate({ metadata, spec }: CronJob): FieldError[] {
  const errors = validateSpec(spec, undefined)
  const name = metadata?.name ?? ''
  if (byteLength(name) > nameMaxBytes) {
    errors.push(invalid(field('metadata', 'name'), name, `must be no more than ${nameMaxBytes} characters`))
  }
  return errors
}

const concurrencyPolicies = ['Allow', 'Forbid', 'Replace']

function validateSpec(spec: CronJobSpec = {} as CronJobSpec, old: CronJobSpec | undefined): FieldError[] {
  const path = field('spec')
  const { schedule = '', timeZone, concurrencyPolicy = '', jobTemplate } = spec as Partial<CronJobSpec>
  const errors: FieldError[] = []
  if (schedule === '') errors.push(required(path.child('schedule')))
  else
    errors.push(...validateSchedule(schedule, timeZone, old?.schedule.includes('TZ') === true, path.child('schedule')))
  errors.push(...validateNonnegativeFields(spec, ['startingDeadlineSeconds'], path))
  if (old === undefined || old.timeZone !== timeZone) errors.push(...validateTimeZone(timeZone, path.child('timeZone')))
  const policyPath = path.child('concurrencyPolicy')
  if (concurrencyPolicy === '') errors.push(required(policyPath))
  else if (!concurrencyPolicies.includes(concurrencyPolicy)) {
    errors.push(notSupported(policyPath, concurrencyPolicy, concurrencyPolicies))
  }
  const jobSpec = jobTemplate?.spec ?? ({} as JobSpec)
  const jobPath = path.child('jobTemplate', 'spec')
  return [
    ...errors,
    ...validateJobSpec(jobSpec, jobPath),
    ...validateNoSelector(jobSpec, jobPath),
    ...validateNonnegativeFields(spec, ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'], path),
  ]
}

function warnings(object: CronJob, old: CronJob | undefined): string[] {
  const found = jobSpecWarnings(
    object.spec?.jobTemplate?.spec,
    old?.spec?.jobTemplate?.spec,
    field('spec', 'jobTemplate', 'spec'),
  )
  if (old === undefined) return [...podNameWarnings(object), ...found]
  if (object.spec?.schedule?.includes('TZ') !== true) return found
  return [
    ...found,
    'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see ' +
      'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
  ]
}
