// Schedules of cron, `0 3 * * 1-5`, `@hourly`, `@every 90m`: reading them, and finding the next time.
// Source: github.com/robfig/cron/v3, Parser.Parse, SpecSchedule.Next
// No package of npm agrees with that library on what steps, `?` and days of month and week together mean.
import { parseDuration } from './go-duration.ts'
import { quote } from './go-quote.ts'
import { isTimeZone, localTime } from './time-zone.ts'

export interface CronSchedule {
  /** The next time after `time`, in milliseconds since the epoch; undefined if there is none within five years. */
  next(time: number): number | undefined
}

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

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** One of the five fields. */
interface Field {
  readonly values: ReadonlySet<number>
  /** It takes everything as it comes: then only the other one of the two kinds of days counts. */
  readonly isStar: boolean
}

/**
 * @param timeZone IANA name; UTC if absent. A `TZ=` or `CRON_TZ=` at the beginning of the schedule has precedence.
 * @throws Error in the words of the library that upstream reads schedules with
 */
export function parseSchedule(schedule: string, timeZone?: string): CronSchedule {
  let text = schedule
  let zone = timeZone
  if (/^(CRON_)?TZ=/.test(text)) {
    const space = text.indexOf(' ')
    if (space < 0) throw new Error(`invalid schedule format: runtime error: slice bounds out of range [:${space}]`)
    zone = text.slice(text.indexOf('=') + 1, space)
    if (!isTimeZone(zone)) throw new Error(`provided bad location ${zone}: unknown time zone ${zone}`)
    text = text.slice(space).trim()
  }
  if (text.startsWith('@every ')) return every(text)
  if (text.startsWith('@')) {
    const fields = descriptors[text]
    if (fields === undefined) throw new Error(`unrecognized descriptor: ${text}`)
    text = fields
  }
  const fields = text.split(/\s+/).filter((one) => one !== '')
  if (fields.length !== bounds.length) {
    throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields.map((one, at) => parseField(one, bounds[at]!))
  return new FieldSchedule(
    { minute: minute!, hour: hour!, dayOfMonth: dayOfMonth!, month: month!, dayOfWeek: dayOfWeek! },
    zone,
  )
}

function every(text: string): CronSchedule {
  let delayMs: number
  try {
    delayMs = parseDuration(text.slice('@every '.length))
  } catch (error) {
    throw new Error(`failed to parse duration ${text}: ${(error as Error).message}`, { cause: error })
  }
  const wholeMs = Math.max(1000, Math.floor(delayMs / 1000) * 1000)
  return { next: (time) => Math.floor(time / 1000) * 1000 + wholeMs }
}

function parseField(text: string, within: Bounds): Field {
  const ranges = text.split(',').filter((one) => one !== '')
  const parsed = ranges.map((range) => parseRange(range, within))
  return {
    values: new Set(parsed.flatMap(({ values }) => [...values])),
    isStar: parsed.some(({ isStar }) => isStar),
  }
}

/** A number, a name, `*`, a range `1-5`, each perhaps with a step, `*` + `/15`. */
function parseRange(text: string, { min, max, names }: Bounds): Field {
  const [range = '', stepText, ...tooManySlashes] = text.split('/')
  const limits = range.split('-')
  const isAny = limits[0] === '*' || limits[0] === '?'
  let [start, end] = [min, max]
  if (!isAny) {
    if (limits.length > 2) throw new Error(`too many hyphens: ${text}`)
    const values = limits.map((limit) => {
      const index = names?.indexOf(limit.toLowerCase()) ?? -1
      return index < 0 ? parseNumber(limit) : index + min
    })
    start = values[0]!
    end = values[1] ?? (stepText === undefined ? start : max)
  }
  if (tooManySlashes.length > 0) throw new Error(`too many slashes: ${text}`)
  const step = stepText === undefined ? 1 : parseNumber(stepText)
  if (start < min) throw new Error(`beginning of range (${start}) below minimum (${min}): ${text}`)
  if (end > max) throw new Error(`end of range (${end}) above maximum (${max}): ${text}`)
  if (start > end) throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${text}`)
  if (step === 0) throw new Error(`step of range should be a positive number: ${text}`)
  const values = new Set<number>()
  for (let value = start; value <= end; value += step) values.add(value)
  return { values, isStar: isAny && step === 1 }
}

function parseNumber(text: string): number {
  if (!/^[-+]?[0-9]+$/.test(text)) {
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${quote(text)}: invalid syntax`)
  }
  if (Number(text) < 0) throw new Error(`negative number (${Number(text)}) not allowed: ${text}`)
  return Number(text)
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** The clocks of no zone are set by more than two hours: short of that before midnight one is still in the same day. */
const SAFE_HOUR = 21
const LONGEST_SEARCH_YEARS = 5

class FieldSchedule implements CronSchedule {
  readonly #fields: Readonly<Record<'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek', Field>>
  readonly #zone: string | undefined

  constructor(
    fields: Readonly<Record<'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek', Field>>,
    zone?: string,
  ) {
    this.#fields = fields
    this.#zone = zone
  }

  /** Walks in steps of time that has really passed: what clocks skip does not come, what they repeat comes twice. */
  next(time: number): number | undefined {
    const { minute, hour } = this.#fields
    let candidate = (Math.floor(time / MINUTE) + 1) * MINUTE
    const lastYear = localTime(candidate, this.#zone).getUTCFullYear() + LONGEST_SEARCH_YEARS
    for (;;) {
      const local = localTime(candidate, this.#zone)
      if (local.getUTCFullYear() > lastYear) return undefined
      const untilHour = HOUR - local.getUTCMinutes() * MINUTE
      if (!this.#isDay(local)) {
        const hours = SAFE_HOUR - local.getUTCHours()
        candidate += untilHour + Math.max(0, hours - 1) * HOUR
      } else if (!hour.values.has(local.getUTCHours())) candidate += untilHour
      else if (!minute.values.has(local.getUTCMinutes())) candidate += MINUTE
      else return candidate
    }
  }

  #isDay(local: Date): boolean {
    const { dayOfMonth, month, dayOfWeek } = this.#fields
    if (!month.values.has(local.getUTCMonth() + 1)) return false
    const ofMonth = dayOfMonth.values.has(local.getUTCDate())
    const ofWeek = dayOfWeek.values.has(local.getUTCDay())
    return dayOfMonth.isStar || dayOfWeek.isStar ? ofMonth && ofWeek : ofMonth || ofWeek
  }
}
