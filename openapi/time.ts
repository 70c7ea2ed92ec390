// Times as Go reads and prints them: RFC 3339 in, UTC with whole seconds or microseconds out, with Go's error texts.
// Source: Go 1.26 time.Parse; staging/src/k8s.io/apimachinery/pkg/apis/meta/v1, Time and MicroTime (v1.36)

/** Go's layouts of the two forms. */
const LAYOUT = '2006-01-02T15:04:05Z07:00'
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00'

export class TimeError extends Error {
  override readonly name = 'TimeError'
}

/** Canonical in any month: nearly all times have this form and need not be taken apart. */
const CANONICAL = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

/** Go's zero time, which prints as null. */
const ZERO = '0001-01-01T00:00:00Z'

/**
 * metav1.Time as it is printed: UTC, whole seconds; null for the zero time.
 * @throws TimeError with Go's text
 */
export function canonicalTime(text: string): string | null {
  if (CANONICAL.test(text)) return text === ZERO ? null : text
  const { date } = parse(text, LAYOUT)
  const printed = `${date.toISOString().slice(0, 19)}Z`
  return printed === ZERO ? null : printed
}

/**
 * metav1.MicroTime as it is printed: UTC, six digits of a second; null for the zero time.
 * @throws TimeError with Go's text; the six digits are required
 */
export function canonicalMicroTime(text: string): string | null {
  const { date, fraction } = parse(text, MICRO_LAYOUT)
  const seconds = date.toISOString().slice(0, 19)
  return `${seconds}Z` === ZERO && Number(fraction) === 0 ? null : `${seconds}.${fraction.padEnd(6, '0').slice(0, 6)}Z`
}

/** Walks the layout as Go does; the first element that does not fit is what the error names. */
function parse(text: string, layout: string): { date: Date; fraction: string } {
  const quote = (part: string): string => JSON.stringify(part)
  let rest = text
  const bad = (element: string, left = rest): never => {
    throw new TimeError(
      `parsing time ${quote(text)} as ${quote(layout)}: cannot parse ${quote(left)} as ${quote(element)}`,
    )
  }
  const outOfRange = (what: string): never => {
    throw new TimeError(`parsing time ${quote(text)}: ${what} out of range`)
  }
  const literal = (separator: string): void => {
    if (!rest.startsWith(separator)) bad(separator)
    rest = rest.slice(separator.length)
  }
  const number = (element: string, pattern: RegExp): number => {
    const match = pattern.exec(rest)
    if (match === null) return bad(element)
    rest = rest.slice(match[0].length)
    return Number(match[0])
  }

  const year = number('2006', /^\d{4}/)
  literal('-')
  const month = number('01', /^\d\d/)
  if (month < 1 || month > 12) outOfRange('month')
  literal('-')
  const day = number('02', /^\d\d/)
  literal('T')
  const hour = number('15', /^\d\d?/)
  if (hour > 23) outOfRange('hour')
  literal(':')
  const minute = number('04', /^\d\d/)
  if (minute > 59) outOfRange('minute')
  literal(':')
  const second = number('05', /^\d\d/)
  if (second > 59) outOfRange('second')
  let fraction = ''
  if (layout === MICRO_LAYOUT) {
    const match = /^[.,](\d{6})/.exec(rest)
    if (match === null) bad('.000000')
    else {
      fraction = match[1]!
      rest = rest.slice(7)
    }
  } else {
    // Go takes a fraction after the seconds even where the layout has none.
    const match = /^[.,](\d+)/.exec(rest)
    if (match !== null) {
      fraction = match[1]!
      rest = rest.slice(match[0].length)
    }
  }
  let offsetMinutes = 0
  if (rest.startsWith('Z')) {
    rest = rest.slice(1)
  } else {
    const match = /^([+-])(\d\d):(\d\d)/.exec(rest)
    if (match === null) bad('Z07:00')
    else {
      if (Number(match[2]) > 24) outOfRange('time zone offset hour')
      if (Number(match[3]) > 60) outOfRange('time zone offset minute')
      offsetMinutes = (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]))
      rest = rest.slice(6)
    }
  }
  if (rest !== '') throw new TimeError(`parsing time ${quote(text)}: extra text: ${quote(rest)}`)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (day < 1 || date.getUTCDate() !== day) outOfRange('day')
  date.setUTCHours(hour, minute - offsetMinutes, second)
  return { date, fraction }
}
