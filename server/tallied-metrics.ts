// Metrics whose series are found once and then counted in plain numbers: prom-client would look for the series by all its
// labels at every count, which is a tenth of what a small request costs. They are printed by its registry all the same.
import type { Metric, Registry } from 'prom-client'

type Labels = Readonly<Record<string, string | number>>

interface Value {
  readonly metricName?: string
  readonly labels: Labels
  readonly value: number
}

/** The part of a prom-client metric that its registry asks for. */
interface Printed {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly values: Value[]
  readonly aggregator: 'sum'
}

export interface TallyOptions {
  readonly name: string
  readonly help: string
  readonly registry: Registry
}

abstract class TalliedMetric {
  readonly name: string
  readonly help: string

  constructor({ name, help, registry }: TallyOptions) {
    this.name = name
    this.help = help
    registry.registerMetric(this as unknown as Metric)
  }

  async get(): Promise<Printed> {
    return { name: this.name, help: this.help, type: this.type(), values: [...this.values()], aggregator: 'sum' }
  }

  protected abstract type(): Printed['type']
  protected abstract values(): Iterable<Value>
}

/** A number that goes up; as a gauge, also down. */
export interface Tally {
  value: number
}

export class TalliedNumbers extends TalliedMetric {
  readonly #type: 'counter' | 'gauge'
  readonly #series: (Value & Tally)[] = []

  constructor(type: 'counter' | 'gauge', options: TallyOptions) {
    super(options)
    this.#type = type
  }

  /** A new series, at 0. */
  series(labels: Labels): Tally {
    const series = { labels, value: 0 }
    this.#series.push(series)
    return series
  }

  protected type(): 'counter' | 'gauge' {
    return this.#type
  }

  protected values(): Iterable<Value> {
    return this.#series
  }
}

/** What was observed, by upper bound. */
export class HistogramTally {
  readonly labels: Labels
  readonly #bounds: readonly number[]
  /** The last one is of what is above all bounds. */
  readonly #counts: number[]
  #sum = 0

  constructor(labels: Labels, bounds: readonly number[]) {
    this.labels = labels
    this.#bounds = bounds
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    const bounds = this.#bounds
    let at = 0
    while (at < bounds.length && value > bounds[at]!) at++
    this.#counts[at]!++
    this.#sum += value
  }

  *values(name: string): Generator<Value> {
    const { labels } = this
    let count = 0
    for (let at = 0; at < this.#counts.length; at++) {
      count += this.#counts[at]!
      yield { metricName: `${name}_bucket`, labels: { le: boundLabel(this.#bounds[at]), ...labels }, value: count }
    }
    yield { metricName: `${name}_sum`, labels, value: this.#sum }
    yield { metricName: `${name}_count`, labels, value: count }
  }
}

/** As Go prints numbers, so that queries find the very label: `1e-06`, `0.001`, `100000`, `1e+06`. */
function boundLabel(bound: number | undefined): string {
  if (bound === undefined) return '+Inf'
  const [digits, exponent] = bound.toExponential().split('e') as [string, string]
  const power = Number(exponent)
  if (bound === 0 || (power >= -4 && power < 6)) return String(bound)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

export class TalliedHistogram extends TalliedMetric {
  readonly #bounds: readonly number[]
  readonly #series: HistogramTally[] = []

  /** @param bounds upper ones, ascending; what equals one is within it */
  constructor(bounds: readonly number[], options: TallyOptions) {
    super(options)
    this.#bounds = bounds
  }

  /** A new series, of nothing. */
  series(labels: Labels): HistogramTally {
    const series = new HistogramTally(labels, this.#bounds)
    this.#series.push(series)
    return series
  }

  protected type(): 'histogram' {
    return 'histogram'
  }

  protected *values(): Generator<Value> {
    for (const series of this.#series) yield* series.values(this.name)
  }
}
