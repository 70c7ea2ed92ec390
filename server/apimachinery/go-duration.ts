// Durations as Go reads and writes them: `1h30m`, `1.5s`.
// Source: Go time, ParseDuration, Duration.String
import { quote } from './go-quote.ts'

const nanosecondsOf: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** What no longer fits Go's 64 bits. */
const endNanoseconds = 2n ** 63n

/** @throws RangeError with Go's text */
export function parseNanoseconds(text: string): bigint {
  const invalid = (what = 'invalid duration ') => new RangeError(`time: ${what}${quote(text)}`)
  const [, sign, amount = ''] = /^([+-]?)([^]*)$/.exec(text)!
  if (amount === '0') return 0n
  if (amount === '') throw invalid()
  let total = 0n
  let rest = amount
  while (rest !== '') {
    const [number, integer, fraction = ''] = /^(?=\.?\d)(\d*)\.?(\d*)/.exec(rest) ?? []
    if (number === undefined) throw invalid()
    rest = rest.slice(number.length)
    const unit = /^[^.\d]*/.exec(rest)![0]
    if (unit === '') throw invalid('missing unit in duration ')
    const scale = nanosecondsOf[unit]
    if (scale === undefined) throw invalid(`unknown unit ${quote(unit)} in duration `)
    rest = rest.slice(unit.length)
    total += (BigInt(`${integer}${fraction}`) * scale) / 10n ** BigInt(fraction.length)
    if (total >= endNanoseconds) throw invalid()
  }
  return sign === '-' ? -total : total
}

/** In milliseconds. @throws RangeError with Go's text */
export function parseDuration(text: string): number {
  return Number(parseNanoseconds(text)) / 1e6
}

/** `1h30m0s`, `1.5s`, `300ms`, `0s`. */
export function printNanoseconds(nanos: bigint): string {
  if (nanos === 0n) return '0s'
  if (nanos < 0n) return `-${printNanoseconds(-nanos)}`
  const decimal = (per: bigint): string => {
    const fraction = String(nanos % per)
      .padStart(String(per).length - 1, '0')
      .replace(/0+$/, '')
    return `${nanos / per}${fraction === '' || per === 1n ? '' : `.${fraction}`}`
  }
  if (nanos < 1_000n) return `${nanos}ns`
  if (nanos < 1_000_000n) return `${decimal(1_000n)}µs`
  if (nanos < 1_000_000_000n) return `${decimal(1_000_000n)}ms`
  const minutes = nanos / nanosecondsOf['m']!
  nanos %= nanosecondsOf['m']!
  const seconds = `${decimal(1_000_000_000n)}s`
  if (minutes === 0n) return seconds
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`
}
