// The labels of a stored object, read from its bytes: to look at those of all objects must not mean to decode all objects.
import { textOf } from './byte-string.ts'
import type { Entry } from './store.ts'

export type Labels = Readonly<Record<string, string>> | undefined

/**
 * What comes before the labels: the type, and the members of metadata before them; quotes in those would be escaped. Custom
 * resources have other orders. See the one in entry.ts.
 */
const beforeLabels = /\{"kind":"\w+","apiVersion":"[\w./]+","metadata":\{(?:"\w+":(?:"[^"\\]*"|\d+|null),)*/y
const opening = '"labels":'
const quote = 0x22

/** Equal to those of `entry.object`. */
export function labelsOf(entry: Entry): Labels {
  const { bytes } = entry
  beforeLabels.lastIndex = 0
  if (!beforeLabels.test(bytes)) return entry.peek().metadata?.labels
  const at = beforeLabels.lastIndex
  if (!bytes.startsWith(opening, at)) {
    // What follows the labels in metadata has objects or lists as values; a last scalar has no comma behind it.
    return bytes.charCodeAt(bytes.indexOf(':', at) + 1) === quote ? entry.peek().metadata?.labels : undefined
  }
  const start = at + opening.length
  const text = bytes.slice(start, bytes.indexOf('}', start) + 1)
  try {
    return JSON.parse(textOf(text)) as Labels
  } catch {
    // No brace is allowed in labels: somebody has stored one all the same.
    return entry.peek().metadata?.labels
  }
}
