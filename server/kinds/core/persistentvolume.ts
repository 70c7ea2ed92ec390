// PersistentVolume of the core group.
// Source: pkg/registry/core/persistentvolume; pkg/apis/core/validation, ValidatePersistentVolumeSpec,
// ValidatePersistentVolumeUpdate; pkg/printers/internalversion, printPersistentVolume (v1.36)
import type { NodeSelectorRequirement, PersistentVolume, PersistentVolumeSpec } from '../../api/core.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { FieldPath as Path, field, forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { validateImmutableField } from '../../apimachinery/validation.ts'
import { defineKind, type StrategyContext } from '../../registry/kind.ts'
import { internalDiff, internalForm, internalValue } from '../internal-form/index.ts'
import { validateDNS1123Subdomain } from '../metadata/field-formats.ts'
import { validateAccessModes, validatePositiveQuantity, validateVolumeMode } from '../pod-template/claim-spec.ts'
import { validateNodeSelector } from '../pod-template/node-selector.ts'
import { defaultResourceList } from '../pod-template/resource-lists.ts'
import { nodeSelectorTermWarnings } from '../pod-template/warnings.ts'
import { printAccessModes, storageClassAnnotation, storageClassOf } from './access-modes.ts'
import { validateBasicResource } from './persistentvolumeclaim.ts'
import { supportsMountOptions, validateVolumeSource, volumeSourceNames } from './persistentvolume-sources.ts'

