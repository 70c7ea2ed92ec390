// CSIDriver of storage.k8s.io/v1.
// Source: pkg/apis/storage/v1, SetDefaults_CSIDriver; pkg/apis/storage/validation, ValidateCSIDriver;
// pkg/registry/storage/csidriver; pkg/printers/internalversion, printCSIDriver (v1.36)
import type { CSIDriver, CSIDriverSpec } from '../../api/storage.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, field, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { validateImmutableField } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'

export const csiDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  defaults,
  strategy: {
    returnsDeletedObject: true,
    allowUnconditionalUpdate: false,
    prepareForCreate: ({ spec }) => dropDisabled(spec),
    prepareForUpdate,
    validate,
    validateUpdate,
    warnings,
  },
  cells: {
    AttachRequired: ({ spec }) => spec.attachRequired ?? true,
    PodInfoOnMount: ({ spec }) => spec.podInfoOnMount ?? false,
    StorageCapacity: ({ spec }) => spec.storageCapacity ?? false,
    TokenRequests: ({ spec }) => spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>',
    RequiresRepublish: ({ spec }) => spec.requiresRepublish ?? false,
    Modes: ({ spec }) => (spec.volumeLifecycleModes ?? []).join(',') || '<none>',
  },
})

function defaults(draft: CSIDriver): void {
  const spec = (draft.spec ??= {})
  spec.attachRequired ??= true
  spec.podInfoOnMount ??= false
  spec.storageCapacity ??= false
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
  if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent']
  spec.requiresRepublish ??= false
  spec.seLinuxMount ??= false
}

/** Belongs to a feature that is off by default. */
function dropDisabled(spec: CSIDriverSpec): void {
  delete (spec as Record<string, unknown>)['preventPodSchedulingIfMissing']
}

function prepareForUpdate(draft: CSIDriver, old: CSIDriver): void {
  dropDisabled(draft.spec)
  if (!deepEqual(draft.spec, old.spec)) draft.metadata!.generation = (old.metadata?.generation ?? 0) + 1
}

const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType']
const lifecycleModes = ['Persistent', 'Ephemeral']

function validate({ spec }: CSIDriver): FieldError[] {
  const path = field('spec')
  const errors: FieldError[] = []
  if (spec.attachRequired === undefined) errors.push(required(path.child('attachedRequired')))
  if (spec.podInfoOnMount === undefined) errors.push(required(path.child('podInfoOnMount')))
  if (spec.storageCapacity === undefined) errors.push(required(path.child('storageCapacity')))
  if (spec.fsGroupPolicy !== undefined && !groupPolicies.includes(spec.fsGroupPolicy)) {
    errors.push(notSupported(path.child('fsGroupPolicy'), spec.fsGroupPolicy, groupPolicies))
  }
  errors.push(...validateTokenRequests(spec, path.child('tokenRequests')))
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!lifecycleModes.includes(mode))
      errors.push(notSupported(path.child('volumeLifecycleModes'), mode, lifecycleModes))
  }
  if (spec.seLinuxMount === undefined) errors.push(required(path.child('seLinuxMount')))
  const period = spec.nodeAllocatableUpdatePeriodSeconds
  if (period !== undefined && period < 10) {
    const detail = 'must be greater than or equal to 10 seconds'
    errors.push(invalid(path.child('nodeAllocatableUpdatePeriodSeconds'), period, detail))
  }
  const inSecrets = spec.serviceAccountTokenInSecrets
  if (inSecrets !== undefined && (spec.tokenRequests ?? []).length === 0) {
    const detail = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'
    errors.push(invalid(path.child('serviceAccountTokenInSecrets'), inSecrets, detail))
  }
  return errors
}

function validateTokenRequests({ tokenRequests = [] }: CSIDriverSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const audiences = new Set<string>()
  for (const [at, { audience, expirationSeconds }] of tokenRequests.entries()) {
    const here = path.index(at)
    if (audiences.has(audience)) {
      errors.push(duplicate(here.child('audience'), audience))
      continue
    }
    audiences.add(audience)
    const expirationPath = here.child('expirationSeconds')
    if (expirationSeconds === undefined) continue
    if (expirationSeconds < 600) {
      errors.push(invalid(expirationPath, expirationSeconds, 'may not specify a duration less than 10 minutes'))
    }
    if (expirationSeconds > 2 ** 32) {
      errors.push(invalid(expirationPath, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'))
    }
  }
  return errors
}

function validateUpdate({ spec }: CSIDriver, { spec: old }: CSIDriver): FieldError[] {
  const path = field('spec')
  return [
    ...validateImmutableField(spec.attachRequired, old.attachRequired, path.child('attachedRequired')),
    ...validateImmutableField(spec.volumeLifecycleModes, old.volumeLifecycleModes, path.child('volumeLifecycleModes')),
  ]
}

function warnings({ spec }: CSIDriver, old: CSIDriver | undefined): string[] {
  if ((spec.tokenRequests ?? []).length === 0 || spec.serviceAccountTokenInSecrets !== undefined) return []
  if (old !== undefined && deepEqual(spec.tokenRequests, old.spec.tokenRequests)) return []
  return [
    'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible ' +
      'logging of tokens in volume attributes',
  ]
}
