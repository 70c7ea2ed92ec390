// Durations and points in time, in nanoseconds.
// Source: cel-go 0.26, common/types/duration.go, timestamp.go; Go, time.ParseDuration
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** `1h30m`, `-1.5s`; undefined for what is none. */
export function parseDurationNanoseconds(text: string): bigint | undefined {
  const whole = /^([+-]?)((?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text)
  if (whole === null) return undefined
  let total = 0n
  for (const [, number = '', unit = ''] of whole[2]!.matchAll(/([0-9]*\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const [integer = '', fraction = ''] = number.split('.')
    const scale = units[unit]!
    total += BigInt(integer === '' ? '0' : integer) * scale
    if (fraction !== '') total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length)
  }
  return whole[1] === '-' ? -total : total
}

/** RFC 3339; undefined for what is none. */
export function parseTimestampNanoseconds(text: string): bigint | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/.exec(text)
  if (parts === null) return undefined
  const seconds = Date.parse(`${parts[1]}${parts[3]}`)
  if (Number.isNaN(seconds)) return undefined
  return BigInt(seconds) * 1_000_000n + BigInt((parts[2] ?? '').padEnd(9, '0').slice(0, 9))
}
