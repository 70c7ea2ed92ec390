// Stages: the life of a pod on its node as data. A stage says when it applies, how long it takes and what comes next.
// Source of the behaviour: pkg/kubelet, syncPod and generateAPIPodStatus (v1.36); of the form: the stages of KWOK.
import type { Pod, PodStatus } from '../api/core.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import type { ContainerRuntime } from './runtime.ts'

export type PodObject = Frozen<Stored<Pod>>

/** How long things take, in seconds. */
export interface Delays {
  /** From the moment a pod is bound until its first status. */
  readonly prepareSeconds: number
  /** Setting up the sandbox and pulling images that are not there yet. */
  readonly pullSeconds: number
  /** Starting containers whose images are there. */
  readonly startSeconds: number
}

export const defaultDelays: Delays = { prepareSeconds: 0, pullSeconds: 0.02, startSeconds: 0.005 }

/** What a stage may look at besides the pod. */
export interface StageContext {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Addresses of the node. */
  readonly hostIPs: readonly string[]
  readonly delays: Delays
  readonly runtime: ContainerRuntime
  /** The pod's own addresses, set aside for it until it is gone; empty if the node has none left. */
  podIPs(pod: PodObject): readonly string[]
}

export interface PodEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** `spec.containers{name}` for events about a container. */
  readonly fieldPath?: string
}

export interface StageResult {
  /** The whole status; absent: as it was. */
  readonly status?: PodStatus
  /** Told after the status is written. */
  readonly events?: readonly PodEvent[]
  /** Removes the pod for good. */
  readonly remove?: true
}

export interface Stage {
  readonly name: string
  /** Whether the stage is next for the pod. Looks at nothing but the pod and the context. */
  when(pod: PodObject, context: StageContext): boolean
  /** From the moment the stage applies until `next`. */
  delaySeconds(pod: PodObject, context: StageContext): number
  /** What is told at the moment the stage applies, before the delay. */
  begin?(pod: PodObject, context: StageContext): readonly PodEvent[]
  next(pod: PodObject, context: StageContext): StageResult
}
