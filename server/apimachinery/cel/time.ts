// Durations and points in time, in nanoseconds.
// Source: cel-go 0.26, common/types/duration.go, timestamp.go
import { parseNanoseconds } from '../go-duration.ts'

/** `1h30m`, `-1.5s`; undefined for what is none. */
export function parseDurationNanoseconds(text: string): bigint | undefined {
  try {
    return parseNanoseconds(text)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** RFC 3339; undefined for what is none. */
export function parseTimestampNanoseconds(text: string): bigint | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/.exec(text)
  if (parts === null) return undefined
  const seconds = Date.parse(`${parts[1]}${parts[3]}`)
  if (Number.isNaN(seconds)) return undefined
  return BigInt(seconds) * 1_000_000n + BigInt((parts[2] ?? '').padEnd(9, '0').slice(0, 9))
}