export const persistentVolume = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  defaults: ({ spec }) => defaultResourceList(spec?.capacity),
  strategy: { prepareForCreate, validate, validateUpdate, warnings, returnsDeletedObject: true },
  status: { prepareForUpdate: prepareStatusForUpdate },
  cells: {
    Capacity: ({ spec }) => spec?.capacity?.['storage'] ?? '0',
    'Access Modes': ({ spec }) => printAccessModes(spec?.accessModes),
    'Reclaim Policy': ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? '',
    Status: ({ metadata, status }) =>
      metadata?.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
    Claim: ({ spec }) =>
      spec?.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`,
    StorageClass: ({ metadata, spec }) => storageClassOf(metadata, spec?.storageClassName),
    VolumeAttributesClass: ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    Reason: ({ status }) => status?.reason ?? '',
    VolumeMode: ({ spec }) => spec?.volumeMode ?? '<unset>',
  },
})

function prepareForCreate(draft: PersistentVolume, { now }: StrategyContext): void {
  draft.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(now) }
}

/** The time of the last change of phase is the server's, unless the client tells one. */
function prepareStatusForUpdate(draft: PersistentVolume, old: PersistentVolume, { now }: StrategyContext): void {
  const status = (draft.status ??= {})
  const { phase: oldPhase, lastPhaseTransitionTime: oldTime } = old.status ?? {}
  if (status.phase === oldPhase) {
    if (status.lastPhaseTransitionTime === undefined && oldTime !== undefined) status.lastPhaseTransitionTime = oldTime
  } else if (status.lastPhaseTransitionTime === undefined || status.lastPhaseTransitionTime === oldTime) {
    status.lastPhaseTransitionTime = formatTime(now)
  }
}

const reclaimPolicies = ['Delete', 'Recycle', 'Retain']
const mountOptionsAnnotation = 'volume.beta.kubernetes.io/mount-options'

function validate({ metadata, spec = {} }: PersistentVolume): FieldError[] {
  const errors = validateVolumeSpec(spec, metadata?.name ?? '', field('spec'))
  if (metadata?.annotations?.[mountOptionsAnnotation] !== undefined && !supportsMountOptions(spec)) {
    const path = field('metadata', 'annotations', mountOptionsAnnotation)
    errors.push(forbidden(path, 'may not specify mount options for this volume type'))
  }
  return errors
}

function validateVolumeSpec(spec: PersistentVolumeSpec, name: string, path: FieldPath): FieldError[] {
  const { accessModes = [], persistentVolumeReclaimPolicy: policy = '', storageClassName = '' } = spec
  const modesPath = path.child('accessModes')
  const policyPath = path.child('persistentVolumeReclaimPolicy')
  const errors = accessModes.length === 0 ? [required(modesPath)] : []
  errors.push(
    ...validateAccessModes(accessModes, modesPath),
    ...validateCapacity(spec.capacity ?? {}, path.child('capacity')),
  )
  if (policy !== '' && !reclaimPolicies.includes(policy)) errors.push(notSupported(policyPath, policy, reclaimPolicies))
  errors.push(...validateNodeAffinity(spec, path.child('nodeAffinity')), ...validateVolumeSource(spec, name, path))
  if (policy === 'Recycle' && /^\/+(\.?\/+)*\.?$/.test(spec.hostPath?.path ?? '')) {
    errors.push(forbidden(policyPath, "may not be 'recycle' for a hostPath mount of '/'"))
  }
  if (storageClassName !== '')
    errors.push(...validateDNS1123Subdomain(storageClassName, path.child('storageClassName')))
  errors.push(...validateVolumeMode(spec.volumeMode, path.child('volumeMode')))
  return [...errors, ...validateAttributesClass(spec, path)]
}

function validateCapacity(capacity: Readonly<Record<string, string>>, path: FieldPath): FieldError[] {
  const names = Object.keys(capacity)
  const errors = names.length === 0 ? [required(path)] : []
  if (capacity['storage'] === undefined || names.length > 1) {
    errors.push(notSupported(path, names.length === 0 ? null : capacity, ['storage']))
  }
  for (const [name, quantity] of Object.entries(capacity)) {
    errors.push(
      ...validateBasicResource(quantity, path.key(name)),
      ...validatePositiveQuantity(quantity, path.key(name)),
    )
  }
  return errors
}

function validateNodeAffinity({ nodeAffinity }: PersistentVolumeSpec, path: FieldPath): FieldError[] {
  if (nodeAffinity === undefined) return []
  const here = path.child('required')
  if (nodeAffinity.required === undefined) return [required(here, 'must specify required node constraints')]
  return validateNodeSelector(nodeAffinity.required, here)
}

function validateAttributesClass(
  { volumeAttributesClassName: name, csi }: PersistentVolumeSpec,
  path: FieldPath,
): FieldError[] {
  if (name === undefined) return []
  const here = path.child('volumeAttributesClassName')
  return [
    ...(name === '' ? [required(here, 'an empty string is disallowed')] : validateDNS1123Subdomain(name, here)),
    ...(csi === undefined
      ? [required(path.child('csi'), 'has to be specified when using volumeAttributesClassName')]
      : []),
  ]
}

function validateUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const spec = volume.spec ?? {}
  const oldSpec = old.spec ?? {}
  // Upstream validates the new volume twice: its problems are told twice.
  const errors = validate(volume)
  const source = sourceOf(spec)
  const oldSource = sourceOf(oldSpec)
  const struct = 'PersistentVolumeSource'
  // A secret for expanding may be added.
  if (
    oldSource.csi !== undefined &&
    oldSource.csi.controllerExpandSecretRef === undefined &&
    source.csi !== undefined
  ) {
    const { controllerExpandSecretRef: _added, ...csi } = source.csi
    source.csi = csi
  }
  if (!semanticEqual(internalForm(struct, source), internalForm(struct, oldSource))) {
    const text = 'spec.persistentvolumesource is immutable after creation'
    errors.push(
      forbidden(field('spec', 'persistentvolumesource'), `${text}\n${internalDiff(struct, oldSource, source)}`),
    )
  }
  errors.push(...validateImmutableField(spec.volumeMode, oldSpec.volumeMode, field('volumeMode')))
  if (oldSpec.nodeAffinity !== undefined && !isSameNodeAffinity(spec, oldSpec)) {
    const printed = spec.nodeAffinity === undefined ? null : internalValue('VolumeNodeAffinity', spec.nodeAffinity)
    errors.push(
      invalid(field('nodeAffinity'), printed, 'field is immutable, except for updating from beta label to GA'),
    )
  }
  if (oldSpec.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbidden(field('spec', 'volumeAttributesClassName'), 'update from non-nil value to nil is forbidden'))
  }
  return errors
}

function sourceOf(spec: PersistentVolumeSpec): PersistentVolumeSpec {
  return Object.fromEntries(Object.entries(spec).filter(([name]) => volumeSourceNames.has(name)))
}

const newNames: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

/** A label may get its newer name. */
function isSameNodeAffinity(
  { nodeAffinity }: PersistentVolumeSpec,
  { nodeAffinity: old }: PersistentVolumeSpec,
): boolean {
  const terms = nodeAffinity?.required?.nodeSelectorTerms ?? []
  const oldTerms = old?.required?.nodeSelectorTerms ?? []
  if (terms.length !== oldTerms.length) return false
  return terms.every((term, at) => {
    const oldTerm = oldTerms[at]!
    return (
      isSameButForNames(term.matchExpressions ?? [], oldTerm.matchExpressions ?? []) &&
      isSameButForNames(term.matchFields ?? [], oldTerm.matchFields ?? [])
    )
  })
}

/** A key without a newer name may become none at all: upstream looks for the name of both. */
function isSameButForNames(now: readonly NodeSelectorRequirement[], old: readonly NodeSelectorRequirement[]): boolean {
  const renamed = old.map((one, at) => {
    const key = newNames[one.key ?? ''] ?? ''
    return (now[at]?.key ?? '') === key ? { ...one, key } : one
  })
  return semanticEqual(
    now.map((one) => ({ ...one, key: one.key ?? '' })),
    renamed,
  )
}

const deprecatedSources: readonly (readonly [source: keyof PersistentVolumeSpec, name: string, text: string])[] = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]

const recycleText =
  'The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.'
const classText = 'deprecated since v1.8; use "storageClassName" attribute instead'
const mountOptionsText = 'deprecated since v1.31; use "mountOptions" attribute instead'

function warnings({ metadata, spec = {} }: PersistentVolume): string[] {
  const path = new Path('spec')
  const annotations = field('metadata', 'annotations')
  const has = (key: string): boolean => metadata?.annotations?.[key] !== undefined
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? []
  const termsPath = path.child('nodeAffinity', 'required', 'nodeSelectorTerms')
  return [
    ...(has(storageClassAnnotation) ? [`${annotations.key(storageClassAnnotation)}: ${classText}`] : []),
    ...(has(mountOptionsAnnotation) ? [`${annotations.key(mountOptionsAnnotation)}: ${mountOptionsText}`] : []),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [`${path.child('persistentVolumeReclaimPolicy')}: ${recycleText}`]
      : []),
    ...terms.flatMap((term, at) => nodeSelectorTermWarnings(term, termsPath.index(at), false)),
    ...deprecatedSources
      .filter(([source]) => spec[source] !== undefined)
      .map(([, name, text]) => `${path.child(name)}: ${text}`),
  ]
}
