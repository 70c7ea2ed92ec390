// Figures: what was measured, in which unit, and the bar it is held to.

export type Unit = 'ms' | 'MB' | 'µs' | '×' | '/s'

export interface Figure {
  readonly name: string
  readonly what: string
  readonly unit: Unit
  /** At most this; absent where there is no bar. */
  readonly bar?: number
  readonly min: number
  readonly median: number
  readonly max: number
  readonly runs: number
}

/** What a figure is called and held to, before it is measured. */
export type About = Pick<Figure, 'name' | 'what' | 'unit' | 'bar'>

/** Of what was measured: the least, the median and the most. */
export function figure(about: About, values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b)
  const round = (value: number): number => (value < 10 ? Math.round(value * 100) / 100 : Math.round(value * 10) / 10)
  return {
    ...about,
    min: round(sorted[0]!),
    median: round(median(sorted)),
    max: round(sorted.at(-1)!),
    runs: sorted.length,
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2
}

export async function times(count: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = []
  for (let run = 0; run < count; run++) values.push(await measure())
  return values
}
