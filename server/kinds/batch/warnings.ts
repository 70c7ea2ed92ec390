// Warnings about job specs, in jobs and in the templates of cron jobs.
// Source: pkg/api/job, WarningsForJobSpec (v1.36)
import type { JobSpec } from '../../api/batch.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldPath } from '../../apimachinery/field.ts'
import { podTemplateWarnings } from '../pod-template/index.ts'

/** Nothing is said of a spec that did not change. */
export function jobSpecWarnings(spec: JobSpec | undefined, old: JobSpec | undefined, path: FieldPath): string[] {
  if (spec === undefined || (old !== undefined && deepEqual(spec, old))) return []
  const isHuge =
    spec.completionMode === 'Indexed' && (spec.completions ?? 0) > 100_000 && (spec.parallelism ?? 0) > 10_000
  const found = isHuge
    ? [
        `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, ` +
          'Kubernetes might not be able to track completedIndexes when a big number of indexes fail',
      ]
    : []
  return [...found, ...podTemplateWarnings(spec.template ?? {}, path.child('template'))]
}
