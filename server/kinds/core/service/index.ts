// Service of the core group. Addresses and node ports are given out by the registry's allocator.
// Source: pkg/registry/core/service; pkg/printers/internalversion, printService (v1.36)
import type { Service } from '../../../api/core.ts'
import { nameIsDNSLabel } from '../../../apimachinery/formats.ts'
import { defineKind } from '../../../registry/kind.ts'
import { formatLabels } from '../../workload-cells.ts'
import { defaults, prepareForCreate, prepareForUpdate } from './defaults.ts'
import { externalIP, ports } from './table.ts'
import { validate, validateStatusUpdate, validateUpdate } from './validation.ts'
import { statusWarnings, warnings } from './warnings.ts'

export const service = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  validateName: nameIsDNSLabel,
  defaults,
  strategy: {
    prepareForCreate,
    prepareForUpdate,
    validate,
    validateUpdate,
    validateUpdateOnly: true,
    warnings,
    allowCreateOnUpdate: true,
    returnsDeletedObject: true,
  },
  status: { validateUpdate: validateStatusUpdate, warnings: statusWarnings },
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  cells: {
    Type: ({ spec }) => spec?.type ?? '',
    'Cluster-IP': ({ spec }) => spec?.clusterIPs?.[0] ?? '<none>',
    'External-IP': externalIP,
    'Port(s)': ports,
    Selector: ({ spec }) => formatLabels(spec?.selector),
  },
})
