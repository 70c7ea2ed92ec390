// Lists of completion indexes, `0,2-5,9`.
// Source: pkg/apis/batch/validation, validateIndexesFormat, parseIndexInterval, validateFailedIndexesNotOverlapCompleted
// (v1.36)

interface Interval {
  readonly first: number
  readonly last: number
}

/**
 * How many indexes the text lists.
 * @throws Error with upstream's text
 */
export function countIndexes(text: string, completions: number): number {
  let total = 0
  let previous: number | undefined
  for (const part of text === '' ? [] : text.split(',')) {
    const { first, last } = parseInterval(part, completions)
    if (previous !== undefined && previous >= first) {
      throw new Error(`non-increasing order, previous: ${previous}, current: ${first}`)
    }
    total += last - first + 1
    previous = last
  }
  return total
}

function parseInterval(text: string, completions: number): Interval {
  const limits = text.split('-')
  if (limits.length > 2) {
    const rule = "violates the requirement that an index interval can have at most two parts separated by '-'"
    throw new Error(`the fragment ${JSON.stringify(text)} ${rule}`)
  }
  const [first = 0, last = first] = limits.map((limit) => parseIndex(limit, completions))
  if (limits.length === 2 && first >= last)
    throw new Error(`non-increasing order, previous: ${first}, current: ${last}`)
  return { first, last }
}

function parseIndex(text: string, completions: number): number {
  if (!/^[-+]?[0-9]+$/.test(text))
    throw new Error(`cannot convert string to integer for index: ${JSON.stringify(text)}`)
  const index = Number(text)
  if (index >= completions) throw new Error(`too large index: ${JSON.stringify(text)}`)
  return index
}

/** The first index that both lists hold; parts that cannot be read count for nothing. */
export function overlappingIndex(text: string, other: string, completions: number): number | undefined {
  const [left, right] = [text, other].map((list) => readableIntervals(list, completions))
  for (const a of left!) {
    for (const b of right!) {
      if (a.first <= b.last && b.first <= a.last) return Math.max(a.first, b.first)
    }
  }
  return undefined
}

function readableIntervals(text: string, completions: number): Interval[] {
  return text.split(',').flatMap((part) => {
    try {
      return [parseInterval(part, completions)]
    } catch {
      return []
    }
  })
}
