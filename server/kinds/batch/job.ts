// Job of batch/v1.
// Source: pkg/apis/batch/v1, SetDefaults_Job; pkg/apis/batch/validation, ValidateJob, ValidateJobUpdate;
// pkg/registry/batch/job; pkg/printers/internalversion, printJob (v1.36)
import type { Job, JobSpec } from '../../api/batch.ts'
import type { PodTemplateSpec } from '../../api/core.ts'
import { copy, semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath, Printed } from '../../apimachinery/field.ts'
import { field, invalid, required } from '../../apimachinery/field.ts'
import { formatLabelSelector } from '../../apimachinery/selectors.ts'
import { isDNS1123Label, validateImmutableField, validateLabelSelector } from '../../apimachinery/validation.ts'
import { typeByName } from '../../../openapi/index.ts'
import type { StructSchema } from '../../../openapi/schema.ts'
import { humanDuration } from '../../registry/age.ts'
import { defineKind } from '../../registry/kind.ts'
import { podNameWarnings } from '../apps/warnings.ts'
import { internalForm, internalValue } from '../internal-form/index.ts'
import { defaultPodTemplate, dropDisabledPodFields } from '../pod-template/index.ts'
import { goValue } from '../rules/go-value.ts'
import {
  compileSelector,
  printSelector,
  validateImmutableSelector,
  validateSelectorMatches,
} from '../rules/selectors.ts'
import { containerImages, containerNames } from '../workload-cells.ts'
import { isConditionTrue, validateStatusUpdate } from './job-status.ts'
import { printFailurePolicy, printSuccessPolicy, validateJobSpec } from './job-spec.ts'
import { jobSpecWarnings } from './warnings.ts'

export const job = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  generation: true,
  defaults,
  strategy: {
    defaultPropagation: 'orphan',
    deletionWarning:
      'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
    prepareForCreate,
    prepareForUpdate: (draft) => dropDisabledPodFields(draft.spec?.template?.spec),
    validate: (object) => validateJob(object, true),
    revalidate,
    validateUpdate,
    warnings: (object, old) => [
      ...(old === undefined ? podNameWarnings(object) : []),
      ...jobSpecWarnings(object.spec, old?.spec, field('spec')),
    ],
  },
  status: { validateUpdate: validateStatusUpdate },
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  cells: {
    Status: printStatus,
    Completions: printCompletions,
    Duration: printDuration,
    Containers: ({ spec }) => containerNames(spec?.template),
    Images: ({ spec }) => containerImages(spec?.template),
    Selector: ({ spec }) => formatLabelSelector(spec?.selector),
  },
})

const legacyUIDLabel = 'controller-uid'
const legacyNameLabel = 'job-name'
const uidLabel = 'batch.kubernetes.io/controller-uid'
const nameLabel = 'batch.kubernetes.io/job-name'

function defaults(draft: Job): void {
  const spec = (draft.spec ??= {} as JobSpec)
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed'
  spec.manualSelector ??= false
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
  }
  defaultPodTemplate((spec.template ??= {}))
  defaultLabels(draft)
}

/** A job without labels has those of its template. */
function defaultLabels(draft: Job): void {
  const labels = draft.spec?.template?.metadata?.labels
  if (labels === undefined || Object.keys(draft.metadata?.labels ?? {}).length > 0) return
  ;(draft.metadata ??= {}).labels = { ...labels }
}

/** Unless the user does it himself, pods get labels that say whose they are, and the selector asks for the uid. */
function prepareForCreate(draft: Job): void {
  const spec = draft.spec!
  dropDisabledPodFields(spec.template?.spec)
  if (spec.manualSelector === true) return
  const { name = '', uid = '' } = draft.metadata ?? {}
  const labels = ((spec.template.metadata ??= {}).labels ??= {})
  const hadLabels = semanticEqual(draft.metadata?.labels, labels)
  labels[legacyNameLabel] ??= name
  labels[nameLabel] ??= name
  labels[legacyUIDLabel] ??= uid
  labels[uidLabel] ??= uid
  const selector = (spec.selector ??= {})
  ;(selector.matchLabels ??= {})[uidLabel] ??= uid
  // Upstream's default shares one map between the template and the job: what is added to one is in both. A job that was
  // given its name is a copy, and shares nothing.
  if (hadLabels && !hasGeneratedName(draft)) draft.metadata!.labels = { ...labels }
}

const generatedSuffix = /^[a-z0-9]{5}$/

function hasGeneratedName({ metadata }: Job): boolean {
  const { name = '', generateName = '' } = metadata ?? {}
  return generateName !== '' && generateName.startsWith(name.slice(0, -5)) && generatedSuffix.test(name.slice(-5))
}

