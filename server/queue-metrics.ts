// The work queues of the controllers in /metrics: the real names of the series, and of the queues.
// Source: client-go/util/workqueue, metrics (v1.36); names of queues: pkg/controller, apiextensions-apiserver (v1.36)
import { Gauge, type Registry } from 'prom-client'
import type { QueueObserver } from './client/work-queue.ts'
import { TalliedHistogram, TalliedNumbers } from './tallied-metrics.ts'

/** Upper bounds, in seconds: powers of ten, two of them as the real server has computed them. */
const bounds = [1e-8, 1e-7, 1e-6, 9.999999999999999e-6, 9.999999999999999e-5, 1e-3, 0.01, 0.1, 1, 10]

/** What queues are called where that is not the controller's name without `-controller`; the main one of several. */
const queueNames: Readonly<Record<string, string>> = {
  'certificatesigningrequest-approving-controller': 'certificate',
  'clusterrole-aggregation-controller': 'ClusterRoleAggregator',
  'customresourcedefinition-controller': 'crd_naming_condition_controller',
  'endpoints-controller': 'endpoint',
  'endpointslice-controller': 'endpoint_slice',
  'endpointslice-mirroring-controller': 'endpoint_slice_mirroring',
  'ephemeral-volume-controller': 'ephemeral_volume',
  'garbage-collector-controller': 'garbage_collector_attempt_to_delete',
  'horizontal-pod-autoscaler-controller': 'horizontalpodautoscaler',
  'node-lifecycle-controller': 'node_lifecycle_controller',
  'persistentvolume-attach-detach-controller': 'pvcs',
  'persistentvolume-binder-controller': 'claims',
  'persistentvolume-expander-controller': 'volume_expand',
  'persistentvolume-protection-controller': 'pvprotection',
  'persistentvolumeclaim-protection-controller': 'pvcprotection',
  'pod-garbage-collector-controller': 'orphaned_pods_nodes',
  'resourceclaim-controller': 'resource_claim',
  'resourcequota-controller': 'resourcequota_primary',
  'root-ca-certificate-publisher-controller': 'root_ca_cert_publisher',
  'service-cidr-controller': 'ipaddresses',
  'taint-eviction-controller': 'noexec_taint_pod',
  'token-cleaner-controller': 'token_cleaner',
  'ttl-after-finished-controller': 'ttl_jobs_to_delete',
  'ttl-controller': 'ttlcontroller',
  'volumeattributesclass-protection-controller': 'vacprotection',
}

/** @param controller as users enable it, such as `deployment-controller` */
export function queueNameOf(controller: string): string {
  return queueNames[controller] ?? controller.replace(/-controller$/, '')
}

/** When the work that is under way began, by `performance`'s clock. */
class UnderWay {
  readonly #startedAt: number[] = []

  began(at: number): void {
    this.#startedAt.push(at)
  }

  ended(at: number): void {
    this.#startedAt.splice(this.#startedAt.indexOf(at), 1)
  }

  /** Seconds of each. */
  seconds(): number[] {
    const now = performance.now()
    return this.#startedAt.map((at) => (now - at) / 1000)
  }
}

export class QueueMetrics {
  readonly #depth: TalliedNumbers
  readonly #adds: TalliedNumbers
  readonly #retries: TalliedNumbers
  readonly #wait: TalliedHistogram
  readonly #work: TalliedHistogram
  readonly #underWay = new Map<string, UnderWay>()
  readonly #observers = new Map<string, QueueObserver>()

  constructor(registry: Registry) {
    this.#depth = new TalliedNumbers('gauge', {
      name: 'workqueue_depth',
      help: '[BETA] Current depth of workqueue',
      registry,
    })
    this.#adds = new TalliedNumbers('counter', {
      name: 'workqueue_adds_total',
      help: '[BETA] Total number of adds handled by workqueue',
      registry,
    })
    this.#retries = new TalliedNumbers('counter', {
      name: 'workqueue_retries_total',
      help: '[BETA] Total number of retries handled by workqueue',
      registry,
    })
    this.#wait = new TalliedHistogram(bounds, {
      name: 'workqueue_queue_duration_seconds',
      help: '[BETA] How long in seconds an item stays in workqueue before being requested.',
      registry,
    })
    this.#work = new TalliedHistogram(bounds, {
      name: 'workqueue_work_duration_seconds',
      help: '[BETA] How long in seconds processing an item from workqueue takes.',
      registry,
    })
    this.#addGauge(registry, {
      name: 'workqueue_unfinished_work_seconds',
      help: "[BETA] How many seconds of work has done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.",
      valueOf: (seconds) => seconds.reduce((sum, one) => sum + one, 0),
    })
    this.#addGauge(registry, {
      name: 'workqueue_longest_running_processor_seconds',
      help: '[BETA] How many seconds has the longest running processor for workqueue been running.',
      valueOf: (seconds) => Math.max(0, ...seconds),
    })
  }

  /** @param controller several queues of one controller count together */
  observe(controller: string): QueueObserver {
    const name = queueNameOf(controller)
    let observer = this.#observers.get(name)
    if (observer === undefined) this.#observers.set(name, (observer = this.#observer(name)))
    return observer
  }

  #observer(name: string): QueueObserver {
    const labels = { name }
    const depth = this.#depth.series(labels)
    const adds = this.#adds.series(labels)
    const retries = this.#retries.series(labels)
    const wait = this.#wait.series(labels)
    const work = this.#work.series(labels)
    const underWay = new UnderWay()
    this.#underWay.set(name, underWay)
    return {
      added() {
        adds.value++
        depth.value++
      },
      started(at, waitedSeconds) {
        depth.value--
        wait.observe(waitedSeconds)
        underWay.began(at)
      },
      ended(at, workedSeconds) {
        work.observe(workedSeconds)
        underWay.ended(at)
      },
      retried() {
        retries.value++
      },
    }
  }

  #addGauge(registry: Registry, of: { name: string; help: string; valueOf: (seconds: number[]) => number }): void {
    const { name, help, valueOf } = of
    const all = this.#underWay
    new Gauge({
      name,
      help,
      labelNames: ['name'],
      registers: [registry],
      collect() {
        for (const [queue, underWay] of all) this.set({ name: queue }, valueOf(underWay.seconds()))
      },
    })
  }
}
