// Rules on the replica counts of workload statuses.
// Source: pkg/apis/apps/validation, ValidateDeploymentStatus, ValidateReplicaSetStatus, ValidateStatefulSetStatus (v1.36)
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid } from '../../apimachinery/field.ts'

/**
 * No count may exceed status.replicas, nor the available ones the ready ones.
 * @param names counts compared with status.replicas, in the order of their errors
 * @param readyName how the last error text names the ready replicas
 */
export function validateReplicaCounts(
  status: object,
  names: readonly string[],
  readyName: string,
  path: FieldPath,
): FieldError[] {
  const counts = status as Readonly<Record<string, number | undefined>>
  const replicas = counts['replicas'] ?? 0
  const available = counts['availableReplicas'] ?? 0
  const errors = names
    .filter((name) => (counts[name] ?? 0) > replicas)
    .map((name) => invalid(path.child(name), counts[name], 'cannot be greater than status.replicas'))
  if (available > (counts['readyReplicas'] ?? 0)) {
    errors.push(invalid(path.child('availableReplicas'), available, `cannot be greater than ${readyName}`))
  }
  return errors
}

/** Whether a collision count went down, or away. Source: pkg/apis/core/validation, IsDecremented */
export function validateCollisionCount(
  count: number | undefined,
  old: number | undefined,
  path: FieldPath,
): FieldError[] {
  const isDecremented = old !== undefined && (count === undefined || count < old)
  return isDecremented ? [invalid(path.child('collisionCount'), count ?? 0, 'cannot be decremented')] : []
}
