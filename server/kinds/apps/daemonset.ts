// DaemonSet of apps/v1.
// Source: pkg/apis/apps/v1, SetDefaults_DaemonSet; pkg/apis/apps/validation, ValidateDaemonSetSpec;
// pkg/registry/apps/daemonset; pkg/printers/internalversion, printDaemonSet (v1.36)
import type { DaemonSet, DaemonSetSpec, DaemonSetStatus, DaemonSetUpdateStrategy } from '../../api/apps.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, invalid, required } from '../../apimachinery/field.ts'
import { formatLabelSelector } from '../../apimachinery/selectors.ts'
import { validateLabelSelector } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import {
  defaultPodTemplate,
  dropDisabledPodFields,
  podTemplateWarnings,
  validatePodTemplate,
} from '../pod-template/index.ts'
import {
  intOrPercentValue,
  isNotMoreThan100Percent,
  validateNonnegative,
  validateNonnegativeFields,
  validatePositiveIntOrPercent,
} from '../rules/numbers.ts'
import {
  compileSelector,
  isEmptySelector,
  printSelector,
  validateImmutableSelector,
  validateLongRunning,
  validateSelectorMatches,
} from '../rules/selectors.ts'
import { containerImages, containerNames, formatLabels } from '../workload-cells.ts'
import { validateCollisionCount } from './status.ts'
import { unsupportedStrategy } from './update-strategy.ts'

const templateGenerationAnnotation = 'deprecated.daemonset.template.generation'

export const daemonSet = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  generation: true,
  defaults,
  strategy: { prepareForCreate, prepareForUpdate, validate, validateUpdate, validateUpdateOnly: true, warnings },
  status: { prepareForUpdate: prepareStatusForUpdate, validateUpdate: validateStatusUpdate },
  hiddenAnnotations: [templateGenerationAnnotation],
  cells: {
    Desired: ({ status }) => status?.desiredNumberScheduled ?? 0,
    Current: ({ status }) => status?.currentNumberScheduled ?? 0,
    Ready: ({ status }) => status?.numberReady ?? 0,
    'Up-to-date': ({ status }) => status?.updatedNumberScheduled ?? 0,
    Available: ({ status }) => status?.numberAvailable ?? 0,
    'Node Selector': ({ spec }) => formatLabels(spec?.template?.spec?.nodeSelector),
    Containers: ({ spec }) => containerNames(spec?.template),
    Images: ({ spec }) => containerImages(spec?.template),
    Selector: ({ spec }) => formatLabelSelector(spec?.selector),
  },
})

function defaults(draft: DaemonSet): void {
  const spec = (draft.spec ??= {} as DaemonSetSpec)
  const strategy = (spec.updateStrategy ??= {})
  strategy.type ||= 'RollingUpdate'
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {}
    strategy.rollingUpdate.maxUnavailable ??= 1
    strategy.rollingUpdate.maxSurge ??= 0
  }
  spec.revisionHistoryLimit ??= 10
  defaultPodTemplate((spec.template ??= {}))
  setTemplateGeneration(draft, templateGeneration(draft))
}

/** A field of older versions, which is kept in an annotation: each daemon set that is read has it. */
function templateGeneration({ metadata }: DaemonSet): number {
  return Number.parseInt(metadata?.annotations?.[templateGenerationAnnotation] ?? '0', 10)
}

function setTemplateGeneration(draft: DaemonSet, generation: number): void {
  ;((draft.metadata ??= {}).annotations ??= {})[templateGenerationAnnotation] = String(generation)
}

function prepareForCreate(draft: DaemonSet): void {
  setTemplateGeneration(draft, Math.max(1, templateGeneration(draft)))
  dropDisabledPodFields(draft.spec?.template?.spec)
}

function prepareForUpdate(draft: DaemonSet, old: DaemonSet): void {
  dropDisabledPodFields(draft.spec?.template?.spec)
  const isChanged = !deepEqual(draft.spec?.template, old.spec?.template)
  setTemplateGeneration(draft, templateGeneration(old) + (isChanged ? 1 : 0))
}

