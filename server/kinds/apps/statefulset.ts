// StatefulSet of apps/v1.
// Source: pkg/apis/apps/v1, SetDefaults_StatefulSet; pkg/apis/apps/validation, ValidateStatefulSetSpec;
// pkg/registry/apps/statefulset; pkg/printers/internalversion, printStatefulSet (v1.36)
import type { StatefulSet, StatefulSetSpec, StatefulSetStatus, StatefulSetUpdateStrategy } from '../../api/apps.ts'
import type { PodTemplateSpec, Volume } from '../../api/core.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isDNS1123Label, nameIsDNSLabel, validateAnnotations, validateLabels } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { validateClaimSpec } from '../pod-template/claim-spec.ts'
import { defaultPodTemplate, dropDisabledPodFields, validatePodTemplate } from '../pod-template/index.ts'
import { claimSpecWarnings } from '../pod-template/warnings.ts'
import { goValue, type GoStruct } from '../rules/go-value.ts'
import {
  intOrPercentValue,
  isNotMoreThan100Percent,
  validateNonnegative,
  validateNonnegativeFields,
  validatePositiveIntOrPercent,
} from '../rules/numbers.ts'
import {
  compileSelector,
  printSelector,
  validateLongRunning,
  validateSelectorMatches,
  validateWorkloadSelector,
} from '../rules/selectors.ts'
import { containerImages, containerNames } from '../workload-cells.ts'
import { readScale, writeScale } from './scale.ts'
import { validateCollisionCount, validateReplicaCounts } from './status.ts'
import { workloadTemplateWarnings } from './warnings.ts'

export const statefulSet = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  generation: true,
  validateName: nameIsDNSLabel,
  defaults,
  strategy: {
    prepareForCreate: prepare,
    prepareForUpdate: prepare,
    validate: ({ spec }) => validateSpec(spec, field('spec'), {}),
    validateUpdate,
    validateUpdateOnly: true,
    warnings,
  },
  status: { validateUpdate: validateStatusUpdate },
  scale: { read: readScale, write: writeScale },
  cells: {
    Ready: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    Containers: ({ spec }) => containerNames(spec?.template),
    Images: ({ spec }) => containerImages(spec?.template),
  },
})

function defaults(draft: StatefulSet): void {
  const spec = (draft.spec ??= {} as StatefulSetSpec)
  spec.podManagementPolicy ||= 'OrderedReady'
  const strategy = (spec.updateStrategy ??= {})
  if (!strategy.type) {
    strategy.type = 'RollingUpdate'
    strategy.rollingUpdate ??= {}
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate !== undefined) strategy.rollingUpdate.partition ??= 0
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {})
  retention.whenDeleted ||= 'Retain'
  retention.whenScaled ||= 'Retain'
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1'
    claim.kind = 'PersistentVolumeClaim'
    claim.spec = { ...claim.spec, volumeMode: claim.spec?.volumeMode ?? 'Filesystem' }
    claim.status = { ...claim.status, phase: claim.status?.phase ?? 'Pending' }
  }
  defaultPodTemplate((spec.template ??= {}))
}

/** maxUnavailable belongs to a feature that is off by default: it is dropped, as such fields of pods are. */
function prepare(draft: StatefulSet): void {
  dropDisabledPodFields(draft.spec?.template?.spec)
  delete draft.spec?.updateStrategy?.rollingUpdate?.maxUnavailable
}

/** What an update does not judge again. */
interface Leniency {
  serviceName?: boolean
  template?: boolean
  volumeClaimTemplates?: boolean
}

function validateSpec(spec: StatefulSetSpec = {} as StatefulSetSpec, path: FieldPath, skip: Leniency): FieldError[] {
  const errors: FieldError[] = []
  const policy = spec.podManagementPolicy ?? ''
  if (policy === '') errors.push(required(path.child('podManagementPolicy')))
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    errors.push(invalid(path.child('podManagementPolicy'), policy, "must be 'OrderedReady' or 'Parallel'"))
  }
  errors.push(...validateUpdateStrategy(spec.updateStrategy ?? {}, path.child('updateStrategy')))
  const retention = spec.persistentVolumeClaimRetentionPolicy
  for (const name of ['whenDeleted', 'whenScaled'] as const) {
    const value = retention?.[name] ?? ''
    if (retention === undefined || value === 'Retain' || value === 'Delete') continue
    errors.push(notSupported(path.child('persistentVolumeClaimRetentionPolicy', name), value, ['Retain', 'Delete']))
  }
  if (skip.volumeClaimTemplates !== true) {
    const claimsPath = path.child('volumeClaimTemplates')
    const claims = spec.volumeClaimTemplates ?? []
    errors.push(
      ...claims.flatMap((claim, at) => validateClaimSpec(claim.spec ?? {}, claimsPath.index(at).child('spec'))),
    )
  }
  errors.push(
    ...validateNonnegativeFields(spec, ['replicas', 'minReadySeconds'], path),
    ...validateNonnegative(spec.ordinals?.start, path.child('ordinals.start')),
  )
  if (skip.serviceName !== true && spec.serviceName) {
    errors.push(
      ...isDNS1123Label(spec.serviceName).map((text) => invalid(path.child('serviceName'), spec.serviceName, text)),
    )
  }
  errors.push(...validateWorkloadSelector(spec.selector, 'statefulset', path.child('selector')))
  const selector = compileSelector(spec.selector)
  if (selector === undefined) errors.push(invalid(path.child('selector'), printSelector(spec.selector), ''))
  else {
    const templatePath = path.child('template')
    const { labels, annotations } = spec.template?.metadata ?? {}
    errors.push(
      ...(selector.empty ? [] : validateSelectorMatches(selector, spec.template, templatePath)),
      ...(skip.template === true ? [] : validatePodTemplate(effectiveTemplate(spec), templatePath)),
      ...validateLabels(labels, templatePath.child('labels')),
      ...validateAnnotations(annotations, templatePath.child('annotations')),
    )
  }
  return [...errors, ...validateLongRunning(spec.template, 'StatefulSet', path.child('template'))]
}

