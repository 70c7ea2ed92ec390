// Sets reduced to what a write can change: strategies put back the rest, so that nobody comes to own it by sending it.
// Source: sigs.k8s.io/structured-merge-diff/v6 fieldpath, NewExcludeSetFilter
import { recursiveDifference, setOf, union, type FieldSet } from './field-set.ts'
import { fieldElement } from './path-element.ts'

export type FieldFilter = (set: FieldSet) => FieldSet

/** Without these fields (`metadata.labels`) and all below them. */
export function excluding(...paths: readonly string[]): FieldFilter {
  const excluded = paths.map((path) => setOf(path.split('.').map(fieldElement))).reduce(union)
  return (set) => recursiveDifference(set, excluded)
}