function validateJob(object: Job, requirePrefixedLabels: boolean): FieldError[] {
  const spec = object.spec ?? ({} as JobSpec)
  const errors = [
    ...validateGeneratedSelector(object, requirePrefixedLabels),
    ...validateSpecWithSelector(spec, field('spec')),
  ]
  const name = object.metadata?.name ?? ''
  if (spec.completionMode === 'Indexed' && (spec.completions ?? 0) > 0) {
    const hostname = `${name}-${spec.completions! - 1}`
    if (isDNS1123Label(hostname).length > 0) {
      const detail = `will not able to create pod with invalid DNS label: ${hostname}`
      errors.push(invalid(field('metadata', 'name'), name, detail))
    }
  }
  return errors
}

function validateGeneratedSelector(object: Job, requirePrefixedLabels: boolean): FieldError[] {
  const spec = object.spec ?? ({} as JobSpec)
  if (spec.manualSelector === true || spec.selector === undefined) return []
  const { name = '', uid = '' } = object.metadata ?? {}
  const errors: FieldError[] = uid === '' ? [required(field('metadata', 'uid'))] : []
  const expected: Record<string, string> = { [legacyUIDLabel]: uid, [legacyNameLabel]: name }
  if (requirePrefixedLabels) {
    expected[uidLabel] = uid
    expected[nameLabel] = name
  }
  for (const [key, value] of Object.entries(expected)) errors.push(...validateHasLabel(spec.template, key, value))
  if (compileSelector(spec.selector)?.matches(expected) === false) {
    errors.push(invalid(field('spec', 'selector'), printSelector(spec.selector), '`selector` not auto-generated'))
  }
  return errors
}

/** Source: pkg/apis/core/validation, ValidateHasLabel */
function validateHasLabel(template: PodTemplateSpec | undefined, key: string, value: string): FieldError[] {
  const labels = template?.metadata?.labels
  if (labels?.[key] === value) return []
  const path = field('spec', 'template', 'metadata', 'labels').key(key)
  return [
    labels?.[key] === undefined ? required(path, `must be '${value}'`) : invalid(path, labels, `must be '${value}'`),
  ]
}

function validateSpecWithSelector(spec: JobSpec, path: FieldPath): FieldError[] {
  const errors = validateJobSpec(spec, path)
  const selectorPath = path.child('selector')
  if (spec.selector === undefined) errors.push(required(selectorPath))
  else errors.push(...validateLabelSelector(spec.selector, selectorPath))
  const selector = compileSelector(spec.selector)
  return selector === undefined
    ? errors
    : [...errors, ...validateSelectorMatches(selector, spec.template, path.child('template'))]
}

/** The spec is judged twice, as upstream does: its errors are there twice. */
/** Labels of older jobs have no prefix. */
function revalidate(object: Job, old: Job): FieldError[] {
  const oldLabels = old.spec?.template?.metadata?.labels ?? {}
  return validateJob(object, Object.hasOwn(oldLabels, nameLabel) && Object.hasOwn(oldLabels, uidLabel))
}

function validateUpdate(object: Job, old: Job): FieldError[] {
  const path = field('spec')
  const spec = object.spec ?? ({} as JobSpec)
  const oldSpec = old.spec ?? ({} as JobSpec)
  return [
    ...validateSpecWithSelector(spec, path),
    ...validateCompletionsUpdate(spec, oldSpec, path.child('completions')),
    ...validateImmutableSelector(spec.selector, oldSpec.selector, path.child('selector')),
    ...validateTemplateUpdate(spec, old, path.child('template')),
    ...validateImmutableField(spec.completionMode, oldSpec.completionMode, path.child('completionMode')),
    ...validateImmutableStruct(spec, oldSpec, 'podFailurePolicy', printFailurePolicy(spec.podFailurePolicy)),
    ...validateImmutableField(
      spec.backoffLimitPerIndex,
      oldSpec.backoffLimitPerIndex,
      path.child('backoffLimitPerIndex'),
    ),
    ...validateImmutableField(spec.managedBy, oldSpec.managedBy, path.child('managedBy')),
    ...validateImmutableStruct(spec, oldSpec, 'successPolicy', printSuccessPolicy(spec.successPolicy)),
  ]
}

function validateImmutableStruct(
  spec: JobSpec,
  old: JobSpec,
  name: 'podFailurePolicy' | 'successPolicy',
  printed: unknown,
): FieldError[] {
  return semanticEqual(spec[name], old[name]) ? [] : [invalid(field('spec', name), printed, 'field is immutable')]
}

function validateCompletionsUpdate(spec: JobSpec, old: JobSpec, path: FieldPath): FieldError[] {
  if (spec.completionMode !== 'Indexed') return validateImmutableField(spec.completions, old.completions, path)
  if (spec.completions === old.completions || spec.completions === undefined) return []
  if (spec.completions === spec.parallelism) return []
  return [invalid(path, spec.completions, 'can only be modified in tandem with spec.parallelism')]
}

