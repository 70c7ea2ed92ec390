// The schedule and the time zone of a cron job: whether they can be read.
// Source: github.com/robfig/cron/v3, Parser.Parse; pkg/apis/batch/validation, validateScheduleFormat, validateTimeZone
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid } from '../../apimachinery/field.ts'

interface Bounds {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const bounds: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
]
const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']

/** What is wrong with a schedule, `0 3 * * 1-5` or `@hourly`, in the words of the library that upstream reads it with. */
export function problemOfSchedule(schedule: string): string | undefined {
  let text = schedule
  if (/^(CRON_)?TZ=/.test(text)) {
    const space = text.indexOf(' ')
    if (space < 0) return `error parsing schedule: runtime error: slice bounds out of range [:${space}]`
    const zone = text.slice(text.indexOf('=') + 1, space)
    if (!isTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`
    text = text.slice(space).trim()
  }
  if (text.startsWith('@')) return problemOfDescriptor(text)
  const fields = text.split(/\s+/).filter((one) => one !== '')
  if (fields.length !== bounds.length) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`
  for (const [at, one] of fields.entries()) {
    for (const range of one.split(',')) {
      const problem = range === '' ? undefined : problemOfRange(range, bounds[at]!)
      if (problem !== undefined) return problem
    }
  }
  return undefined
}

function problemOfDescriptor(text: string): string | undefined {
  if (descriptors.includes(text)) return undefined
  const every = '@every '
  if (!text.startsWith(every)) return `unrecognized descriptor: ${text}`
  const duration = text.slice(every.length)
  if (/^[-+]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$/.test(duration)) return undefined
  return `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`
}

/** A number, a name, `*`, a range `1-5`, each perhaps with a step, `*` + `/15`. */
function problemOfRange(text: string, { min, max, names }: Bounds): string | undefined {
  const [range = '', step, ...tooManySlashes] = text.split('/')
  const limits = range.split('-')
  let [start, end] = [min, max]
  if (limits[0] !== '*' && limits[0] !== '?') {
    const values: number[] = []
    if (limits.length > 2) return `too many hyphens: ${text}`
    for (const limit of limits) {
      const index = names?.indexOf(limit.toLowerCase()) ?? -1
      if (index < 0 && problemOfNumber(limit) !== undefined) return problemOfNumber(limit)
      values.push(index < 0 ? Number(limit) : index + min)
    }
    start = values[0]!
    end = values[1] ?? (step === undefined ? start : max)
  }
  if (tooManySlashes.length > 0) return `too many slashes: ${text}`
  if (step !== undefined && problemOfNumber(step) !== undefined) return problemOfNumber(step)
  if (start < min) return `beginning of range (${start}) below minimum (${min}): ${text}`
  if (end > max) return `end of range (${end}) above maximum (${max}): ${text}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`
  return step !== undefined && Number(step) === 0 ? `step of range should be a positive number: ${text}` : undefined
}

function problemOfNumber(text: string): string | undefined {
  if (!/^[-+]?[0-9]+$/.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
  }
  return Number(text) < 0 ? `negative number (${Number(text)}) not allowed: ${text}` : undefined
}

function isTimeZone(name: string): boolean {
  // An offset is a time zone for Intl, not for Go.
  if (/^[-+]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** @param allowTimeZone schedules that were stored with a time zone keep it */
export function validateSchedule(
  schedule: string,
  timeZone: string | undefined,
  allowTimeZone: boolean,
  path: FieldPath,
): FieldError[] {
  const problem = problemOfSchedule(schedule)
  const errors = problem === undefined ? [] : [invalid(path, schedule, problem)]
  if (!schedule.includes('TZ')) return errors
  if (!allowTimeZone) {
    errors.push(invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'))
  } else if (timeZone !== undefined) {
    errors.push(invalid(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'))
  }
  return errors
}

export function validateTimeZone(timeZone: string | undefined, path: FieldPath): FieldError[] {
  if (timeZone === undefined) return []
  if (timeZone === '') return [invalid(path, timeZone, 'timeZone must be nil or non-empty string')]
  const unknown = invalid(path, timeZone, `unknown time zone ${timeZone}`)
  const isPart = (part: string): boolean =>
    part !== '.' && part !== '..' && /^[A-Za-z._0-9+][A-Za-z._0-9+-]{0,13}$/.test(part)
  if (!timeZone.split('/').every(isPart)) return [unknown]
  if (timeZone.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
    return timeZone === 'Local' ? [invalid(path, timeZone, detail)] : [invalid(path, timeZone, detail), unknown]
  }
  return isTimeZone(timeZone) ? [] : [unknown]
}
