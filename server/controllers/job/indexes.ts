// Sets of completion indexes, as ordered intervals: what the status of an indexed Job keeps as `0,2-5,9`.
// Source: kubernetes pkg/controller/job, indexed_job_utils (v1.36)

export interface Interval {
  readonly first: number
  readonly last: number
}

/** Ascending; no two of them touch. */
export type Indexes = readonly Interval[]

/** Reads what it can: parts that make no sense are left out, what lies beyond `completions` is cut off. */
export function parseIndexes(text: string | undefined, completions: number): Indexes {
  const intervals: Interval[] = []
  for (const part of text === undefined || text === '' ? [] : text.split(',')) {
    const [low = '', high = low] = part.split('-')
    const [first, last] = [integer(low), integer(high)]
    if (first === undefined) continue
    if (first >= completions) break
    if (last === undefined) continue
    intervals.push({ first, last: Math.min(last, completions - 1) })
  }
  return merge(intervals, [])
}

function integer(text: string): number | undefined {
  return /^[-+]?[0-9]+$/.test(text) ? Number(text) : undefined
}

/** Two neighbours are told apart by a comma, three and more become a range. */
export function formatIndexes(indexes: Indexes): string {
  return indexes
    .map(({ first, last }) => {
      if (first === last) return String(first)
      return `${first}${last === first + 1 ? ',' : '-'}${last}`
    })
    .join(',')
}

export function merge(a: Indexes, b: Indexes): Indexes {
  const merged: Interval[] = []
  for (const interval of [...a, ...b].sort((one, other) => one.first - other.first)) {
    const previous = merged.at(-1)
    if (previous === undefined || interval.first > previous.last + 1) merged.push(interval)
    else merged[merged.length - 1] = { first: previous.first, last: Math.max(previous.last, interval.last) }
  }
  return merged
}

export function withIndexes(indexes: Indexes, more: Iterable<number>): Indexes {
  return merge(
    indexes,
    [...more].map((index) => ({ first: index, last: index })),
  )
}

export function total(indexes: Indexes): number {
  return indexes.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

export function has(indexes: Indexes, index: number): boolean {
  return indexes.some(({ first, last }) => first <= index && index <= last)
}

/** How many indexes are in both. */
export function overlap(a: Indexes, b: Indexes): number {
  let count = 0
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [one, other] = [a[i]!, b[j]!]
    count += Math.max(0, Math.min(one.last, other.last) - Math.max(one.first, other.first) + 1)
    if (one.last <= other.last) i++
    if (other.last <= one.last) j++
  }
  return count
}

/** The lowest indexes below `completions` that are not among the `taken`, `count` of them at most. */
export function firstFree(taken: Indexes, count: number, completions: number): number[] {
  const free: number[] = []
  let candidate = 0
  for (const { first, last } of [...taken, { first: completions, last: completions }]) {
    for (; candidate < Math.min(first, completions) && free.length < count; candidate++) free.push(candidate)
    candidate = Math.max(candidate, last + 1)
  }
  return free
}
