// What a watcher sees of the changes of a resource: all of them, or how they look through its selectors.
//
// One run of changes is handed to every watch of a prefix. What it looks like is worked out once for each selection, and a
// watch of one name or one node is not asked about the changes of others.
import { previousAt } from '../registry/transient-entry.ts'
import type { KindDefinition } from '../registry/kind.ts'
import { fieldOf, type Selection } from '../registry/selection.ts'
import type { StoreEvent } from '../storage/store.ts'
import type { StreamEvent } from './api.ts'

export interface View {
  /** In the order of the changes; they are the same array for all who have the same selectors. */
  of(changes: readonly StoreEvent[]): readonly StreamEvent[]
}

/** @param selectors tells the selection from others of the same version of the resource */
export function viewOf(kind: KindDefinition, selected: Selection, selectors: string): View {
  if (selected.isAll) return { of: (changes) => memo(changes, '', () => changes.map(plainly)) }
  const name = `${kind.facts.version} ${selectors}`
  const path = ['metadata.name', ...(kind.indexes ?? [])].find((one) => selected.equalities.has(one))
  const through = (changes: readonly StoreEvent[]): readonly StreamEvent[] =>
    changes.flatMap((change) => asSeenBy(selected, change))
  if (path === undefined) return { of: (changes) => memo(changes, name, () => through(changes)) }
  const value = selected.equalities.get(path)!
  return {
    of(changes) {
      const candidates = memo(changes, `by ${path}`, () => byValue(kind, path, changes)).get(value)
      return candidates === undefined ? none : memo(changes, name, () => through(candidates))
    },
  }
}

const none: readonly StreamEvent[] = []

function plainly({ type, entry, prev }: StoreEvent): StreamEvent {
  return { type: type === 'delete' ? 'DELETED' : prev === undefined ? 'ADDED' : 'MODIFIED', entry, prev }
}

/** A change as one selection sees it: entering is ADDED, leaving is DELETED, whatever the change was. */
function asSeenBy(selected: Selection, { type, entry, prev }: StoreEvent): StreamEvent[] {
  const before = prev !== undefined && selected.matches(prev.object)
  if (type === 'delete') return before ? [{ type: 'DELETED', entry, prev }] : []
  if (selected.matches(entry.object)) return [{ type: before ? 'MODIFIED' : 'ADDED', entry, prev }]
  return before ? [{ type: 'DELETED', entry: previousAt(entry, prev), prev }] : []
}

/** Changes by what the object has at a path now, and had before. */
function byValue(
  kind: KindDefinition,
  path: string,
  changes: readonly StoreEvent[],
): ReadonlyMap<string, readonly StoreEvent[]> {
  const found = new Map<string, StoreEvent[]>()
  for (const change of changes) {
    const values = new Set([change.entry, change.prev].map((one) => one && fieldOf(kind, one.object, path)))
    for (const value of values) {
      if (value === undefined) continue
      const among = found.get(value)
      if (among === undefined) found.set(value, [change])
      else among.push(change)
    }
  }
  return found
}

const memos = new WeakMap<readonly StoreEvent[], Map<string, unknown>>()

/** Kept for as long as somebody holds the run. */
function memo<T>(changes: readonly StoreEvent[], name: string, make: () => T): T {
  let known = memos.get(changes)
  if (known === undefined) memos.set(changes, (known = new Map()))
  let found = known.get(name)
  if (found === undefined) known.set(name, (found = make()))
  return found as T
}
