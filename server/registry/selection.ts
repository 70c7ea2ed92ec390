// Label and field selectors of a list or watch, compiled for one kind.
import { newBadRequest } from '../apimachinery/errors.ts'
import { quote } from '../apimachinery/go-quote.ts'
import { printGroupVersionKind } from '../apimachinery/gvk.ts'
import { parseFieldSelector, parseLabelSelector, type Selector } from '../apimachinery/selectors.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import { labelsOf } from '../storage/entry-labels.ts'
import type { Entry } from '../storage/store.ts'
import type { KindDefinition } from './kind.ts'

export interface Selection {
  /** Everything matches: the caller may skip the check. */
  readonly isAll: boolean
  matches(object: Frozen<AnyObject>): boolean
  /** The same of what is stored; labels alone are read without the object. */
  matchesEntry(entry: Entry): boolean
  /** The one name asked for by metadata.name=x. */
  readonly name: string | undefined
  /** Fields asked for by equality: an index may serve them. */
  readonly equalities: ReadonlyMap<string, string>
  /** Labels that must have one value: an index may serve them. */
  readonly labels: ReadonlyMap<string, string>
  /** Whether this is all that is asked for: what an index finds by it needs no second look. */
  isOnly(equality: string): boolean
}

const all: Selection = {
  isAll: true,
  matches: () => true,
  matchesEntry: () => true,
  name: undefined,
  equalities: new Map(),
  labels: new Map(),
  isOnly: () => false,
}

/** @throws StatusError 400: a selector that cannot be read, or a field that cannot be selected on */
export function selection(kind: KindDefinition, labelSelector: string, fieldSelector: string): Selection {
  if (labelSelector === '' && fieldSelector === '') return all
  const labels = parseLabelSelector(labelSelector)
  const fields = parseFieldSelector(fieldSelector)
  const { namespaced, fieldSelectors } = kind.facts
  const supported = new Set(['metadata.name', ...(namespaced ? ['metadata.namespace'] : []), ...fieldSelectors])
  const equalities = new Map<string, string>()
  for (const { field, operator, value } of fields.requirements) {
    if (!supported.has(field)) throw newBadRequest(unsupportedField(kind, field))
    if (operator !== '!=') equalities.set(field, value)
  }
  const read = (object: Frozen<AnyObject>, path: string): string => fieldOf(kind, object, path)
  const matchesFields = (object: Frozen<AnyObject>): boolean => fields.matches((path) => read(object, path))
  const hasFields = fields.requirements.length > 0
  return {
    isAll: false,
    matches: (object) => matchesFields(object) && labels.matches(object.metadata?.labels),
    matchesEntry: (entry) =>
      (labels.empty || labels.matches(labelsOf(entry))) && (!hasFields || matchesFields(entry.peek())),
    name: equalities.get('metadata.name'),
    equalities,
    labels: exactLabels(labels),
    isOnly: (equality) => labels.empty && fields.requirements.length === 1 && equalities.has(equality),
  }
}

function exactLabels(selector: Selector): ReadonlyMap<string, string> {
  const exact = new Map<string, string>()
  for (const { key } of selector.requirements) {
    const value = selector.requiresExactMatch(key)
    if (value !== undefined) exact.set(key, value)
  }
  return exact
}

/** What a selector compares at that path. */
export function fieldOf(kind: KindDefinition, object: Frozen<AnyObject>, path: string): string {
  if (path === 'metadata.name') return object.metadata?.name ?? ''
  if (path === 'metadata.namespace') return object.metadata?.namespace ?? ''
  return kind.selectableFields?.[path]?.(object as AnyObject) ?? valueAt(object, path)
}

/** After how a kind's field labels are converted: not at all, or by a function of its own group. */
function unsupportedField(definition: KindDefinition, path: string): string {
  const { facts, group, kind, columns } = definition
  const own = facts.fieldSelectors.filter((one) => one !== 'metadata.name' && one !== 'metadata.namespace')
  if (own.length === 0 && columns === undefined)
    return `${quote(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`
  if (group === 'batch') return `field label ${quote(path)} not supported for ${kind}`
  if (group === 'resource.k8s.io') return `field label not supported for ${printGroupVersionKind(definition)}: ${path}`
  return `field label not supported: ${path}`
}

/** The text of a plain member, by its JSON path. */
function valueAt(object: Frozen<AnyObject>, path: string): string {
  let value: unknown = object
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return ''
    value = (value as Record<string, unknown>)[step]
  }
  return value === undefined || value === null ? '' : String(value)
}
