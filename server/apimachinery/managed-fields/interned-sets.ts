// Sets of fields that are equal are one and the same: objects of one kind share theirs, who compares two finds at once that they
// are equal, and their JSON is made once.
import { deepFreeze } from '../equality.ts'
import { isEmpty, leaf, type FieldSet } from './field-set.ts'

/** Characters of JSON that are kept; then all are forgotten, and begin anew. */
const maxLength = 4_000_000

const sets = new Map<string, FieldSet>()
const texts = new Map<FieldSet, string>()
let length = 0

/** The set that stands for all that are equal to this one, frozen. Equal are those that print the same: sets are sorted. */
export function interned(set: FieldSet): FieldSet {
  if (isEmpty(set)) return leaf
  if (texts.has(set)) return set
  const text = JSON.stringify(set)
  const known = sets.get(text)
  if (known !== undefined) return known
  if (length > maxLength) {
    sets.clear()
    texts.clear()
    length = 0
  }
  const frozen = deepFreeze(set)
  sets.set(text, frozen)
  texts.set(frozen, text)
  length += text.length
  return frozen
}

/** The JSON of a set. */
export function textOfSet(set: object): string {
  return texts.get(set as FieldSet) ?? JSON.stringify(set)
}
