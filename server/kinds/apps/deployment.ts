// Deployment of apps/v1.
// Source: pkg/apis/apps/v1, SetDefaults_Deployment; pkg/apis/apps/validation, ValidateDeploymentSpec;
// pkg/registry/apps/deployment; pkg/printers/internalversion, printDeployment (v1.36)
import type { Deployment, DeploymentSpec, DeploymentStatus, DeploymentStrategy } from '../../api/apps.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, required } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'
import { defaultPodTemplate, dropDisabledPodFields } from '../pod-template/index.ts'
import {
  intOrPercentValue,
  isNotMoreThan100Percent,
  printIntOrString,
  validateNonnegative,
  validateNonnegativeFields,
  validatePositiveIntOrPercent,
} from '../rules/numbers.ts'
import { compileSelector, validateImmutableSelector, validateWorkloadSelector } from '../rules/selectors.ts'
import { containerImages, containerNames } from '../workload-cells.ts'
import { podNameWarnings, workloadTemplateWarnings } from './warnings.ts'
import { validateReplicatedTemplate } from './replicaset.ts'
import { readScale, writeScale } from './scale.ts'
import { validateCollisionCount, validateReplicaCounts } from './status.ts'
import { unsupportedStrategy } from './update-strategy.ts'

export const deployment = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  generation: true,
  defaults,
  strategy: { prepareForCreate, prepareForUpdate, validate, validateUpdate, warnings },
  status: { prepareForUpdate: prepareStatusForUpdate, validateUpdate: validateStatusUpdate },
  scale: { read: readScale, write: writeScale },
  cells: {
    Ready: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    'Up-to-date': ({ status }) => status?.updatedReplicas ?? 0,
    Available: ({ status }) => status?.availableReplicas ?? 0,
    Containers: ({ spec }) => containerNames(spec?.template),
    Images: ({ spec }) => containerImages(spec?.template),
    Selector: ({ spec }) => String(compileSelector(spec?.selector) ?? '<invalid>'),
  },
})

function defaults(draft: Deployment): void {
  const spec = (draft.spec ??= {} as DeploymentSpec)
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
  const strategy = (spec.strategy ??= {})
  strategy.type ||= 'RollingUpdate'
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {}
    strategy.rollingUpdate.maxUnavailable ??= '25%'
    strategy.rollingUpdate.maxSurge ??= '25%'
  }
  defaultPodTemplate((spec.template ??= {}))
}

function prepareForCreate(draft: Deployment): void {
  dropDisabledPodFields(draft.spec?.template?.spec)
}

/** Annotations count for the generation too: they are copied to the replica sets. */
function prepareForUpdate(draft: Deployment, old: Deployment): void {
  dropDisabledPodFields(draft.spec?.template?.spec)
  if (!deepEqual(draft.metadata?.annotations, old.metadata?.annotations)) {
    draft.metadata!.generation = (old.metadata?.generation ?? 0) + 1
  }
}

function validate(object: Deployment): FieldError[] {
  const spec = object.spec ?? ({} as DeploymentSpec)
  const path = field('spec')
  const errors = [
    ...validateNonnegative(spec.replicas, path.child('replicas')),
    ...validateWorkloadSelector(spec.selector, 'deployment', path.child('selector')),
    ...validateReplicatedTemplate(spec, path),
    ...validateStrategy(spec.strategy ?? {}, path.child('strategy')),
    ...validateNonnegativeFields(spec, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'], path),
  ]
  const { progressDeadlineSeconds, minReadySeconds = 0 } = spec
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
    errors.push(
      invalid(path.child('progressDeadlineSeconds'), progressDeadlineSeconds, 'must be greater than minReadySeconds'),
    )
  }
  return errors
}

function validateStrategy(strategy: DeploymentStrategy, path: FieldPath): FieldError[] {
  const { type, rollingUpdate } = strategy
  if (type === 'Recreate') {
    if (rollingUpdate === undefined) return []
    return [forbidden(path.child('rollingUpdate'), "may not be specified when strategy `type` is 'Recreate'")]
  }
  if (type !== 'RollingUpdate') {
    return [unsupportedStrategy({ type, rollingUpdate }, ['Recreate', 'RollingUpdate'], path)]
  }
  const rollingPath = path.child('rollingUpdate')
  if (rollingUpdate === undefined) return [required(rollingPath, 'this should be defaulted and never be nil')]
  const { maxUnavailable, maxSurge } = rollingUpdate
  const unavailablePath = rollingPath.child('maxUnavailable')
  const errors = [
    ...validatePositiveIntOrPercent(maxUnavailable, unavailablePath),
    ...validatePositiveIntOrPercent(maxSurge, rollingPath.child('maxSurge')),
  ]
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0) {
    errors.push(invalid(unavailablePath, printIntOrString(maxUnavailable), 'may not be 0 when `maxSurge` is 0'))
  }
  return [...errors, ...isNotMoreThan100Percent(maxUnavailable, unavailablePath)]
}

function validateUpdate(object: Deployment, old: Deployment): FieldError[] {
  return validateImmutableSelector(object.spec?.selector, old.spec?.selector, field('spec', 'selector'))
}

function warnings(object: Deployment, old: Deployment | undefined): string[] {
  return [...(old === undefined ? podNameWarnings(object) : []), ...workloadTemplateWarnings(object, old)]
}

function prepareStatusForUpdate(draft: Deployment, old: Deployment): void {
  const metadata = (draft.metadata ??= {})
  if (old.metadata?.labels === undefined) delete metadata.labels
  else metadata.labels = { ...old.metadata.labels }
}

function validateStatusUpdate(object: Deployment, old: Deployment): FieldError[] {
  const status = object.status ?? ({} as DeploymentStatus)
  const path = field('status')
  return [
    ...validateNonnegativeFields(
      status,
      [
        'observedGeneration',
        'replicas',
        'updatedReplicas',
        'readyReplicas',
        'availableReplicas',
        'unavailableReplicas',
        'terminatingReplicas',
        'collisionCount',
      ],
      path,
    ),
    ...validateReplicaCounts(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas'], 'readyReplicas', path),
    ...validateCollisionCount(status.collisionCount, old.status?.collisionCount, path),
  ]
}
