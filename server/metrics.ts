// The series of /metrics, under the names, types and labels of the real server.
// Source: apiserver/pkg/endpoints/metrics, apiserver/pkg/storage/etcd3/metrics (v1.36)
import { Counter, Gauge, Registry } from 'prom-client'
import type { QueueObserver } from './client/work-queue.ts'
import type { WatchTally } from './http/context.ts'
import type { Metrics, RequestFigures, RequestLabels } from './http/filters/metrics.ts'
import { addProcessMetrics } from './process-metrics.ts'
import { QueueMetrics } from './queue-metrics.ts'
import { SchedulerMetrics } from './scheduler-metrics.ts'
import type { SchedulerObserver } from './scheduler/observer.ts'
import { TalliedHistogram, TalliedNumbers, type HistogramTally, type Tally } from './tallied-metrics.ts'
import { versionInfo } from './version.ts'

/** Upper bounds, in seconds. */
const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]
/** Without the time that webhooks and queues have taken. */
const sliBuckets = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]
const watchSizeBuckets = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072]
const sizeBuckets = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

const requestLabels = ['component', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'] as const
const resourceLabels = ['group', 'resource'] as const

/** The resource that a key of the store belongs to. */
export interface StoredResource {
  readonly group: string
  readonly resource: string
}

/** What is asked when somebody reads the metrics, of a store that is there by then. */
export interface StorageFigures {
  /** How many objects each resource has. */
  counts(): Iterable<readonly [StoredResource, number]>
  /** Of the files on disk; 0 without any. */
  bytes(): number
}

/** The series that a request of one kind counts in. */
interface RequestSeries {
  readonly total: Tally
  readonly seconds: HistogramTally
  /** Not of dry runs. */
  readonly sliSeconds: HistogramTally | undefined
  /** Only of reads. */
  readonly bytes: HistogramTally | undefined
}

interface WriteSeries {
  readonly seconds: HistogramTally
  readonly total: Tally
  readonly received: Tally
}

export class ServerMetrics implements Metrics {
  readonly #registry = new Registry()
  readonly #registers = [this.#registry]
  readonly #tallies = new Map<string, { readonly labels: Record<string, string>; readonly tally: WatchTally }>()
  #storage: StorageFigures | undefined

  readonly #total = new TalliedNumbers('counter', {
    name: 'apiserver_request_total',
    help: '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    registry: this.#registry,
  })

  readonly #duration = new TalliedHistogram(durationBuckets, {
    name: 'apiserver_request_duration_seconds',
    help: '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    registry: this.#registry,
  })

  readonly #sliDuration = new TalliedHistogram(sliBuckets, {
    name: 'apiserver_request_sli_duration_seconds',
    help: '[ALPHA] Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.',
    registry: this.#registry,
  })

  readonly #sizes = new TalliedHistogram(sizeBuckets, {
    name: 'apiserver_response_sizes',
    help: '[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.',
    registry: this.#registry,
  })

  readonly #inflight = new TalliedNumbers('gauge', {
    name: 'apiserver_current_inflight_requests',
    help: '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    registry: this.#registry,
  })

  readonly #longRunning = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    labelNames: requestLabels,
    registers: this.#registers,
  })

  readonly #writeDuration = new TalliedHistogram(durationBuckets, {
    name: 'etcd_request_duration_seconds',
    help: '[ALPHA] Etcd request latency in seconds for each operation and object type.',
    registry: this.#registry,
  })

  readonly #writes = new TalliedNumbers('counter', {
    name: 'etcd_requests_total',
    help: '[ALPHA] Etcd request counts for each operation and object type.',
    registry: this.#registry,
  })

  readonly #received = new TalliedNumbers('counter', {
    name: 'apiserver_storage_events_received_total',
    help: '[BETA] Number of etcd events received split by kind.',
    registry: this.#registry,
  })

  readonly #queues = new QueueMetrics(this.#registry)
  readonly #scheduler = new SchedulerMetrics(this.#registry)
  /** Of the objects as they are stored: the same event has one size for all watchers. */
  readonly #watchSizes = new TalliedHistogram(watchSizeBuckets, {
    name: 'apiserver_watch_events_sizes',
    help: '[ALPHA] Watch event size distribution in bytes',
    registry: this.#registry,
  })

  readonly #requestSeries = new Map<string, RequestSeries>()
  /** These are of all requests of a kind, whatever became of them. */
  readonly #durations = new Map<string, HistogramTally>()
  readonly #sliDurations = new Map<string, HistogramTally>()
  readonly #answerSizes = new Map<string, HistogramTally>()
  readonly #writeSeries = new Map<string, WriteSeries>()
  readonly #receivedSeries = new Map<string, Tally>()
  readonly #inflightSeries = {
    mutating: this.#inflight.series({ request_kind: 'mutating' }),
    readOnly: this.#inflight.series({ request_kind: 'readOnly' }),
  }

  constructor() {
    this.#addWatchEvents()
    this.#addStorage()
    this.#addConstants()
    addProcessMetrics(this.#registry)
  }

  /** From now on the series of the store are filled. */
  readsStorage(figures: StorageFigures): void {
    this.#storage = figures
  }

  inflight(kind: 'mutating' | 'readOnly', delta: 1 | -1): void {
    this.#inflightSeries[kind].value += delta
  }

  longRunning(labels: RequestLabels, delta: 1 | -1): void {
    this.#longRunning.inc({ ...labels }, delta)
  }

  requestEnded(labels: RequestLabels, { code, dryRun, seconds, bytes }: RequestFigures): void {
    const { component, group, resource, scope, subresource, verb, version } = labels
    const what = `${verb} ${group}/${version}/${resource}/${subresource} ${scope} ${component}`
    const key = `${what} ${dryRun} ${code}`
    let series = this.#requestSeries.get(key)
    if (series === undefined)
      this.#requestSeries.set(key, (series = this.#addRequestSeries(labels, code, dryRun, what)))
    series.total.value++
    series.seconds.observe(seconds)
    series.sliSeconds?.observe(seconds)
    if (bytes !== undefined) series.bytes?.observe(bytes)
  }

  #addRequestSeries(labels: RequestLabels, code: number, dryRun: string, what: string): RequestSeries {
    const { component, ...rest } = labels
    const labelsOfAll = { component, dry_run: dryRun, ...rest }
    const isRead = labels.verb === 'GET' || labels.verb === 'LIST'
    return {
      total: this.#total.series({ code, ...labelsOfAll }),
      seconds: kept(this.#durations, `${what} ${dryRun}`, () => this.#duration.series(labelsOfAll)),
      sliSeconds:
        dryRun === '' ? kept(this.#sliDurations, what, () => this.#sliDuration.series({ ...labels })) : undefined,
      bytes: isRead ? kept(this.#answerSizes, what, () => this.#sizes.series({ ...labels })) : undefined,
    }
  }

  /** Counting itself costs a watcher nothing: the sum is read when somebody asks. */
  watchTally({ group, version, resource }: { group: string; version: string; resource: string }): WatchTally {
    const name = `${group}/${version}/${resource}`
    let one = this.#tallies.get(name)
    if (one === undefined) {
      const labels = { group, resource, version }
      one = { labels, tally: { events: 0, sizes: this.#watchSizes.series(labels) } }
      this.#tallies.set(name, one)
    }
    return one.tally
  }

  /** A write that is on disk. @param seconds from its decision */
  written(of: StoredResource, operation: 'create' | 'update' | 'delete', seconds: number): void {
    const key = `${operation} ${of.group}/${of.resource}`
    let series = this.#writeSeries.get(key)
    if (series === undefined) this.#writeSeries.set(key, (series = this.#addWriteSeries(of, operation)))
    series.seconds.observe(seconds)
    series.total.value++
    series.received.value++
  }

  #addWriteSeries({ group, resource }: StoredResource, operation: string): WriteSeries {
    const labels = { group, operation, resource }
    const name = `${group}/${resource}`
    const received = kept(this.#receivedSeries, name, () => this.#received.series({ group, resource }))
    return { seconds: this.#writeDuration.series(labels), total: this.#writes.series(labels), received }
  }

  /** @param controller the name that users enable it by */
  observeQueue(controller: string): QueueObserver {
    return this.#queues.observe(controller)
  }

  get schedulerObserver(): SchedulerObserver {
    return this.#scheduler
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  #addWatchEvents(): void {
    const tallies = this.#tallies
    new Counter({
      name: 'apiserver_watch_events_total',
      help: '[ALPHA] Number of events sent in watch clients',
      labelNames: ['group', 'resource', 'version'],
      registers: this.#registers,
      collect() {
        this.reset()
        for (const { labels, tally } of tallies.values()) this.inc(labels, tally.events)
      },
    })
  }

  /** Which version this is; and that no request waits: there is no queue before requests are worked on. */
  #addConstants(): void {
    const { gitVersion, emulationMajor, emulationMinor, minCompatibilityMajor, minCompatibilityMinor } = versionInfo
    new TalliedNumbers('gauge', {
      name: 'version_info',
      help: '[ALPHA] Provides the compatibility version info of the component. The component label is the name of the component, usually kube, but is relevant for aggregated-apiservers.',
      registry: this.#registry,
    }).series({
      binary: gitVersion.slice(1),
      component: 'kube',
      emulation: `${emulationMajor}.${emulationMinor}`,
      min_compat: `${minCompatibilityMajor}.${minCompatibilityMinor}`,
    }).value = 1
    const queued = new TalliedNumbers('gauge', {
      name: 'apiserver_current_inqueue_requests',
      help: '[ALPHA] Maximal number of queued requests in this apiserver per request kind in last second.',
      registry: this.#registry,
    })
    for (const kind of ['mutating', 'readOnly']) queued.series({ request_kind: kind })
  }

  #addStorage(): void {
    const storage = () => this.#storage
    const stored =
      'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.'
    new Gauge({
      name: 'apiserver_resource_objects',
      help: `[ALPHA] ${stored}`,
      labelNames: resourceLabels,
      registers: this.#registers,
      collect() {
        this.reset()
        for (const [{ group, resource }, count] of storage()?.counts() ?? []) this.set({ group, resource }, count)
      },
    })
    new Gauge({
      name: 'apiserver_storage_objects',
      help: `[STABLE] (Deprecated since 1.34.0) [DEPRECATED, consider using apiserver_resource_objects instead] ${stored}`,
      labelNames: ['resource'],
      registers: this.#registers,
      collect() {
        this.reset()
        for (const [{ group, resource }, count] of storage()?.counts() ?? []) {
          this.set({ resource: group === '' ? resource : `${resource}.${group}` }, count)
        }
      },
    })
    new Gauge({
      name: 'apiserver_storage_size_bytes',
      help: '[STABLE] Size of the storage database file physically allocated in bytes.',
      labelNames: ['storage_cluster_id'],
      registers: this.#registers,
      collect() {
        this.set({ storage_cluster_id: 'etcd-0' }, storage()?.bytes() ?? 0)
      },
    })
  }
}

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}