/** The template without what the controller overwrites, and with the volumes of the claim templates. */
function effectiveTemplate(spec: StatefulSetSpec): PodTemplateSpec {
  const template = spec.template ?? {}
  if (template.spec === undefined) return template
  const { subdomain: _subdomain, hostname: _hostname, ...podSpec } = template.spec
  const claims = (spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata?.name ?? '')
  if (claims.length === 0) return { ...template, spec: podSpec }
  const volumes: Volume[] = [...new Set(claims)].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))
  volumes.push(...(podSpec.volumes ?? []).filter((volume) => !claims.includes(volume.name)))
  return { ...template, spec: { ...podSpec, volumes } }
}

function validateUpdateStrategy({ type, rollingUpdate }: StatefulSetUpdateStrategy, path: FieldPath): FieldError[] {
  const rollingPath = path.child('rollingUpdate')
  if (!type) return [required(path)]
  if (type === 'OnDelete') {
    if (rollingUpdate === undefined) return []
    return [
      invalid(rollingPath, goValue(printRolling(rollingUpdate)), "only allowed for updateStrategy 'RollingUpdate'"),
    ]
  }
  if (type !== 'RollingUpdate') {
    const printed = { Type: type, RollingUpdate: rollingUpdate === undefined ? null : printRolling(rollingUpdate) }
    return [invalid(path, goValue(printed), "must be 'RollingUpdate' or 'OnDelete'")]
  }
  if (rollingUpdate === undefined) return []
  const errors = validateNonnegative(rollingUpdate.partition, rollingPath.child('partition'))
  const { maxUnavailable } = rollingUpdate
  if (maxUnavailable === undefined) return errors
  const unavailablePath = rollingPath.child('maxUnavailable')
  errors.push(...validatePositiveIntOrPercent(maxUnavailable, unavailablePath))
  if (intOrPercentValue(maxUnavailable) === 0) errors.push(invalid(unavailablePath, maxUnavailable, 'cannot be 0'))
  return [...errors, ...isNotMoreThan100Percent(maxUnavailable, unavailablePath)]
}

function printRolling({
  partition,
  maxUnavailable,
}: NonNullable<StatefulSetUpdateStrategy['rollingUpdate']>): GoStruct {
  return { Partition: partition ?? 0, MaxUnavailable: maxUnavailable ?? null }
}

/** Members of the spec that may change. */
const mutable = new Set([
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
])

function validateUpdate(object: StatefulSet, old: StatefulSet): FieldError[] {
  const skip: Leniency = { serviceName: true, volumeClaimTemplates: true }
  // A stored template that is invalid by now must not stop other changes.
  if (validateSpec(old.spec, field('spec'), skip).length > 0) skip.template = true
  const errors = validateSpec(object.spec, field('spec'), skip)
  if (!semanticEqual(immutablePart(object), immutablePart(old))) {
    const detail =
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
      "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
    errors.push(forbidden(field('spec'), detail))
  }
  return errors
}

function immutablePart({ spec }: StatefulSet): Record<string, unknown> {
  return Object.fromEntries(Object.entries(spec ?? {}).filter(([name]) => !mutable.has(name)))
}

function warnings(object: StatefulSet, old: StatefulSet | undefined): string[] {
  const found = workloadTemplateWarnings(object, old)
  for (const [at, claim] of (object.spec?.volumeClaimTemplates ?? []).entries()) {
    const path = field('spec', 'volumeClaimTemplates').index(at)
    // Upstream's paths differ between creations and updates.
    found.push(...claimSpecWarnings(claim.spec ?? {}, old === undefined ? path : path.child('Spec')))
  }
  if ((object.spec?.revisionHistoryLimit ?? 0) < 0) {
    found.push(
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    )
  }
  return found
}

function validateStatusUpdate(object: StatefulSet, old: StatefulSet): FieldError[] {
  const status = object.status ?? ({} as StatefulSetStatus)
  const path = field('status')
  const counts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas']
  return [
    ...validateNonnegativeFields(status, ['replicas', ...counts, 'observedGeneration', 'collisionCount'], path),
    ...validateReplicaCounts(status, counts, 'status.readyReplicas', path),
    ...validateCollisionCount(status.collisionCount, old.status?.collisionCount, path),
  ]
}
