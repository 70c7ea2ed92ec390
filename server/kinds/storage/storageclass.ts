// StorageClass of storage.k8s.io/v1.
// Source: pkg/apis/storage/v1, SetDefaults_StorageClass; pkg/apis/storage/validation, ValidateStorageClass;
// pkg/registry/storage/storageclass; pkg/printers/internalversion, printStorageClass (v1.36)
import type { TopologySelectorTerm } from '../../api/core.ts'
import type { StorageClass } from '../../api/storage.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, field, notSupported, required } from '../../apimachinery/field.ts'
import { validateImmutableField, validateLabelName } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { nodeLabelDeprecation } from '../rules/node-labels.ts'
import { validateParameters, validateProvisioner } from './parameters.ts'

export const storageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  defaults: (draft) => {
    draft.reclaimPolicy ??= 'Delete'
    draft.volumeBindingMode ??= 'Immediate'
  },
  strategy: { returnsDeletedObject: true, validate, validateUpdate, warnings },
  cells: {
    Name: ({ metadata }) => {
      const isDefault = defaultAnnotations.some((name) => metadata?.annotations?.[name] === 'true')
      return `${metadata?.name ?? ''}${isDefault ? ' (default)' : ''}`
    },
    Provisioner: ({ provisioner }) => provisioner,
    ReclaimPolicy: ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete',
    VolumeBindingMode: ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
    AllowVolumeExpansion: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
  },
})

const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]
const reclaimPolicies = ['Delete', 'Retain']
const bindingModes = ['Immediate', 'WaitForFirstConsumer']

function validate(object: StorageClass): FieldError[] {
  const {
    provisioner = '',
    parameters,
    reclaimPolicy = '',
    volumeBindingMode,
    allowedTopologies = [],
  } = object as Partial<StorageClass>
  const errors = [
    ...validateProvisioner(provisioner, field('provisioner')),
    ...validateParameters(parameters, true, field('parameters')),
  ]
  if (reclaimPolicy !== '' && !reclaimPolicies.includes(reclaimPolicy)) {
    errors.push(notSupported(field('reclaimPolicy'), reclaimPolicy, reclaimPolicies))
  }
  if (volumeBindingMode === undefined) errors.push(required(field('volumeBindingMode')))
  else if (!bindingModes.includes(volumeBindingMode)) {
    errors.push(notSupported(field('volumeBindingMode'), volumeBindingMode, bindingModes))
  }
  return [...errors, ...validateTopologies(allowedTopologies, field('allowedTopologies'))]
}

function validateTopologies(terms: readonly TopologySelectorTerm[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  // Upstream compares with as many empty terms as there are terms, too: an empty term is always a duplicate.
  const seen: Record<string, string[]>[] = terms.map(() => ({}))
  for (const [at, term] of terms.entries()) {
    const expressionsPath = path.index(at).child('matchLabelExpressions')
    const byKey: Record<string, string[]> = {}
    for (const [index, { key, values: sent }] of (term.matchLabelExpressions ?? []).entries()) {
      const values = sent ?? []
      const here = expressionsPath.index(index)
      if (values.length === 0) errors.push(required(here.child('values')))
      for (const [position, value] of values.entries()) {
        if (values.indexOf(value) < position) errors.push(duplicate(here.child('values').index(position), value))
      }
      errors.push(...validateLabelName(key, here.child('key')))
      if (byKey[key] !== undefined) errors.push(duplicate(here.child('key'), key))
      byKey[key] = [...new Set(values)].sort()
    }
    for (const other of seen) if (deepEqual(byKey, other)) errors.push(duplicate(expressionsPath, ''))
    seen.push(byKey)
  }
  return errors
}

function validateUpdate(object: StorageClass, old: StorageClass): FieldError[] {
  return (['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const).flatMap((name) =>
    validateImmutableField(object[name], old[name], field(name)),
  )
}

function warnings({ allowedTopologies = [] }: StorageClass): string[] {
  return allowedTopologies.flatMap(({ matchLabelExpressions = [] }, at) =>
    matchLabelExpressions.flatMap(({ key }, index) => {
      const text = nodeLabelDeprecation(key)
      const path = field('allowedTopologies').index(at).child('matchLabelExpressions').index(index).child('key')
      return text === undefined ? [] : [`${path}: ${text}`]
    }),
  )
}
