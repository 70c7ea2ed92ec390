// ReplicaSet of apps/v1.
// Source: pkg/apis/apps/v1, SetDefaults_ReplicaSet; pkg/apis/apps/validation, ValidateReplicaSetSpec;
// pkg/registry/apps/replicaset; pkg/printers/internalversion, printReplicaSet (v1.36)
import type { ReplicaSet, ReplicaSetSpec, ReplicaSetStatus } from '../../api/apps.ts'
import type { PodTemplateSpec } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, invalid } from '../../apimachinery/field.ts'
import { formatLabelSelector } from '../../apimachinery/selectors.ts'
import type { LabelSelector } from '../../apimachinery/types.ts'
import { defineKind } from '../../registry/kind.ts'
import { defaultPodTemplate, dropDisabledPodFields, validatePodTemplate } from '../pod-template/index.ts'
import { validateNonnegativeFields } from '../rules/numbers.ts'
import {
  compileSelector,
  printSelector,
  validateImmutableSelector,
  validateLongRunning,
  validateSelectorMatches,
  validateWorkloadSelector,
} from '../rules/selectors.ts'
import { containerImages, containerNames } from '../workload-cells.ts'
import { readScale, writeScale } from './scale.ts'
import { validateReplicaCounts } from './status.ts'
import { podNameWarnings, workloadTemplateWarnings } from './warnings.ts'

export const replicaSet = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  generation: true,
  defaults,
  strategy: { prepareForCreate: prepare, prepareForUpdate: prepare, validate, validateUpdate, warnings },
  status: { validateUpdate: validateStatus },
  scale: { read: readScale, write: writeScale },
  cells: {
    Desired: ({ spec }) => spec?.replicas ?? 0,
    Current: ({ status }) => status?.replicas ?? 0,
    Ready: ({ status }) => status?.readyReplicas ?? 0,
    Containers: ({ spec }) => containerNames(spec?.template),
    Images: ({ spec }) => containerImages(spec?.template),
    Selector: ({ spec }) => formatLabelSelector(spec?.selector),
  },
})

function defaults(draft: ReplicaSet): void {
  const spec = (draft.spec ??= {} as ReplicaSetSpec)
  spec.replicas ??= 1
  defaultPodTemplate((spec.template ??= {}))
}

function prepare(draft: ReplicaSet): void {
  dropDisabledPodFields(draft.spec?.template?.spec)
}

function validate(object: ReplicaSet): FieldError[] {
  const spec = object.spec ?? ({} as ReplicaSetSpec)
  const path = field('spec')
  return [
    ...validateNonnegativeFields(spec, ['replicas', 'minReadySeconds'], path),
    ...validateWorkloadSelector(spec.selector, 'deployment', path.child('selector')),
    ...validateReplicatedTemplate(spec, path),
  ]
}

/** The pod template of a spec, as deployments and replica sets judge it: only if the selector can be read. */
export function validateReplicatedTemplate(
  spec: { readonly selector?: LabelSelector; readonly template?: PodTemplateSpec },
  path: FieldPath,
): FieldError[] {
  const selector = compileSelector(spec.selector)
  if (selector === undefined)
    return [invalid(path.child('selector'), printSelector(spec.selector), 'invalid label selector')]
  const templatePath = path.child('template')
  return [
    ...validateSelectorMatches(selector, spec.template, templatePath),
    ...validatePodTemplate(spec.template ?? {}, templatePath),
    ...validateLongRunning(spec.template, 'ReplicaSet', templatePath),
  ]
}

function validateUpdate(object: ReplicaSet, old: ReplicaSet): FieldError[] {
  return validateImmutableSelector(object.spec?.selector, old.spec?.selector, field('spec', 'selector'))
}

function warnings(object: ReplicaSet, old: ReplicaSet | undefined): string[] {
  return [...(old === undefined ? podNameWarnings(object) : []), ...workloadTemplateWarnings(object, old)]
}

function validateStatus(object: ReplicaSet): FieldError[] {
  const status = object.status ?? ({} as ReplicaSetStatus)
  const path = field('status')
  return [
    ...validateNonnegativeFields(
      status,
      [
        'replicas',
        'fullyLabeledReplicas',
        'readyReplicas',
        'availableReplicas',
        'observedGeneration',
        'terminatingReplicas',
      ],
      path,
    ),
    ...validateReplicaCounts(
      status,
      ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
      'readyReplicas',
      path,
    ),
  ]
}
