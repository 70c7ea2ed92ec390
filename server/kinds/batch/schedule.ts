// The schedule and the time zone of a cron job: whether they can be read.
// Source: pkg/apis/batch/validation, validateScheduleFormat, validateTimeZone
import { parseSchedule } from '../../apimachinery/cron-schedule.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid } from '../../apimachinery/field.ts'
import { isTimeZone } from '../../apimachinery/time-zone.ts'

/** What is wrong with a schedule, `0 3 * * 1-5` or `@hourly`, in the words of the library that upstream reads it with. */
export function problemOfSchedule(schedule: string): string | undefined {
  try {
    parseSchedule(schedule)
    return undefined
  } catch (error) {
    return (error as Error).message
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
