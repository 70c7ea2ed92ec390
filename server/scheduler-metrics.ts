// The scheduler in /metrics, under the real names.
// Source: pkg/scheduler/metrics, InitMetrics (v1.36)
import { Gauge, type Registry } from 'prom-client'
import type { AttemptResult, SchedulerObserver, SchedulerSizes } from './scheduler/observer.ts'
import { TalliedHistogram, TalliedNumbers, type HistogramTally, type Tally } from './tallied-metrics.ts'

interface AttemptSeries {
  readonly total: Tally
  readonly seconds: HistogramTally
}

/** So many bounds, each twice the one before. */
function doubling(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first * 2 ** at)
}

/** So many attempts and more have one label. */
const manyAttempts = 15

export class SchedulerMetrics implements SchedulerObserver {
  readonly #registry: Registry
  #sizes: SchedulerSizes | undefined
  readonly #total: TalliedNumbers
  readonly #latency: TalliedHistogram
  readonly #sliSeconds: TalliedHistogram
  readonly #algorithm: HistogramTally
  readonly #attempts: HistogramTally
  readonly #victims: HistogramTally
  readonly #preemptions: Tally
  readonly #attemptSeries = new Map<string, AttemptSeries>()
  readonly #sliSeries = new Map<string, HistogramTally>()

  constructor(registry: Registry) {
    this.#registry = registry
    this.#total = new TalliedNumbers('counter', {
      name: 'scheduler_schedule_attempts_total',
      help: "[STABLE] Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
      registry,
    })
    this.#latency = new TalliedHistogram(doubling(0.001, 15), {
      name: 'scheduler_scheduling_attempt_duration_seconds',
      help: '[STABLE] Scheduling attempt latency in seconds (scheduling algorithm + binding)',
      registry,
    })
    this.#sliSeconds = new TalliedHistogram(doubling(0.01, 20), {
      name: 'scheduler_pod_scheduling_sli_duration_seconds',
      help: '[BETA] E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue and might involve multiple scheduling attempts.',
      registry,
    })
    this.#algorithm = new TalliedHistogram(doubling(0.001, 15), {
      name: 'scheduler_scheduling_algorithm_duration_seconds',
      help: '[ALPHA] Scheduling algorithm latency in seconds',
      registry,
    }).series({})
    this.#attempts = new TalliedHistogram(doubling(1, 5), {
      name: 'scheduler_pod_scheduling_attempts',
      help: '[STABLE] Number of attempts to successfully schedule a pod.',
      registry,
    }).series({})
    this.#victims = new TalliedHistogram(doubling(1, 7), {
      name: 'scheduler_preemption_victims',
      help: '[STABLE] Number of selected preemption victims',
      registry,
    }).series({})
    this.#preemptions = new TalliedNumbers('counter', {
      name: 'scheduler_preemption_attempts_total',
      help: '[STABLE] Total preemption attempts in the cluster till now',
      registry,
    }).series({})
    this.#addSizes(
      'scheduler_pending_pods',
      "[STABLE] Number of pending pods, by the queue type. 'active' means number of pods in activeQ; 'backoff' means number of pods in backoffQ; 'unschedulable' means number of pods in unschedulablePods that the scheduler attempted to schedule and failed; 'gated' is the number of unschedulable pods that the scheduler never attempted to schedule because they are gated.",
      'queue',
      (sizes) => ({ ...sizes.pendingPods() }),
    )
    this.#addSizes(
      'scheduler_cache_size',
      '[ALPHA] Number of nodes, pods, and assumed (bound) pods in the scheduler cache.',
      'type',
      (sizes) => ({ ...sizes.cacheSizes() }),
    )
  }

  started(sizes: SchedulerSizes): void {
    this.#sizes = sizes
  }

  attempted(profile: string, result: AttemptResult, seconds: number): void {
    // Where nothing fits, whom to preempt is thought about, whatever comes of it.
    if (result === 'unschedulable') this.#preemptions.value++
    const key = `${result} ${profile}`
    let series = this.#attemptSeries.get(key)
    if (series === undefined) {
      const labels = { profile, result }
      series = { total: this.#total.series(labels), seconds: this.#latency.series(labels) }
      this.#attemptSeries.set(key, series)
    }
    series.total.value++
    series.seconds.observe(seconds)
  }

  decided(seconds: number): void {
    this.#algorithm.observe(seconds)
  }

  bound(attempts: number, seconds: number): void {
    const label = attempts >= manyAttempts ? `${manyAttempts}+` : String(attempts)
    let series = this.#sliSeries.get(label)
    if (series === undefined) this.#sliSeries.set(label, (series = this.#sliSeconds.series({ attempts: label })))
    series.observe(seconds)
    this.#attempts.observe(attempts)
  }

  preempting(victims: number): void {
    this.#victims.observe(victims)
  }

  #addSizes(name: string, help: string, label: string, of: (sizes: SchedulerSizes) => Record<string, number>): void {
    const current = (): SchedulerSizes | undefined => this.#sizes
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        const sizes = current()
        if (sizes === undefined) return
        for (const [value, size] of Object.entries(of(sizes))) this.set({ [label]: value }, size)
      },
    })
  }
}
