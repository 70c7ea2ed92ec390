// HorizontalPodAutoscalers: as many replicas as their metrics call for, looked at every 15 seconds.
// Source: kubernetes pkg/controller/podautoscaler, horizontal (v1.36)
import type * as autoscaling from '../../api/autoscaling.ts'
import type * as core from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { isConflict } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-quote.ts'
import { parseGroupVersion } from '../../apimachinery/gvk.ts'
import { parseLabelSelector, type Selector } from '../../apimachinery/selectors.ts'
import type { Frozen, KubeObject, Stored } from '../../apimachinery/types.ts'
import type { Client, ResourceName } from '../../client/client.ts'
import {
  FIELD_MANAGER,
  isWorthTelling,
  type Controller,
  type ControllerContext,
  type RunningController,
} from '../../client/controller.ts'
import { EventRecorder, subjectOf, type EventType } from '../../client/events.ts'
import { keyOf, splitKey } from '../../client/indexer.ts'
import type { Informer } from '../../client/informers.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import type { Pod } from '../pod-status.ts'
import { quantityToNumber, parseQuantity } from '../../apimachinery/quantity.ts'
import type { Tolerances } from './calculator.ts'
import { limit, newMemory, noteScaling, type Memory } from './limits.ts'
import { servedMetrics, type MetricsSource } from './metrics.ts'
import { MetricProblem, propose, type MetricStatus, type Proposal } from './proposals.ts'
import { StatusDraft } from './status-draft.ts'

type Autoscaler = Frozen<Stored<autoscaling.HorizontalPodAutoscaler>>
type Scale = Frozen<Stored<autoscaling.Scale>>

const AUTOSCALERS = 'horizontalpodautoscalers.autoscaling'
const KIND = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' }
const RESYNC_MS = 15_000
const TOLERANCE = 0.1
/** Times a scale is read anew because somebody else has changed it. */
const SCALE_TRIES = 5

/** @param metricsOf for tests; by default the metrics that the cluster serves */
export function podAutoscaler(metricsOf: (client: Client) => MetricsSource = servedMetrics): Controller {
  return { name: 'horizontal-pod-autoscaler-controller', start: (context) => new PodAutoscaler(context, metricsOf) }
}

interface Target {
  readonly resource: ResourceName
  readonly scale: Scale
}

/** What is to be done about the number of replicas, and why. */
interface Decision {
  readonly replicas: number
  readonly reason: string
  readonly metrics: readonly MetricStatus[]
}

class PodAutoscaler implements RunningController {
  readonly name = 'horizontal-pod-autoscaler-controller'
  readonly #client: Client
  readonly #clock: ControllerContext['clock']
  readonly #recorder: EventRecorder
  readonly #source: MetricsSource
  readonly #autoscalers: Informer<autoscaling.HorizontalPodAutoscaler>
  readonly #pods: Informer<core.Pod>
  readonly #queue: WorkQueue
  readonly #unsubscribe: () => void
  readonly #memories = new Map<string, Memory>()
  /** Of the pods of each autoscaler's target, as far as known. */
  readonly #selectors = new Map<string, Selector>()

