// Label and field selectors of a list or watch, compiled for one kind.
import { newBadRequest } from '../apimachinery/errors.ts'
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
  const supported = new Set(['metadata.name', ...kind.facts.fieldSelectors])
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

/** Three wordings, after how a kind's field labels are converted: not at all, in the core group, in any other. */
function unsupportedField(kind: KindDefinition, path: string): string {
  const own = kind.facts.fieldSelectors.filter((one) => one !== 'metadata.name' && one !== 'metadata.namespace')
  if (own.length === 0) return `"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`
  if (kind.group === '') return `field label not supported: ${path}`
  return `field label "${path}" not supported for ${kind.kind}`
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
