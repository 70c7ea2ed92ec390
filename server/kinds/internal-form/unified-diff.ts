// Unified diffs of texts, line by line, with the choices of Ratcliff and Obershelp's matching as difflib makes them.
// Source: github.com/pmezard/go-difflib, GetUnifiedDiffString; Python's difflib.SequenceMatcher describes the method

const contextLines = 3

/** `a[aStart, aStart + size)` equals `b[bStart, bStart + size)`. */
interface Match {
  readonly aStart: number
  readonly bStart: number
  readonly size: number
}

/** Lines `[a1, a2)` of the old text became `[b1, b2)` of the new one. */
interface Change {
  readonly isEqual: boolean
  readonly a1: number
  readonly a2: number
  readonly b1: number
  readonly b2: number
}

/** Empty if the texts are equal. */
export function unifiedDiff(oldText: string, newText: string): string {
  const a = oldText.split('\n')
  const b = newText.split('\n')
  let out = ''
  for (const group of groupChanges(changesOf(a, b))) {
    const first = group[0]!
    const last = group.at(-1)!
    out += `@@ -${formatRange(first.a1, last.a2)} +${formatRange(first.b1, last.b2)} @@\n`
    for (const { isEqual, a1, a2, b1, b2 } of group) {
      const marked = (lines: string[], mark: string): string => lines.map((line) => `${mark}${line}\n`).join('')
      out += isEqual ? marked(a.slice(a1, a2), ' ') : marked(a.slice(a1, a2), '-') + marked(b.slice(b1, b2), '+')
    }
  }
  return out
}

function formatRange(start: number, stop: number): string {
  const length = stop - start
  if (length === 1) return String(start + 1)
  return `${length === 0 ? start : start + 1},${length}`
}

/** Where each line is in the new text; lines that are very common in a long text do not count. */
function positionsOf(lines: readonly string[]): ReadonlyMap<string, number[]> {
  const positions = new Map<string, number[]>()
  for (const [at, line] of lines.entries()) {
    const known = positions.get(line)
    if (known === undefined) positions.set(line, [at])
    else known.push(at)
  }
  if (lines.length < 200) return positions
  const most = Math.floor(lines.length / 100) + 1
  for (const [line, found] of positions) if (found.length > most) positions.delete(line)
  return positions
}

function changesOf(a: readonly string[], b: readonly string[]): Change[] {
  const changes: Change[] = []
  let aAt = 0
  let bAt = 0
  for (const { aStart, bStart, size } of [...matchesOf(a, b), { aStart: a.length, bStart: b.length, size: 0 }]) {
    if (aAt < aStart || bAt < bStart) changes.push({ isEqual: false, a1: aAt, a2: aStart, b1: bAt, b2: bStart })
    aAt = aStart + size
    bAt = bStart + size
    if (size > 0) changes.push({ isEqual: true, a1: aStart, a2: aAt, b1: bStart, b2: bAt })
  }
  return changes
}

/** Equal stretches in order, none touching the next in both texts. */
function matchesOf(a: readonly string[], b: readonly string[]): Match[] {
  const positions = positionsOf(b)
  const found: Match[] = []
  const search = (aLow: number, aHigh: number, bLow: number, bHigh: number): void => {
    const match = longestMatch(a, b, positions, aLow, aHigh, bLow, bHigh)
    const { aStart, bStart, size } = match
    if (size === 0) return
    if (aLow < aStart && bLow < bStart) search(aLow, aStart, bLow, bStart)
    found.push(match)
    if (aStart + size < aHigh && bStart + size < bHigh) search(aStart + size, aHigh, bStart + size, bHigh)
  }
  search(0, a.length, 0, b.length)
  const joined: Match[] = []
  for (const match of found) {
    const before = joined.at(-1)
    if (
      before !== undefined &&
      before.aStart + before.size === match.aStart &&
      before.bStart + before.size === match.bStart
    ) {
      joined[joined.length - 1] = { ...before, size: before.size + match.size }
    } else joined.push(match)
  }
  return joined
}

/** The longest stretch that is equal in both ranges; of several the first in the old text, then in the new one. */
function longestMatch(
  a: readonly string[],
  b: readonly string[],
  positions: ReadonlyMap<string, number[]>,
  aLow: number,
  aHigh: number,
  bLow: number,
  bHigh: number,
): Match {
  let aStart = aLow
  let bStart = bLow
  let size = 0
  let lengths = new Map<number, number>()
  for (let i = aLow; i < aHigh; i++) {
    const next = new Map<number, number>()
    for (const j of positions.get(a[i]!) ?? []) {
      if (j < bLow) continue
      if (j >= bHigh) break
      const length = (lengths.get(j - 1) ?? 0) + 1
      next.set(j, length)
      if (length > size) {
        aStart = i - length + 1
        bStart = j - length + 1
        size = length
      }
    }
    lengths = next
  }
  // Common lines, left out of `positions`, may still lengthen it at both ends.
  while (aStart > aLow && bStart > bLow && a[aStart - 1] === b[bStart - 1]) {
    aStart--
    bStart--
    size++
  }
  while (aStart + size < aHigh && bStart + size < bHigh && a[aStart + size] === b[bStart + size]) size++
  return { aStart, bStart, size }
}

/** Changes with the equal lines around them; those that are near to each other together. */
function groupChanges(changes: readonly Change[]): Change[][] {
  if (!changes.some(({ isEqual }) => !isEqual)) return []
  const trimmed = changes.map((change, at) => {
    if (!change.isEqual) return change
    const { a1, a2, b1, b2 } = change
    if (at === 0) return { ...change, a1: Math.max(a1, a2 - contextLines), b1: Math.max(b1, b2 - contextLines) }
    if (at < changes.length - 1) return change
    return { ...change, a2: Math.min(a2, a1 + contextLines), b2: Math.min(b2, b1 + contextLines) }
  })
  const groups: Change[][] = []
  let group: Change[] = []
  for (const change of trimmed) {
    const { isEqual, a1, a2, b1, b2 } = change
    if (!isEqual || a2 - a1 <= contextLines * 2) {
      group.push(change)
      continue
    }
    group.push({ isEqual, a1, a2: Math.min(a2, a1 + contextLines), b1, b2: Math.min(b2, b1 + contextLines) })
    groups.push(group)
    group = [{ isEqual, a1: Math.max(a1, a2 - contextLines), a2, b1: Math.max(b1, b2 - contextLines), b2 }]
  }
  if (group.some(({ isEqual }) => !isEqual)) groups.push(group)
  return groups
}
