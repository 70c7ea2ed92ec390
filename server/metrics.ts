// The series of /metrics, under the real names.
// Source: apiserver/pkg/endpoints/metrics (v1.36)
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from './http/filters/metrics.ts'

const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]
const mutating = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])
const requestLabels = ['verb', 'group', 'version', 'resource', 'subresource', 'scope'] as const

export class ServerMetrics implements Metrics {
  readonly #registry = new Registry()
  readonly #total: Counter<'code' | 'component' | (typeof requestLabels)[number]>
  readonly #duration: Histogram<'component' | (typeof requestLabels)[number]>
  readonly #inflight: Gauge<'request_kind'>
  readonly #longRunning: Gauge<'verb'>

  constructor() {
    const registers = [this.#registry]
    this.#total = new Counter({
      name: 'apiserver_request_total',
      help: 'Requests by verb, resource, scope and HTTP status.',
      labelNames: [...requestLabels, 'component', 'code'],
      registers,
    })
    this.#duration = new Histogram({
      name: 'apiserver_request_duration_seconds',
      help: 'Seconds from a request to the end of its answer, without long-running requests.',
      labelNames: [...requestLabels, 'component'],
      buckets: durationBuckets,
      registers,
    })
    this.#inflight = new Gauge({
      name: 'apiserver_current_inflight_requests',
      help: 'Requests under way, by whether they change something.',
      labelNames: ['request_kind'],
      registers,
    })
    this.#longRunning = new Gauge({
      name: 'apiserver_longrunning_requests',
      help: 'Watches and streams under way.',
      labelNames: ['verb'],
      registers,
    })
  }

  requestStarted({ verb, isLongRunning }: Parameters<Metrics['requestStarted']>[0]): void {
    if (isLongRunning) this.#longRunning.inc({ verb: verb.toUpperCase() })
    else this.#inflight.inc({ request_kind: kindOf(verb) })
  }

  requestEnded(
    { verb, isLongRunning, code, ...labels }: Parameters<Metrics['requestEnded']>[0],
    seconds: number,
  ): void {
    const common = { verb: verb.toUpperCase(), component: 'apiserver', ...labels }
    this.#total.inc({ ...common, code })
    if (isLongRunning) this.#longRunning.dec({ verb: verb.toUpperCase() })
    else {
      this.#inflight.dec({ request_kind: kindOf(verb) })
      this.#duration.observe(common, seconds)
    }
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}

function kindOf(verb: string): string {
  return mutating.has(verb) ? 'mutating' : 'readOnly'
}
