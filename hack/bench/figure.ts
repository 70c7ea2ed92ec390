// Figures: what was measured, in which unit, the bar it is held to, and the limit of the platform it is compared with.

export type Unit = 'ms' | 's' | 'MiB' | 'µs' | '×' | '/s' | '%'

/** What a figure is called and held to, before it is measured. */
export interface About {
  readonly name: string
  readonly what: string
  readonly unit: Unit
  /** At most this; of rates, at least. Absent where there is no bar. */
  readonly bar?: number | undefined
  /** What the machine can do at most, measured in the same run, in the same unit. */
  readonly limit?: number | undefined
}

export interface Figure extends About {
  readonly min: number
  readonly median: number
  readonly max: number
  readonly runs: number
  /** How many times the limit: of costs 1 is the least possible, of rates the most. */
  readonly ofLimit?: number
  readonly isMet?: boolean
  /** What else was seen meanwhile, by its name and unit. */
  readonly details?: Readonly<Record<string, number>>
}

/** Of what was measured: the least, the median and the most. @param values at least one */
export function figure(about: About, values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b)
  const { name, what, unit, bar, limit } = about
  const middle = median(values)
  return {
    name,
    what,
    unit,
    ...(bar !== undefined && { bar }),
    ...(limit !== undefined && { limit: round(limit) }),
    min: round(sorted[0]!),
    median: round(middle),
    max: round(sorted.at(-1)!),
    runs: sorted.length,
    ...(limit !== undefined && limit > 0 && { ofLimit: round(middle / limit) }),
    ...(bar !== undefined && { isMet: isMore(unit) ? middle >= bar : middle <= bar }),
  }
}

/** Of rates more is better. */
export function isMore(unit: Unit): boolean {
  return unit === '/s'
}

/** About three digits that mean something. */
export function round(value: number): number {
  if (value >= 100) return Math.round(value)
  return Number(value.toPrecision(3))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2
}

export async function times(count: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = []
  for (let run = 0; run < count; run++) values.push(await measure())
  return values
}

/** Rows of a Markdown table, its head included. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((one) => {
    const { what, unit, bar, limit, ofLimit, isMet } = one
    const sign = isMore(unit) ? '≥' : '≤'
    const verdict = bar === undefined ? '' : `${sign} ${number(bar)} ${unit} ${isMet === true ? 'met' : '**missed**'}`
    const compared = limit === undefined ? '' : `${number(limit)} ${unit}: × ${ofLimit}`
    const details = Object.entries(one.details ?? {}).map(([key, value]) => `${key}: ${number(round(value))}`)
    return `| ${what} | ${number(one.median)} ${unit} | ${number(one.min)} to ${number(one.max)} | ${compared} | ${verdict} | ${details.join(', ')} |`
  })
  return [
    '| figure | median | min to max | limit: ratio | bar | seen meanwhile |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 })
}
