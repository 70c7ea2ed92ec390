// ReplicationController of the core group.
// Source: pkg/registry/core/replicationcontroller; pkg/apis/core/validation, ValidateReplicationControllerSpec;
// pkg/apis/core/v1, SetDefaults_ReplicationController; pkg/printers/internalversion, printReplicationController (v1.36)
import type { ReplicationController } from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, required } from '../../apimachinery/field.ts'
import { isDNS1123Label, nameIsDNSSubdomain } from '../../apimachinery/formats.ts'
import { selectorFromSet } from '../../apimachinery/selectors.ts'
import { defineKind } from '../../registry/kind.ts'
import { validateReplicaCounts } from '../apps/status.ts'
import {
  defaultPodTemplate,
  dropDisabledPodFields,
  podTemplateWarnings,
  validatePodTemplate,
} from '../pod-template/index.ts'
import { validateNonnegativeFields } from '../rules/numbers.ts'
import { validateLongRunning, validateSelectorMatches } from '../rules/selectors.ts'
import { containerImages, containerNames, formatLabels } from '../workload-cells.ts'

type Controller = ReplicationController

export const replicationController = defineKind<Controller>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  generation: true,
  validateName,
  defaults,
  strategy: {
    prepareForCreate: prepare,
    prepareForUpdate: prepare,
    validate,
    warnings,
    defaultPropagation: 'orphan',
  },
  status: { validateUpdate: validateStatus },
  scale: {
    read: ({ spec, status }) => ({
      specReplicas: spec?.replicas ?? 0,
      statusReplicas: status?.replicas ?? 0,
      selector: String(selectorFromSet(spec?.selector ?? {})),
    }),
    write: (draft, replicas) => void (draft.spec = { ...draft.spec, replicas }),
  },
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  cells: {
    Desired: ({ spec }) => spec?.replicas ?? 0,
    Current: ({ status }) => status?.replicas ?? 0,
    Ready: ({ status }) => status?.readyReplicas ?? 0,
    Containers: ({ spec }) => containerNames(spec?.template),
    Images: ({ spec }) => containerImages(spec?.template),
    Selector: ({ spec }) => formatLabels(spec?.selector),
  },
})

/** As other names, but its length is told in bytes; prefixes are not looked at. Source: apimachinery/pkg/api/validate, LongName */
function validateName(name: string, prefix: boolean): string[] {
  if (prefix) return []
  return nameIsDNSSubdomain(name, false).map((text) =>
    text === 'must be no more than 253 characters' ? 'must be no more than 253 bytes' : text,
  )
}

/** Labels of the template are the selector, and the controller's own labels, where those are not told. */
function defaults(draft: Controller): void {
  const spec = (draft.spec ??= {})
  if (spec.template === undefined) return
  defaultPodTemplate(spec.template)
  const labels = spec.template.metadata?.labels
  if (labels === undefined) return
  if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels }
  const metadata = (draft.metadata ??= {})
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels }
}

function prepare(draft: Controller): void {
  dropDisabledPodFields(draft.spec?.template?.spec)
}

function validate({ spec = {} }: Controller): FieldError[] {
  const path = field('spec')
  const templatePath = path.child('template')
  const { selector = {}, template } = spec
  const isEmpty = Object.keys(selector).length === 0
  const errors = [
    ...validateNonnegativeFields(spec, ['minReadySeconds'], path),
    ...(isEmpty ? [required(path.child('selector'))] : []),
    ...(spec.replicas === undefined
      ? [required(path.child('replicas'))]
      : validateNonnegativeFields(spec, ['replicas'], path)),
  ]
  if (template === undefined) return [...errors, required(templatePath)]
  return [
    ...errors,
    ...(isEmpty ? [] : validateSelectorMatches(selectorFromSet(selector), template, templatePath)),
    ...validatePodTemplate(template, templatePath),
    ...validateLongRunning(template, 'ReplicationController', templatePath),
  ]
}

function warnings({ metadata, spec }: Controller, old: Controller | undefined): string[] {
  const templatePath = field('spec', 'template')
  if (old !== undefined) {
    // Upstream takes the two templates for each other: it warns about the one that was.
    return deepEqual(spec, old.spec) ? [] : podTemplateWarnings(old.spec?.template ?? {}, templatePath)
  }
  const problems = isDNS1123Label(metadata?.name ?? '')
  const nameWarning =
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; ' +
    `a DNS label is recommended: [${problems.join(' ')}]`
  return [...(problems.length > 0 ? [nameWarning] : []), ...podTemplateWarnings(spec?.template ?? {}, templatePath)]
}

const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration']

function validateStatus({ status }: Controller): FieldError[] {
  const path = field('status')
  const values = status ?? {}
  return [
    ...validateNonnegativeFields(values, counts, path),
    ...validateReplicaCounts(
      values,
      ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
      'readyReplicas',
      path,
    ),
  ]
}
