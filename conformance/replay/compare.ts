// Where an answer is not the recorded one. Numbers are compared as JavaScript has them: 1.0 is 1.
import type { Answer } from './case-file.ts'
import { comparedHeadersOf } from './reduce.ts'

const maxTextLength = 220

/** One line a difference: which step, where, what was wanted and what came. Empty: all is as recorded. */
export function differences(wanted: readonly Answer[], got: readonly Answer[]): string[] {
  const counts = wanted.length === got.length ? [] : [`${wanted.length} answers were wanted, ${got.length} came`]
  const differing = wanted.flatMap((answer, at) => {
    const one = got[at]
    if (one === undefined) return []
    const recorded = answer.headers === undefined ? answer : { ...answer, headers: comparedHeadersOf(answer.headers) }
    return compare(recorded, one, '').map((difference) => `answer ${at + 1} ${difference}`)
  })
  return [...counts, ...differing]
}

function compare(wanted: unknown, got: unknown, path: string): string[] {
  if (Array.isArray(wanted) && Array.isArray(got)) {
    const lengths = wanted.length === got.length ? [] : [`${path}: ${wanted.length} entries wanted, got ${got.length}`]
    const both = wanted.slice(0, got.length)
    return [...lengths, ...both.flatMap((one, at) => compare(one, got[at], `${path}/${at}`))]
  }
  if (isObject(wanted) && isObject(got)) {
    const keys = [...new Set([...Object.keys(wanted), ...Object.keys(got)])].sort()
    return keys.flatMap((key) => {
      const place = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
      if (!Object.hasOwn(got, key)) return [`${place}: missing, wanted ${short(wanted[key])}`]
      if (!Object.hasOwn(wanted, key)) return [`${place}: unexpected ${short(got[key])}`]
      return compare(wanted[key], got[key], place)
    })
  }
  return Object.is(wanted, got) ? [] : [`${path}: wanted ${short(wanted)}, got ${short(got)}`]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength)}…`
}
