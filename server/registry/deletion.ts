// Which finalizers a DELETE leaves on an object: propagation policies become finalizers that the garbage collector reads.
// Source: apiserver/pkg/registry/generic/registry, deletionFinalizersForGarbageCollection (v1.36)
import { invalid, notSupported, field, type FieldError } from '../apimachinery/field.ts'
import type { Frozen, ObjectMeta } from '../apimachinery/types.ts'

export type Propagation = 'Orphan' | 'Background' | 'Foreground'

const orphanFinalizer = 'orphan'
const foregroundFinalizer = 'foregroundDeletion'

/**
 * `metadata.finalizers` as the deletion leaves them. Without a policy, finalizers already there decide, then the kind.
 * @param byDefault `none`: the kind has no dependents that anybody waits for, whatever the policy
 */
export function finalizersAfterDelete(
  meta: Frozen<ObjectMeta>,
  propagation: Propagation | undefined,
  byDefault: 'orphan' | 'background' | 'none',
): string[] {
  const present = meta.finalizers ?? []
  const kept = present.filter((one) => one !== orphanFinalizer && one !== foregroundFinalizer)
  if (byDefault === 'none') return kept
  let orphan: boolean
  let foreground: boolean
  if (propagation !== undefined) {
    orphan = propagation === 'Orphan'
    foreground = propagation === 'Foreground'
  } else {
    orphan = present.includes(orphanFinalizer) || (byDefault === 'orphan' && !present.includes(foregroundFinalizer))
    foreground = present.includes(foregroundFinalizer)
  }
  if (orphan) return [...kept, orphanFinalizer]
  if (foreground) return [...kept, foregroundFinalizer]
  return kept
}

/** The DeleteOptions a client may send, as JSON. */
export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: string
  orphanDependents?: boolean
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: string[]
}

/** Source: apimachinery meta/v1/validation, ValidateDeleteOptions */
export function validateDeleteOptions(options: DeleteOptions): FieldError[] {
  const errors: FieldError[] = []
  const { propagationPolicy: policy, orphanDependents, dryRun } = options
  if (orphanDependents !== undefined && policy !== undefined) {
    errors.push(
      invalid(field('propagationPolicy'), policy, 'orphanDependents and deletionPropagation cannot be both set'),
    )
  }
  if (policy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(policy)) {
    errors.push(notSupported(field('propagationPolicy'), policy, ['Foreground', 'Background', 'Orphan', 'nil']))
  }
  errors.push(...validateDryRun(dryRun))
  return errors
}

export function validateDryRun(dryRun: readonly string[] | undefined): FieldError[] {
  const path = field('dryRun')
  return (dryRun ?? [])
    .filter((one) => one !== 'All')
    .slice(0, 1)
    .map(() => notSupported(path, dryRun, ['All']))
}

/** @param unorphaned what the legacy `orphanDependents: false` means: for namespaces that dependents go first */
export function propagationOf(
  options: DeleteOptions,
  unorphaned: 'Background' | 'Foreground' = 'Background',
): Propagation | undefined {
  if (options.orphanDependents !== undefined) return options.orphanDependents ? 'Orphan' : unorphaned
  return options.propagationPolicy as Propagation | undefined
}
