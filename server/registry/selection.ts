// Label and field selectors of a list or watch, compiled for one kind.
import { newBadRequest } from '../apimachinery/errors.ts'
import { quote } from '../apimachinery/go-quote.ts'
import { printGroupVersionKind } from '../apimachinery/gvk.ts'
import { parseFieldSelector, parseLabelSelector } from '../apimachinery/selectors.ts'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import type { KindDefinition } from './kind.ts'

export interface Selection {
  /** Everything matches: the caller may skip the check. */
  readonly isAll: boolean
  matches(object: Frozen<AnyObject>): boolean
  /** The one name asked for by metadata.name=x. */
  readonly name: string | undefined
  /** Fields asked for by equality: an index may serve them. */
  readonly equalities: ReadonlyMap<string, string>
}

const all: Selection = { isAll: true, matches: () => true, name: undefined, equalities: new Map() }

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
  const read = (object: Frozen<AnyObject>, path: string): string => {
    if (path === 'metadata.name') return object.metadata?.name ?? ''
    if (path === 'metadata.namespace') return object.metadata?.namespace ?? ''
    return kind.selectableFields?.[path]?.(object as AnyObject) ?? valueAt(object, path)
  }
  return {
    isAll: false,
    matches: (object) => fields.matches((path) => read(object, path)) && labels.matches(object.metadata?.labels),
    name: equalities.get('metadata.name'),
    equalities,
  }
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
