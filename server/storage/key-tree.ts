// The ordered, copy-on-write map under every snapshot: storage keys → entries.
import sortedBtree from 'sorted-btree'
import type { Entry, Snapshot } from './store.ts'

const BTree = sortedBtree.default

/** `clone()` costs O(1); a later change to either copy costs O(log n) in both time and memory. */
export type KeyTree = InstanceType<typeof BTree<string, Entry>>

/** Keys are ordered by UTF-16 code units, which for ASCII (all keys in practice) is the order of bytes. */
function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function newKeyTree(): KeyTree {
  return new BTree<string, Entry>(undefined, compareKeys)
}

/** The smallest key greater than every key that starts with `prefix` (which is not empty). */
function prefixEnd(prefix: string): string {
  const last = prefix.length - 1
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)
}

/** A tree that nobody changes any more. */
export class TreeSnapshot implements Snapshot {
  readonly revision: number
  readonly #tree: KeyTree
  /** Every page of a list asks how many entries follow, and many ask for the same page. */
  readonly #counts = new Map<string, number>()

  constructor(revision: number, tree: KeyTree) {
    this.revision = revision
    this.#tree = tree
  }

  get(key: string): Entry | undefined {
    return this.#tree.get(key)
  }

  count(prefix: string, after = ''): number {
    const asked = `${prefix} ${after}`
    let count = this.#counts.get(asked)
    if (count === undefined) this.#counts.set(asked, (count = this.#count(prefix, after)))
    return count
  }

  #count(prefix: string, after: string): number {
    const start = after > prefix ? after : prefix
    const highest = this.#tree.maxKey()
    if (highest === undefined) return 0
    const found =
      prefix === '' ? this.#tree.forRange(start, highest, true) : this.#tree.forRange(start, prefixEnd(prefix), false)
    // `after` itself is not asked for.
    return start === after && after !== '' && after.startsWith(prefix) && this.#tree.has(after) ? found - 1 : found
  }

  *entries(prefix: string, after = ''): Generator<Entry, undefined> {
    for (const entry of this.#tree.values(after > prefix ? after : prefix)) {
      if (!entry.key.startsWith(prefix)) {
        // Keys below the prefix cannot come: the walk starts at it. `after` beyond the prefix ends the walk at once.
        return
      }
      if (after === '' || entry.key !== after) yield entry
    }
  }
}