  constructor(
    { informers, clientFor, clock, observeQueue, onError }: ControllerContext,
    metricsOf: (client: Client) => MetricsSource,
  ) {
    this.#client = clientFor('horizontal-pod-autoscaler')
    this.#clock = clock
    this.#source = metricsOf(this.#client)
    this.#recorder = new EventRecorder({ client: this.#client, clock, component: 'horizontal-pod-autoscaler' })
    this.#queue = new WorkQueue(clock, {
      work: (key) => this.#work(key),
      observer: observeQueue?.(this.name),
      onError: (key, error, retries) => {
        if (isWorthTelling(error, retries)) onError?.(this.name, key, error)
      },
    })
    this.#pods = informers.for<core.Pod>('pods')
    this.#autoscalers = informers.for<autoscaling.HorizontalPodAutoscaler>(AUTOSCALERS)
    this.#unsubscribe = this.#autoscalers.onEvents((events) => {
      for (const { type, object, old } of events) {
        const isNews = type !== 'MODIFIED' || !deepEqual(object.spec, old?.spec)
        if (isNews) this.#queue.add(keyOf(object))
      }
    })
    void Promise.all([this.#autoscalers.synced, this.#pods.synced]).then(() => this.#queue.start())
  }

  async settled(): Promise<void> {
    await this.#queue.settled()
    await this.#recorder.flush()
  }

  async close(): Promise<void> {
    this.#unsubscribe()
    await this.#queue.close()
    await this.#recorder.close()
  }

  async #work(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key)
    const autoscaler = this.#autoscalers.lister.get(namespace, name)
    if (autoscaler === undefined) {
      this.#memories.delete(key)
      this.#selectors.delete(key)
      return
    }
    const draft = new StatusDraft(autoscaler.status, this.#clock.now())
    await this.#look(key, autoscaler, draft)
    await this.#writeStatus(autoscaler, draft)
    return RESYNC_MS
  }

  async #look(key: string, autoscaler: Autoscaler, draft: StatusDraft): Promise<void> {
    const target = await this.#targetOf(autoscaler, draft)
    if (target === undefined) return
    const current = target.scale.spec?.replicas ?? 0
    const now = this.#clock.now()
    const memory = this.#memories.get(key) ?? newMemory(current, now)
    this.#memories.set(key, memory)
    const decision = await this.#decide(key, autoscaler, target.scale, memory, draft)
    if (decision === undefined) return
    const { replicas, reason, metrics } = decision
    if (replicas === current) {
      draft.setReplicas(current, current, metrics)
      return
    }
    try {
      await this.#rescale(target, replicas)
    } catch (error) {
      const { message } = error as Error
      this.#tell(autoscaler, 'Warning', 'FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${message}`)
      draft.set(
        'AbleToScale',
        'False',
        'FailedUpdateScale',
        `the HPA controller was unable to update the target scale: ${message}`,
      )
      draft.setReplicas(current, draft.desiredReplicas, metrics)
      return
    }
    draft.set(
      'AbleToScale',
      'True',
      'SucceededRescale',
      `the HPA controller was able to update the target scale to ${replicas}`,
    )
    this.#tell(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`)
    noteScaling(autoscaler, memory, current, replicas, now)
    draft.remove('ScaledToZero')
    draft.setReplicas(current, replicas, metrics)
    draft.scaled()
  }

  /** The target with its scale; nothing, noted, if there is none. */
  async #targetOf(autoscaler: Autoscaler, draft: StatusDraft): Promise<Target | undefined> {
    const { apiVersion = '', kind = '', name = '' } = autoscaler.spec?.scaleTargetRef ?? {}
    try {
      const { group } = parseGroupVersion(apiVersion)
      const served = (await this.#client.resources()).find((one) => one.group === group && one.kind === kind)
      if (served === undefined) throw new Error(`no matches for kind ${quote(kind)} in group ${quote(group)}`)
      const { resource } = served
      const scale = await this.#client.get<autoscaling.Scale>(resource, autoscaler.metadata.namespace, name, {
        subresource: 'scale',
      })
      draft.set(
        'AbleToScale',
        'True',
        'SucceededGetScale',
        "the HPA controller was able to get the target's current scale",
      )
      return { resource, scale }
    } catch (error) {
      const { message } = error as Error
      this.#tell(autoscaler, 'Warning', 'FailedGetScale', message)
      const why = `the HPA controller was unable to get the target's current scale: ${message}`
      draft.set('AbleToScale', 'False', 'FailedGetScale', why)
      return undefined
    }
  }

  /** Nothing, noted, if the metrics do not allow a decision. */
  async #decide(
    key: string,
    autoscaler: Autoscaler,
    scale: Scale,
    memory: Memory,
    draft: StatusDraft,
  ): Promise<Decision | undefined> {
    const { minReplicas: min = 1, maxReplicas: max = 0, metrics: specs = [] } = autoscaler.spec ?? {}
    const current = scale.spec?.replicas ?? 0
    if (current === 0) {
      draft.set(
        'ScalingActive',
        'False',
        'ScalingDisabled',
        'scaling is disabled since the replica count of the target is zero',
      )
      draft.remove('ScaledToZero')
      return { replicas: 0, reason: '', metrics: [] }
    }
    if (current > max)
      return { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas', metrics: [] }
    if (current < min)
      return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas', metrics: [] }
    const statuses: MetricStatus[] = []
    let highest: Proposal
    try {
      highest = await this.#highest(key, autoscaler, scale, specs, statuses, draft)
    } catch (error) {
      draft.setReplicas(current, draft.desiredReplicas, statuses)
      this.#tell(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', (error as Error).message)
      return undefined
    }
    const request = { current, desired: highest.replicas, min, max }
    const { replicas, ableToScale, scalingLimited } = limit(autoscaler, memory, request, this.#clock.now())
    draft.set('AbleToScale', ableToScale.status, ableToScale.reason, ableToScale.message)
    draft.set('ScalingLimited', scalingLimited.status, scalingLimited.reason, scalingLimited.message)
    const reason = highest.replicas > current ? `${highest.metric} above target` : 'All metrics below target'
    return { replicas, reason, metrics: statuses }
  }

  /** Of all proposals; a metric that fails counts only against scaling down. @throws Error if nothing can be said */
  async #highest(
    key: string,
    autoscaler: Autoscaler,
    scale: Scale,
    specs: readonly Frozen<autoscaling.MetricSpec>[],
    statuses: MetricStatus[],
    draft: StatusDraft,
  ): Promise<Proposal> {
    const { namespace = '' } = autoscaler.metadata
    const { selector = '', replicas: statusReplicas = 0 } = scale.status ?? {}
    const pods = this.#podsOf(key, autoscaler, selector, draft)
    const currentReplicas = scale.spec?.replicas ?? 0
    const tolerances = tolerancesOf(autoscaler)
    const situation = { currentReplicas, statusReplicas, pods, tolerances, now: this.#clock.now() }
    const place = { source: this.#source, namespace, selector }
    const problems: MetricProblem[] = []
    let highest: Proposal | undefined
    for (const spec of specs) {
      try {
        const proposal = await propose(spec, situation, place)
        statuses.push(proposal.status)
        if (highest === undefined || proposal.replicas > highest.replicas) highest = proposal
      } catch (error) {
        if (!(error instanceof MetricProblem)) throw error
        this.#tell(autoscaler, 'Warning', error.reason, error.why)
        problems.push(error)
        // Its place stays empty.
        statuses.push({ type: '' })
      }
    }
    const [first] = problems
    if (highest !== undefined && (first === undefined || highest.replicas >= currentReplicas)) {
      const message = `the HPA was able to successfully calculate a replica count from ${highest.metric}`
      draft.set('ScalingActive', 'True', 'ValidMetricFound', message)
      return highest
    }
    if (first !== undefined) {
      const message = `the HPA was unable to compute the replica count: ${first.why}`
      draft.set('ScalingActive', 'False', first.reason, message)
    }
    const count = `${problems.length} invalid out of ${specs.length}`
    throw new Error(`invalid metrics (${count}), first error is: ${first?.message ?? '<nil>'}`)
  }

  /** @throws Error, noted, if it cannot be told which pods are meant, or if others scale them, too */
  #podsOf(key: string, autoscaler: Autoscaler, text: string, draft: StatusDraft): readonly Pod[] {
    const refuse = (reason: string, message: string, condition: [reason: string, message: string]): never => {
      this.#tell(autoscaler, 'Warning', reason, message)
      draft.set('ScalingActive', 'False', ...condition)
      throw new Error(message)
    }
    if (text === '') {
      return refuse('SelectorRequired', 'selector is required', [
        'InvalidSelector',
        "the HPA target's scale is missing a selector",
      ])
    }
    const selector = parseLabelSelector(text)
    this.#selectors.set(key, selector)
    const { namespace = '' } = autoscaler.metadata
    const pods = this.#pods.lister.list(namespace).filter(({ metadata }) => selector.matches(metadata.labels))
    const claiming = [...this.#selectors].filter(
      ([other, theirs]) =>
        splitKey(other).namespace === namespace && pods.some(({ metadata }) => theirs.matches(metadata.labels)),
    )
    if (claiming.length <= 1) return pods
    const keys = claiming.map(([other]) => other).sort()
    const message = `pods by selector ${text} are controlled by multiple HPAs: [${keys.join(' ')}]`
    return refuse('AmbiguousSelector', message, ['AmbiguousSelector', message])
  }

  async #rescale({ resource, scale }: Target, replicas: number): Promise<void> {
    const { namespace, name } = scale.metadata
    let latest = scale
    for (let tries = 1; ; tries++) {
      const wanted = { ...latest, spec: { replicas } } as unknown as KubeObject
      try {
        await this.#client.update(resource, wanted, { subresource: 'scale', fieldManager: FIELD_MANAGER })
        return
      } catch (error) {
        if (!isConflict(error) || tries === SCALE_TRIES) throw error
        latest = await this.#client.get<autoscaling.Scale>(resource, namespace, name, { subresource: 'scale' })
      }
    }
  }

  async #writeStatus(autoscaler: Autoscaler, draft: StatusDraft): Promise<void> {
    if (!draft.isChanged) return
    const next = { ...autoscaler, status: draft.status } as unknown as KubeObject
    try {
      await this.#client.update(AUTOSCALERS, next, { subresource: 'status', fieldManager: FIELD_MANAGER })
    } catch (error) {
      this.#tell(autoscaler, 'Warning', 'FailedUpdateStatus', (error as Error).message)
    }
  }

  #tell(autoscaler: Autoscaler, type: EventType, reason: string, message: string): void {
    this.#recorder.event(subjectOf(autoscaler, KIND), type, reason, message)
  }
}

function tolerancesOf({ spec }: Autoscaler): Tolerances {
  const { scaleUp, scaleDown } = spec?.behavior ?? {}
  const toleranceOf = (text: string | undefined): number =>
    text === undefined ? TOLERANCE : quantityToNumber(parseQuantity(text))
  return { up: toleranceOf(scaleUp?.tolerance), down: toleranceOf(scaleDown?.tolerance) }
}
