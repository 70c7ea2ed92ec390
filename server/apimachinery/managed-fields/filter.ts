// Sets reduced to what a write can change: strategies put back the rest, so that nobody comes to own it by sending it.
// Source: sigs.k8s.io/structured-merge-diff/v6 fieldpath, NewExcludeSetFilter, NewIncludeMatcherFilter
import { asMember, isEmpty, isMember, recursiveDifference, setOf, union, type FieldSet, type MutableFieldSet } from './field-set.ts'
import { fieldElement, type PathElement } from './path-element.ts'

export type FieldFilter = (set: FieldSet) => FieldSet

/** Without these fields (`metadata.labels`) and all below them. */
export function excluding(...paths: readonly string[]): FieldFilter {
  const excluded = paths.map((path) => setOf(path.split('.').map(fieldElement))).reduce(union)
  return (set) => recursiveDifference(set, excluded)
}

interface Pattern {
  /** Steps that may follow; `*` stands for any. */
  readonly next: ReadonlyMap<PathElement, Pattern>
}

/** Only these fields, all below them, and those above them; `*` stands for any step. */
export function onlyBelow(...paths: readonly string[]): FieldFilter {
  const pattern = patternOf(paths.map((path) => path.split('.')))
  return (set) => matching(set, pattern)
}

function patternOf(paths: readonly (readonly string[])[]): Pattern {
  const next = new Map<PathElement, Pattern>()
  for (const step of new Set(paths.flatMap(([first]) => (first === undefined ? [] : [first])))) {
    const below = paths.filter(([first]) => first === step).map(([, ...rest]) => rest)
    next.set(step === '*' ? '*' : fieldElement(step), patternOf(below))
  }
  return { next }
}

function matching(set: FieldSet, { next }: Pattern): FieldSet {
  if (next.size === 0) return set
  const kept: MutableFieldSet = {}
  for (const element in set) {
    if (element === '.') continue
    const pattern = next.get('*') ?? next.get(element)
    if (pattern === undefined) continue
    const node = set[element]!
    const below = isEmpty(node) || pattern.next.size === 0 ? node : matching(node, pattern)
    if (isMember(node)) kept[element] = asMember(isEmpty(below) ? undefined : below)
    else if (!isEmpty(below)) kept[element] = below
  }
  return kept
}
