// Takes one pod through its stages: waits, writes, tells. One write at a time, always on the newest version known.
import type { Pod } from '../api/core.ts'
import type { Clock, Timer } from '../apimachinery/clock.ts'
import { isConflict, isNotFound } from '../apimachinery/errors.ts'
import type { Client } from '../client/client.ts'
import type { PodEvent, PodObject, Stage, StageContext } from './stage.ts'

const RETRY_MS = 1000
const LONGEST_RETRY_MS = 60_000

export interface PodWorkerDependencies {
  readonly clock: Clock
  readonly client: Client
  readonly stages: readonly Stage[]
  /** What stages of this pod may look at, as of now. */
  readonly context: () => StageContext
  readonly tell: (pod: PodObject, event: PodEvent) => void
  /** The pod's newest version as the watch has it. */
  readonly read: (pod: PodObject) => PodObject | undefined
  /** Told of what went wrong before it is tried again. */
  readonly onError: (pod: PodObject, error: unknown) => void
}

export class PodWorker {
  readonly #dependencies: PodWorkerDependencies
  #pod: PodObject
  #pending: { stage: Stage; timer: Timer } | undefined
  #writing: Promise<void> | undefined
  /** Set after a failed write, until the next try. */
  #retry: Timer | undefined
  /** The failed write was refused for being based on an old version: a newer one ends the wait. */
  #awaitsNews = false
  #failures = 0
  #closed = false

  constructor(dependencies: PodWorkerDependencies, pod: PodObject) {
    this.#dependencies = dependencies
    this.#pod = pod
  }

  get pod(): PodObject {
    return this.#pod
  }

  /** A version of the pod from the watch, or the one it has if none is given: does or plans what is next. */
  sync(pod: PodObject = this.#pod): void {
    if (isNewer(pod, this.#pod)) {
      this.#pod = pod
      if (this.#awaitsNews) this.#stopWaiting()
    }
    if (this.#closed || this.#writing !== undefined || this.#retry !== undefined) return
    this.#guard(() => this.#plan())
  }

  /** A stage that cannot make sense of the pod, or a runtime that fails, is asked again later. */
  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#dependencies.onError(this.#pod, error)
      this.#retryLater()
    }
  }

  #plan(): void {
    const context = this.#dependencies.context()
    const stage = this.#dependencies.stages.find((one) => one.when(this.#pod, context))
    if (stage !== undefined && this.#pending?.stage === stage) return
    this.#pending?.timer.cancel()
    this.#pending = undefined
    if (stage === undefined) return
    for (const event of stage.begin?.(this.#pod, context) ?? []) this.#dependencies.tell(this.#pod, event)
    const delayMs = stage.delaySeconds(this.#pod, context) * 1000
    if (delayMs <= 0) {
      this.#apply(stage)
      return
    }
    const timer = this.#dependencies.clock.after(delayMs, () => {
      this.#pending = undefined
      if (this.#closed) return
      // The pod may have changed meanwhile in a way that kept the stage.
      this.#guard(() => {
        if (stage.when(this.#pod, this.#dependencies.context())) this.#apply(stage)
        else this.sync()
      })
    })
    this.#pending = { stage, timer }
  }

  /** Plans nothing more and resolves when the write under way has ended. */
  async close(): Promise<void> {
    this.#closed = true
    this.#pending?.timer.cancel()
    this.#retry?.cancel()
    await this.#writing
  }

  #apply(stage: Stage): void {
    this.#writing = this.#write(stage).then((outcome) => {
      this.#writing = undefined
      if (outcome === 'failed') this.#retryLater()
      else this.#failures = 0
      // A write that changed nothing is not repeated: the next version of the pod will tell.
      if (outcome !== 'gone' && outcome !== 'unchanged') this.sync()
    })
  }

  async #write(stage: Stage): Promise<'written' | 'unchanged' | 'gone' | 'stale' | 'failed'> {
    const { client, context, tell, read, onError } = this.#dependencies
    const pod = this.#pod
    const { namespace, name, uid } = pod.metadata
    try {
      const { status, events = [], remove } = stage.next(pod, context())
      if (remove === true) {
        await client.delete('pods', namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } })
        return 'gone'
      }
      // A draft for the server to read; nothing of the frozen pod in it is changed.
      const draft = { ...pod, status } as unknown as Pod
      const stored = await client.update<Pod>('pods', draft, { subresource: 'status' })
      if (isNewer(stored, this.#pod)) this.#pod = stored
      for (const event of events) tell(stored, event)
      return isNewer(stored, pod) ? 'written' : 'unchanged'
    } catch (error) {
      if (isNotFound(error)) return 'gone'
      if (!isConflict(error)) {
        onError(pod, error)
        return 'failed'
      }
      const newest = read(pod)
      if (newest !== undefined && isNewer(newest, this.#pod)) this.#pod = newest
      if (isNewer(this.#pod, pod)) return 'stale'
      this.#awaitsNews = true
      return 'failed'
    }
  }

  #retryLater(): void {
    if (this.#closed) return
    const delayMs = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** this.#failures++)
    this.#retry = this.#dependencies.clock.after(delayMs, () => {
      this.#stopWaiting()
      this.sync()
    })
  }

  #stopWaiting(): void {
    this.#retry?.cancel()
    this.#retry = undefined
    this.#awaitsNews = false
  }
}

function isNewer(a: PodObject, b: PodObject): boolean {
  return Number(a.metadata.resourceVersion) > Number(b.metadata.resourceVersion)
}
