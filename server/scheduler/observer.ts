// Who is told what the scheduler does, for metrics.

export type AttemptResult = 'scheduled' | 'unschedulable' | 'error'

export interface SchedulerObserver {
  /** A try to place a pod has ended. @param seconds of the decision, and of the binding if there was one */
  attempted(profile: string, result: AttemptResult, seconds: number): void
  /** A decision alone. */
  decided(seconds: number): void
  /** A pod is bound. @param attempts with this one; @param seconds since it came to the queue */
  bound(attempts: number, seconds: number): void
  /** Others are to go for a pod. */
  preempting(victims: number): void
  /** Asked for its sizes from now on. */
  started(sizes: SchedulerSizes): void
}

/** What the scheduler holds at the moment. */
export interface SchedulerSizes {
  pendingPods(): PendingPods
  cacheSizes(): CacheSizes
}

export interface CacheSizes {
  readonly nodes: number
  /** That have a node, as far as the scheduler knows. */
  readonly pods: number
  /** Of these, not bound yet as far as the API tells. */
  readonly assumed_pods: number
}

/** Pods that wait, by where they do. */
export interface PendingPods {
  readonly active: number
  readonly backoff: number
  readonly unschedulable: number
  readonly gated: number
}