/** A suspended job that does not run may get other resources, and another place in the cluster. */
function validateTemplateUpdate(spec: JobSpec, old: Job, path: FieldPath): FieldError[] {
  const template = spec.template ?? {}
  const oldTemplate = copy(old.spec?.template ?? {}) as PodTemplateSpec
  const isSuspended = old.spec?.suspend === true
  const hasNotRun = old.status?.startTime === undefined || isConditionTrue(old, 'Suspended')
  const isMutable = isSuspended && hasNotRun && (old.status?.active ?? 0) === 0
  if (isMutable) {
    takeSchedulingDirectives(oldTemplate, template)
    takeResources(oldTemplate, template)
    if (isSameSpec(template.spec, oldTemplate.spec)) return []
    return [invalid(path.child('spec'), internalValue('PodSpec', template.spec ?? {}), 'field is immutable')]
  }
  const isSame = semanticEqual(template.metadata, oldTemplate.metadata) && isSameSpec(template.spec, oldTemplate.spec)
  return isSame ? [] : [invalid(path, printTemplate(template), 'field is immutable')]
}

/** As Go prints the internal type: metadata is inlined, with the names it has on the wire. */
function printTemplate({ metadata = {}, spec = {} as PodSpec }: PodTemplateSpec): Printed {
  const { labels, annotations, ...others } = metadata
  const sorted = (map: Record<string, string> | undefined): object | undefined =>
    map && Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))
  const members: Readonly<Record<string, unknown>> = {
    ...others,
    labels: sorted(labels),
    annotations: sorted(annotations),
  }
  const inlined = Object.fromEntries([...objectMeta().fields.keys()].map((name) => [name, members[name]]))
  return goValue({ ...inlined, Spec: internalForm('PodSpec', spec) })
}

/** Its members are in Go order. */
const objectMeta = (): StructSchema => typeByName('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta') as StructSchema

/** An empty struct is not as good as an absent one: Go has a pointer there. */
function isSameSpec(spec: PodSpec | undefined, old: PodSpec | undefined): boolean {
  return semanticEqual(internalForm('PodSpec', spec ?? {}), internalForm('PodSpec', old ?? {}))
}

type PodSpec = NonNullable<PodTemplateSpec['spec']>

function takeSchedulingDirectives(target: PodTemplateSpec, template: PodTemplateSpec): void {
  const podSpec = (target.spec ??= {} as PodSpec)
  const from = template.spec ?? ({} as PodSpec)
  for (const name of ['nodeSelector', 'tolerations', 'schedulingGates'] as const) take(podSpec, from, name)
  takeNodeAffinity(podSpec, from)
  const metadata = (target.metadata ??= {})
  for (const name of ['annotations', 'labels'] as const) take(metadata, template.metadata ?? {}, name)
}

/** A struct that held nothing else may go; one that was not there may come for it. */
function takeNodeAffinity(podSpec: PodSpec, { affinity }: PodSpec): void {
  if (affinity === undefined && podSpec.affinity === undefined) return
  const { nodeAffinity: _node, ...others } = podSpec.affinity ?? {}
  if (affinity === undefined && Object.keys(others).length === 0) delete podSpec.affinity
  else {
    const nodeAffinity = affinity?.nodeAffinity
    podSpec.affinity = nodeAffinity === undefined ? others : { ...others, nodeAffinity }
  }
}

function takeResources(target: PodTemplateSpec, template: PodTemplateSpec): void {
  for (const list of ['containers', 'initContainers'] as const) {
    const from = template.spec?.[list] ?? []
    const to = target.spec?.[list] ?? []
    if (from.length !== to.length) continue
    for (const [at, container] of to.entries())
      if (from[at]!.name === container.name) take(container, from[at]!, 'resources')
  }
}

function take<T extends object, K extends keyof T>(target: T, from: T, name: K): void {
  if (from[name] === undefined) delete target[name]
  else target[name] = from[name]
}

// --- table ----------------------------------------------------------------------------------------------------

function printStatus(object: Job): string {
  if (isConditionTrue(object, 'Complete')) return 'Complete'
  if (isConditionTrue(object, 'Failed')) return 'Failed'
  if (object.metadata?.deletionTimestamp !== undefined) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((type) => isConditionTrue(object, type)) ?? 'Running'
}

function printCompletions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec?.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function printDuration({ status }: Job, now: number): string {
  if (status?.startTime === undefined) return ''
  const end = status.completionTime === undefined ? now : Date.parse(status.completionTime)
  return humanDuration(end - Date.parse(status.startTime))
}
