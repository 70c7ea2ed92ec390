// Namespace of the core group.
// Source: pkg/registry/core/namespace; pkg/apis/core/v1, SetDefaults_Namespace (v1.36)
import type { Namespace } from '../../api/core.ts'
import { copy } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, invalid } from '../../apimachinery/field.ts'
import { nameIsDNSLabel } from '../../apimachinery/formats.ts'
import { validateFinalizers, validateKubeFinalizers } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'

const kubernetesFinalizer = 'kubernetes'
const nameLabel = 'kubernetes.io/metadata.name'

export const namespace = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  validateName: nameIsDNSLabel,
  defaults: setNameLabel,
  strategy: {
    prepareForCreate,
    prepareForUpdate,
    validate,
    beginDeletion,
    blocksDeletion: ({ spec }) => (spec?.finalizers ?? []).length > 0,
    returnsDeletedObject: true,
    staysUntilFinalized: true,
  },
  status: { validateUpdate: validateStatusUpdate },
  subresources: { finalize: { prepareForUpdate: keepStatus, validateUpdate: validateFinalize } },
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  cells: { Status: ({ status }) => status?.phase ?? '' },
})

/** Selectors of namespaces can name one. A generated name is not there yet when defaults are set. */
function setNameLabel({ metadata }: Namespace): void {
  if (metadata?.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name }
}

function prepareForCreate(draft: Namespace): void {
  draft.status = { phase: 'Active' }
  const spec = (draft.spec ??= {})
  if (!spec.finalizers?.includes(kubernetesFinalizer))
    spec.finalizers = [...(spec.finalizers ?? []), kubernetesFinalizer]
  setNameLabel(draft)
}

/** Finalizers change through the subresource `finalize` only. */
function prepareForUpdate(draft: Namespace, old: Namespace): void {
  const spec = (draft.spec ??= {})
  if (old.spec?.finalizers === undefined) delete spec.finalizers
  else spec.finalizers = [...old.spec.finalizers]
  setNameLabel(draft)
}

const finalizersPath = field('spec', 'finalizers')

function validate({ spec }: Namespace): FieldError[] {
  return (spec?.finalizers ?? []).flatMap((name) => validateFinalizer(name, finalizersPath))
}

function validateFinalizer(name: string, path: FieldPath): FieldError[] {
  return [
    ...validateFinalizers([name], path),
    ...validateKubeFinalizers([name], path).map((error) => ({ ...error, field: String(path) })),
  ]
}

/** Finalizing writes no status. */
function keepStatus(draft: Namespace, old: Namespace): void {
  if (old.status === undefined) delete draft.status
  else draft.status = copy(old.status)
}

function validateFinalize({ spec }: Namespace): FieldError[] {
  return (spec?.finalizers ?? []).flatMap((name, at) => validateFinalizer(name, finalizersPath.index(at)))
}

/** A namespace has no grace period, not even one of 0. */
function beginDeletion(draft: Namespace): void {
  delete draft.metadata!.deletionGracePeriodSeconds
  draft.status = { ...draft.status, phase: 'Terminating' }
}

function validateStatusUpdate({ metadata, status }: Namespace): FieldError[] {
  const phase = status?.phase ?? ''
  const path = field('status', 'Phase')
  if (metadata?.deletionTimestamp === undefined) {
    return phase === 'Active' ? [] : [invalid(path, phase, "may only be 'Active' if `deletionTimestamp` is empty")]
  }
  return phase === 'Terminating'
    ? []
    : [invalid(path, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")]
}