function prepareStatusForUpdate(draft: DaemonSet, old: DaemonSet): void {
  setTemplateGeneration(draft, templateGeneration(old))
}

function validate(object: DaemonSet): FieldError[] {
  const spec = object.spec ?? ({} as DaemonSetSpec)
  const path = field('spec')
  const selectorPath = path.child('selector')
  const templatePath = path.child('template')
  const errors = validateLabelSelector(spec.selector, selectorPath)
  const selector = compileSelector(spec.selector)
  if (selector !== undefined) errors.push(...validateSelectorMatches(selector, spec.template, templatePath))
  if (isEmptySelector(spec.selector)) {
    errors.push(invalid(selectorPath, printSelector(spec.selector), 'empty selector is invalid for daemonset'))
  }
  return [
    ...errors,
    ...validatePodTemplate(spec.template ?? {}, templatePath),
    ...validateLongRunning(spec.template, 'DaemonSet', templatePath),
    ...validateNonnegative(spec.minReadySeconds, path.child('minReadySeconds')),
    ...validateUpdateStrategy(spec.updateStrategy ?? {}, path.child('updateStrategy')),
    ...validateNonnegative(spec.revisionHistoryLimit, path.child('revisionHistoryLimit')),
  ]
}

function validateUpdateStrategy({ type, rollingUpdate }: DaemonSetUpdateStrategy, path: FieldPath): FieldError[] {
  if (type === 'OnDelete') return []
  if (type !== 'RollingUpdate') {
    return [unsupportedStrategy({ type, rollingUpdate }, ['RollingUpdate', 'OnDelete'], path)]
  }
  const rollingPath = path.child('rollingUpdate')
  if (rollingUpdate === undefined) return [required(rollingPath)]
  const { maxUnavailable, maxSurge } = rollingUpdate
  const unavailablePath = rollingPath.child('maxUnavailable')
  const surgePath = rollingPath.child('maxSurge')
  const errors = [
    ...validatePositiveIntOrPercent(maxUnavailable, unavailablePath),
    ...validatePositiveIntOrPercent(maxSurge, surgePath),
    ...isNotMoreThan100Percent(maxUnavailable, unavailablePath),
    ...isNotMoreThan100Percent(maxSurge, surgePath),
  ]
  const hasUnavailable = intOrPercentValue(maxUnavailable) !== 0
  const hasSurge = intOrPercentValue(maxSurge) !== 0
  if (hasUnavailable && hasSurge) {
    errors.push(invalid(surgePath, maxSurge, 'may not be set when maxUnavailable is non-zero'))
  } else if (!hasUnavailable && !hasSurge) {
    errors.push(required(unavailablePath, 'cannot be 0 when maxSurge is 0'))
  }
  return errors
}

function validateUpdate(object: DaemonSet, old: DaemonSet): FieldError[] {
  return [
    ...validateImmutableSelector(object.spec?.selector, old.spec?.selector, field('spec', 'selector')),
    ...validate(object),
  ]
}

function warnings(object: DaemonSet, old: DaemonSet | undefined): string[] {
  if (old !== undefined && deepEqual(object.spec?.template, old.spec?.template)) return []
  return podTemplateWarnings(object.spec?.template ?? {}, field('spec', 'template'))
}

function validateStatusUpdate(object: DaemonSet, old: DaemonSet): FieldError[] {
  const status = object.status ?? ({} as DaemonSetStatus)
  const path = field('status')
  return [
    ...validateNonnegativeFields(
      status,
      [
        'currentNumberScheduled',
        'numberMisscheduled',
        'desiredNumberScheduled',
        'numberReady',
        'observedGeneration',
        'updatedNumberScheduled',
        'numberAvailable',
        'numberUnavailable',
        'collisionCount',
      ],
      path,
    ),
    ...validateCollisionCount(status.collisionCount, old.status?.collisionCount, path),
  ]
}
