// Durations as Go writes them: `1h30m`, `1.5s`.
// Source: Go time, ParseDuration
import { quote } from './go-quote.ts'

const millisecondsOf: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds above this do not fit Go's 64 bits of nanoseconds. */
const maxMilliseconds = 2 ** 63 / 1e6

/** In milliseconds. @throws RangeError with Go's text */
export function parseDuration(text: string): number {
  const invalid = (what = 'invalid duration ') => new RangeError(`time: ${what}${quote(text)}`)
  const [, sign, amount = ''] = /^([+-]?)([^]*)$/.exec(text)!
  if (amount === '0') return 0
  if (amount === '') throw invalid()
  let total = 0
  let rest = amount
  while (rest !== '') {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0]
    if (number === undefined) throw invalid()
    rest = rest.slice(number.length)
    const unit = /^[^.\d]*/.exec(rest)![0]
    if (unit === '') throw invalid('missing unit in duration ')
    const scale = millisecondsOf[unit]
    if (scale === undefined) throw invalid(`unknown unit ${quote(unit)} in duration `)
    rest = rest.slice(unit.length)
    total += Number(number) * scale
    if (total >= maxMilliseconds) throw invalid()
  }
  return sign === '-' ? -total : total
}
