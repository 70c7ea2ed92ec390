// Time zones of the IANA data base: whether a name is one, and what clocks there show.

const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    clocks.set(timeZone, clock)
  }
  return clock
}

export function isTimeZone(name: string): boolean {
  // An offset is a time zone for Intl, not for Go.
  if (/^[-+]/.test(name)) return false
  try {
    // Names are of any case for Intl; for Go they are names of files, which begin with capitals.
    const known = clockOf(name).resolvedOptions().timeZone
    return known === name || (known.toLowerCase() !== name.toLowerCase() && !/(^|\/)[a-z]/.test(name))
  } catch {
    return false
  }
}

/**
 * A Date whose UTC getters tell what a clock in the zone shows. @param ms since the epoch @param timeZone UTC if absent
 * @throws RangeError for a name that is no time zone
 */
export function localTime(ms: number, timeZone?: string): Date {
  if (timeZone === undefined || timeZone === 'UTC') return new Date(ms)
  const shown: Record<string, number> = {}
  for (const { type, value } of clockOf(timeZone).formatToParts(ms)) shown[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second))
}

/** RFC 3339 with the offset of the zone, `Z` where that is none: `2026-03-29T03:00:00+02:00`. */
export function formatTimeIn(ms: number, timeZone?: string): string {
  const local = localTime(ms, timeZone)
  const offsetMinutes = Math.round((local.getTime() - Math.floor(ms / 1000) * 1000) / 60_000)
  const time = local.toISOString().slice(0, 19)
  if (offsetMinutes === 0) return `${time}Z`
  const size = Math.abs(offsetMinutes)
  const twoDigits = (value: number): string => String(value).padStart(2, '0')
  return `${time}${offsetMinutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`
}
