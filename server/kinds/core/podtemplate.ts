// PodTemplate of the core group.
// Source: pkg/registry/core/podtemplate; pkg/printers/internalversion, printPodTemplate (v1.36)
import type { PodTemplate } from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { field } from '../../apimachinery/field.ts'
import { defineKind } from '../../registry/kind.ts'
import {
  defaultPodTemplate,
  dropDisabledPodFields,
  podTemplateWarnings,
  validatePodTemplate,
} from '../pod-template/index.ts'
import { containerImages, containerNames, formatLabels } from '../workload-cells.ts'

export const podTemplate = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  generation: true,
  defaults: (draft) => defaultPodTemplate((draft.template ??= {})),
  strategy: {
    prepareForCreate: prepare,
    prepareForUpdate: prepare,
    validate: ({ template = {} }) => validatePodTemplate(template, field('template')),
    warnings,
    returnsDeletedObject: true,
  },
  cells: {
    Containers: ({ template }) => containerNames(template),
    Images: ({ template }) => containerImages(template),
    'Pod Labels': ({ template }) => formatLabels(template?.metadata?.labels),
  },
})

function prepare(draft: PodTemplate): void {
  dropDisabledPodFields(draft.template?.spec)
}

function warnings({ template = {} }: PodTemplate, old: PodTemplate | undefined): string[] {
  return deepEqual(template, old?.template) ? [] : podTemplateWarnings(template, field('template'))
}
