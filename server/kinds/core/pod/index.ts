// Pod of the core group.
// Source: pkg/registry/core/pod, podStrategy, podStatusStrategy (v1.36)
import type { Pod } from '../../../api/core.ts'
import { isDNS1123Label } from '../../../apimachinery/formats.ts'
import { defineKind } from '../../../registry/kind.ts'
import { dropDisabledPodFields, podWarnings } from '../../pod-template/index.ts'
import { appArmorWarnings, defaults, prepareForCreate } from './defaults.ts'
import { prepareStatusForUpdate, statusWarnings, validateStatusUpdate } from './status.ts'
import { ephemeralContainers, resize } from './subresources.ts'
import { cells, rowConditions } from './table.ts'
import { validate } from './validation.ts'
import { validateUpdate } from './update.ts'

export const pod = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  generation: true,
  defaults,
  strategy: {
    prepareForCreate,
    prepareForUpdate: (draft) => dropDisabledPodFields(draft.spec),
    validate,
    validateUpdate,
    validateUpdateOnly: true,
    warnings,
    gracePeriodSeconds,
    returnsDeletedObject: true,
  },
  status: { prepareForUpdate: prepareStatusForUpdate, validateUpdate: validateStatusUpdate, warnings: statusWarnings },
  subresources: { ephemeralcontainers: ephemeralContainers, resize },
  indexes: ['spec.nodeName'],
  selectableFields: {
    // The name old clients have for spec.nodeName.
    'spec.host': ({ spec }) => spec?.nodeName ?? '',
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec?.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec?.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec?.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec?.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIPs?.[0]?.ip ?? '',
    // May be asked for, but no pod has it.
    'status.podIPs': () => '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  cells,
  rowConditions,
})

function warnings(object: Pod, old: Pod | undefined): string[] {
  if (old !== undefined) return []
  const problems = isDNS1123Label(object.metadata?.name ?? '')
  const nameWarning =
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; " +
    `a DNS label is recommended: [${problems.join(' ')}]`
  return [...appArmorWarnings(object), ...(problems.length > 0 ? [nameWarning] : []), ...podWarnings(object)]
}

/** A pod that no kubelet has, or that has ended, goes at once. */
function gracePeriodSeconds({ spec, status }: Pod, requested: number | undefined): number {
  const seconds = requested ?? spec?.terminationGracePeriodSeconds ?? 0
  if (!spec?.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0
  return seconds < 0 ? 1 : seconds
}
