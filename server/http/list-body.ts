// The body of a list of stored objects: what stands around its items, and each item as it is kept.
import type { Entry } from '../storage/store.ts'
import type { Piece } from './pieces.ts'

export interface ListForm {
  /** Items of the same name are the same bytes, in whatever list. */
  readonly name: string
  readonly separator: string
  /** Bytes of an item, as `item` makes it. */
  itemSize(entry: Entry): number
  item(entry: Entry): readonly Piece[]
}

export class ListBody {
  readonly form: ListForm
  readonly entries: readonly Entry[]
  readonly #head: Piece
  readonly #tail: Piece
  /** Others will ask for the same items in the same order: nothing was selected. */
  readonly isKept: boolean

  constructor(form: ListForm, entries: readonly Entry[], head: Piece, tail: Piece, isKept: boolean) {
    this.form = form
    this.entries = entries
    this.#head = head
    this.#tail = tail
    this.isKept = isKept
  }

  /** Of all pieces, in bytes. */
  get size(): number {
    const { form, entries } = this
    let size = this.#head.length + this.#tail.length + form.separator.length * Math.max(0, entries.length - 1)
    for (const entry of entries) size += form.itemSize(entry)
    return size
  }

  *pieces(): Generator<Piece> {
    yield* this.opening()
    for (let at = 1; at < this.entries.length; at++) yield* this.further(this.entries[at]!)
    yield this.#tail
  }

  /** What comes before the second item. */
  *opening(): Generator<Piece> {
    yield this.#head
    const [first] = this.entries
    if (first !== undefined) yield* this.form.item(first)
  }

  /** An item that is not the first. */
  further(entry: Entry): readonly Piece[] {
    const item = this.form.item(entry)
    return this.form.separator === '' ? item : [this.form.separator, ...item]
  }

  get ending(): Piece {
    return this.#tail
  }
}
