// CustomResourceDefinition of apiextensions.k8s.io/v1. The schemas themselves are judged where they are compiled.
// Source: apiextensions-apiserver/pkg/apis/apiextensions/v1, SetDefaults_CustomResourceDefinition; its validation,
// ValidateCustomResourceDefinition; pkg/registry/customresourcedefinition (v1.36)
import type {
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../../api/apiextensions.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isDNS1035Label, isDNS1123Subdomain, validateImmutableField } from '../../apimachinery/validation.ts'
import { cleanupFinalizer } from '../../api/apiextensions.ts'
import { approvalAnnotation, approvalOf } from '../../schema/approval.ts'
import { defineKind } from '../../registry/kind.ts'
import { validateWebhookService, validateWebhookURL } from '../rules/webhook-client.ts'
import { validateNames, validateNamesPresent } from './names.ts'
import { warningsOfFormats } from './formats.ts'
import { printVersions } from './internal-form.ts'
import { validateVersions } from './versions.ts'

export const customResourceDefinition = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  generation: true,
  defaults,
  strategy: {
    allowUnconditionalUpdate: false,
    prepareForCreate: addStoredVersion,
    prepareForUpdate: addStoredVersion,
    validate,
    validateUpdate,
    validateUpdateOnly: true,
    warnings: warningsOfFormats,
    blocksDeletion: ({ metadata }) => metadata?.deletionTimestamp === undefined,
    beginDeletion,
  },
  status: {
    validateUpdate: ({ status }) => validateNames(status?.acceptedNames ?? {}, field('status', 'acceptedNames')),
  },
})

/** With the definition all of its objects go: it waits for them. */
function beginDeletion(draft: CustomResourceDefinition): void {
  const meta = draft.metadata!
  meta.finalizers = [...new Set([...(meta.finalizers ?? []), cleanupFinalizer])]
  // The real server marks definitions by itself: neither a grace period nor a new generation.
  delete meta.deletionGracePeriodSeconds
  meta.generation = Math.max(1, (meta.generation ?? 1) - 1)
  const status = (draft.status ??= {})
  const others = (status.conditions ?? []).filter(({ type }) => type !== 'Terminating')
  const lastTransitionTime = meta.deletionTimestamp!
  const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon'
  const reason = 'InstanceDeletionPending'
  status.conditions = [...others, { type: 'Terminating', status: 'True', lastTransitionTime, reason, message }]
}

type Spec = Partial<CustomResourceDefinitionSpec>

function defaults(draft: CustomResourceDefinition): void {
  const names = ((draft.spec ??= {} as CustomResourceDefinitionSpec).names ??= {} as CustomResourceDefinitionNames)
  names.singular ||= (names.kind ?? '').toLowerCase()
  if (names.singular === '') delete names.singular
  if (!names.listKind && names.kind) names.listKind = `${names.kind}List`
  draft.spec.conversion ??= { strategy: 'None' }
  addStoredVersion(draft)
}

/** The storage version is one that objects may be stored in, from now on and until someone says otherwise. */
function addStoredVersion(draft: CustomResourceDefinition): void {
  const storage = (draft.spec.versions ?? []).find((version) => version.storage)
  if (storage === undefined) return
  const stored = ((draft.status ??= {}).storedVersions ??= [])
  if (!stored.includes(storage.name)) stored.push(storage.name)
}

function validate(object: CustomResourceDefinition): FieldError[] {
  const { names, group = '' } = (object.spec ?? {}) as Spec
  const name = object.metadata?.name ?? ''
  const errors: FieldError[] = []
  if (name !== '' && name !== `${names?.plural ?? ''}.${group}`) {
    errors.push(invalid(field('metadata', 'name'), name, 'must be spec.names.plural+"."+spec.group'))
  }
  return [...errors, ...validateSpec(object.spec ?? {}, field('spec')), ...validateRest(object, undefined)]
}

function validateUpdate(object: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const path = field('spec')
  const { spec } = object
  const isEstablished = old.status?.conditions?.find(({ type }) => type === 'Established')?.status === 'True'
  return [
    ...validateSpec(spec, path),
    ...(isEstablished
      ? [
          ...validateImmutableField(spec.scope, old.spec.scope, path.child('scope')),
          ...validateImmutableField(spec.names.kind, old.spec.names.kind, path.child('names', 'kind')),
        ]
      : []),
    ...validateImmutableField(spec.group, old.spec.group, path.child('group')),
    ...validateImmutableField(spec.names.plural, old.spec.names.plural, path.child('names', 'plural')),
    ...validateRest(object, old),
  ]
}

/** What follows the spec: stored versions, approval of protected groups, fields that must not be pruned. */
function validateRest(object: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  const errors = [
    ...validateNames(object.status?.acceptedNames ?? {}, field('status', 'acceptedNames')),
    ...validateStoredVersions(object),
    ...validateApproval(object, old),
  ]
  if (old?.spec?.preserveUnknownFields !== true && object.spec?.preserveUnknownFields === true) {
    const detail =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
    errors.push(invalid(field('spec', 'preserveUnknownFields'), true, detail))
  }
  return errors
}

