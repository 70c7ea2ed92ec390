// The status of an autoscaler while it is being put together.
// Source: kubernetes pkg/controller/podautoscaler, setStatus, setConditionInList (v1.36)
import type * as autoscaling from '../../api/autoscaling.ts'
import { formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { findCondition, withoutCondition } from '../conditions.ts'
import type { MetricStatus } from './proposals.ts'

type Status = Frozen<autoscaling.HorizontalPodAutoscalerStatus>
type Condition = Frozen<autoscaling.HorizontalPodAutoscalerCondition>

export class StatusDraft {
  readonly #before: Status | undefined
  readonly #time: string
  #status: Status

  /** @param now in milliseconds */
  constructor(before: Status | undefined, now: number) {
    this.#before = before
    this.#time = formatTime(now)
    this.#status = before ?? { desiredReplicas: 0 }
  }

  get status(): Status {
    return this.#status
  }

  get isChanged(): boolean {
    return !deepEqual(this.#status, this.#before)
  }

  get desiredReplicas(): number {
    return this.#status.desiredReplicas
  }

  /** The time of a condition is that of the last change of its status. */
  set(type: string, status: string, reason: string, message: string): void {
    const conditions = this.#status.conditions ?? []
    const known = findCondition(conditions, type)
    const lastTransitionTime = known?.status === status ? known.lastTransitionTime : this.#time
    const next = { type, status, lastTransitionTime, reason, message } as Condition
    this.#setConditions(
      known === undefined ? [...conditions, next] : conditions.map((each) => (each === known ? next : each)),
    )
  }

  remove(type: string): void {
    this.#setConditions(withoutCondition(this.#status.conditions, type))
  }

  #setConditions(conditions: readonly Condition[]): void {
    this.#status = { ...this.#status, conditions }
  }

  setReplicas(currentReplicas: number, desiredReplicas: number, metrics: readonly MetricStatus[]): void {
    const { lastScaleTime, conditions } = this.#status
    this.#status = {
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
      ...(currentReplicas === 0 ? {} : { currentReplicas }),
      desiredReplicas,
      ...(metrics.length === 0 ? {} : { currentMetrics: metrics }),
      ...(conditions === undefined ? {} : { conditions }),
    }
  }

  /** Just now. */
  scaled(): void {
    this.#status = { ...this.#status, lastScaleTime: this.#time }
  }
}