function validateStoredVersions({ spec, status }: CustomResourceDefinition): FieldError[] {
  const path = field('status', 'storedVersions')
  const stored = status?.storedVersions ?? []
  const versions = (spec as Spec | undefined)?.versions ?? []
  if (stored.length === 0)
    return [invalid(path, status?.storedVersions ?? null, 'must have at least one stored version')]
  const errors = versions
    .filter(({ name, storage }) => storage && !stored.includes(name))
    .map(({ name }) => invalid(path, stored, `must have the storage version ${name}`))
  for (const [at, name] of stored.entries()) {
    if (versions.some((version) => version.name === name)) continue
    const detail =
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a ` +
      `storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`
    errors.push(invalid(path.index(at), name, detail))
  }
  return errors
}

function validateApproval(object: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  const { state, reason } = approvalOf(object)
  if (state === 'unprotected' || state === 'approved' || state === 'bypassed') return []
  if (old !== undefined && approvalOf(old).state === state) return []
  const path = field('metadata', 'annotations').key(approvalAnnotation)
  if (state === 'missing') return [required(path, reason)]
  return [invalid(path, object.metadata?.annotations?.[approvalAnnotation], reason)]
}

function validateSpec(spec: Spec, path: FieldPath): FieldError[] {
  const versions = spec.versions ?? []
  const errors = [
    ...validateGroup(spec.group ?? '', path.child('group')),
    ...validateScope(spec.scope ?? '', path.child('scope')),
  ]
  const versionsPath = path.child('versions')
  for (const [at, { schema }] of versions.entries()) {
    if (schema?.openAPIV3Schema === undefined) {
      errors.push(required(versionsPath.index(at).child('schema', 'openAPIV3Schema')))
    }
  }
  const namesPath = path.child('names')
  const { own, common } = validateVersions(versions, path)
  return [
    ...errors,
    ...own,
    ...validateVersionSet(spec.versions ?? null, path),
    ...validateNamesPresent(spec.names ?? {}, namesPath),
    ...validateNames(spec.names ?? {}, namesPath),
    ...common,
    ...validateConversion(spec.conversion, path.child('conversion')),
  ]
}

function validateGroup(group: string, path: FieldPath): FieldError[] {
  if (group === '') return [required(path)]
  const problems = isDNS1123Subdomain(group)
  if (problems.length > 0) return [invalid(path, group, problems.join(','))]
  return group.includes('.') ? [] : [invalid(path, group, 'should be a domain with at least one dot')]
}

function validateScope(scope: string, path: FieldPath): FieldError[] {
  if (scope === '') return [required(path)]
  return scope === 'Cluster' || scope === 'Namespaced' ? [] : [notSupported(path, scope, ['Cluster', 'Namespaced'])]
}

function validateVersionSet(sent: CustomResourceDefinitionVersion[] | null, spec: FieldPath): FieldError[] {
  const path = spec.child('versions')
  const versions = sent ?? []
  const printed = sent === null ? null : printVersions(versions)
  const errors: FieldError[] = []
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.push(invalid(path, printed, 'must contain unique version names'))
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(invalid(path, printed, 'must have exactly one version marked as storage version'))
  }
  // Upstream also holds the first version's name by itself.
  const name = versions[0]?.name ?? ''
  const problems = isDNS1035Label(name)
  if (name !== '' && problems.length > 0) errors.push(invalid(spec.child('version'), name, problems.join(',')))
  return errors
}

const reviewVersions = ['v1', 'v1beta1']

/** Paths are those of upstream's internal type, which has the webhook's members beside the strategy. */
function validateConversion(conversion: CustomResourceConversion | undefined, path: FieldPath): FieldError[] {
  if (conversion === undefined) return []
  const { strategy = '', webhook } = conversion as Partial<CustomResourceConversion>
  const clientPath = path.child('webhookClientConfig')
  const versionsPath = path.child('conversionReviewVersions')
  const errors: FieldError[] = []
  if (strategy === '') errors.push(required(path.child('strategy')))
  else if (strategy !== 'None' && strategy !== 'Webhook') {
    errors.push(notSupported(path.child('strategy'), strategy, ['None', 'Webhook']))
  }
  const versions = webhook?.conversionReviewVersions ?? []
  const client = webhook?.clientConfig
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook'
    if (client !== undefined) errors.push(forbidden(clientPath, detail))
    if (versions.length > 0) errors.push(forbidden(versionsPath, detail))
    return errors
  }
  if (client === undefined) errors.push(required(clientPath, 'required when strategy is set to Webhook'))
  else if ((client.url === undefined) === (client.service === undefined)) {
    errors.push(required(clientPath, 'exactly one of url or service is required'))
  } else if (client.url !== undefined) errors.push(...validateWebhookURL(client.url, clientPath.child('url')))
  else errors.push(...validateWebhookService(client.service!, clientPath.child('service')))
  return [...errors, ...validateReviewVersions(versions, versionsPath)]
}

function validateReviewVersions(versions: readonly string[], path: FieldPath): FieldError[] {
  if (versions.length === 0) return [required(path)]
  const errors = versions.flatMap((version, at) => {
    if (versions.indexOf(version) < at) return [invalid(path.index(at), version, 'duplicate version')]
    return isDNS1035Label(version).map((text) => invalid(path.index(at), version, text))
  })
  if (versions.some((version) => reviewVersions.includes(version))) return errors
  return [...errors, invalid(path, versions, `must include at least one of ${reviewVersions.join(', ')}`)]
}
