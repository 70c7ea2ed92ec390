// A queue of keys for one controller: a key is worked on by one worker at a time, and waits at most once.
// Source: client-go util/workqueue, Typed rate limiting queue and ItemExponentialFailureRateLimiter (v1.36)
import type { Clock, Timer, TimerKind } from '../apimachinery/clock.ts'

/** Told of what a queue does, for metrics. Durations are of real time. */
export interface QueueObserver {
  added(): void
  /** @param at by `performance`'s clock; the same at the end of this work */
  started(at: number, waitedSeconds: number): void
  ended(at: number, workedSeconds: number): void
  retried(): void
}

export interface PlannedReturn {
  readonly afterMs: number
  /** Default: a deadline. */
  readonly kind?: TimerKind
}

export interface WorkQueueOptions {
  /**
   * Works on one key. A rejection brings the key back after its back-off; success forgets earlier failures and, when a
   * return is planned, or a number of milliseconds answered, brings the key back then.
   */
  readonly work: (key: string) => Promise<PlannedReturn | number | void>
  /** Keys worked on side by side. Default 5, as most controllers of a real cluster. */
  readonly concurrency?: number
  /** Told of each failure before the retry is planned. */
  readonly onError?: (key: string, error: unknown, retries: number) => void
  /** First back-off and its limit; it doubles with each failure in a row. Default 5 ms … 1000 s. */
  readonly baseDelayMs?: number
  readonly maxDelayMs?: number
  readonly observer?: QueueObserver | undefined
}

/**
 * Worked example. add(a) add(a) → a is worked on once. add(a) while a is worked on → once more afterwards.
 * addAfter(a, 5000) addAfter(a, 1000) → once, after 1000 ms.
 */
export class WorkQueue {
  readonly #clock: Clock
  readonly #options: WorkQueueOptions
  readonly #concurrency: number
  /** Keys that wait for a worker, in order; a Set keeps insertion order and each key once. */
  readonly #waiting = new Set<string>()
  readonly #working = new Set<string>()
  /** When keys that wait were added, on the clock of `performance`; empty where nobody observes. */
  readonly #addedAt = new Map<string, number>()
  /** Keys added while they were worked on. */
  readonly #dirty = new Set<string>()
  readonly #delayed = new Map<string, { due: number; timer: Timer }>()
  readonly #failures = new Map<string, number>()
  readonly #idle: (() => void)[] = []
  #scheduled = false
  #state: 'idle' | 'started' | 'closed' = 'idle'

  constructor(clock: Clock, options: WorkQueueOptions) {
    this.#clock = clock
    this.#options = options
    this.#concurrency = options.concurrency ?? 5
  }

  /** Keys may be added before; work begins here. */
  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'started'
    this.#schedule()
  }

  /** Takes no more keys and resolves when the work under way is done. */
  async close(): Promise<void> {
    this.#state = 'closed'
    this.#waiting.clear()
    this.#dirty.clear()
    for (const { timer } of this.#delayed.values()) timer.cancel()
    this.#delayed.clear()
    await this.settled()
  }

  /** Resolves when no key waits or is worked on; delayed keys are not waited for. */
  settled(): Promise<void> {
    if (this.#isSettled()) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  get length(): number {
    return this.#waiting.size
  }

  add(key: string): void {
    if (this.#state === 'closed') return
    if (this.#options.observer !== undefined) this.#observeAdd(this.#options.observer, key)
    if (this.#working.has(key)) this.#dirty.add(key)
    else this.#waiting.add(key)
    this.#schedule()
  }

  #observeAdd(observer: QueueObserver, key: string): void {
    if (this.#addedAt.has(key)) return
    this.#addedAt.set(key, performance.now())
    observer.added()
  }

  /** Adds the key later. Of several pending delays of one key the earliest counts. */
  addAfter(key: string, delayMs: number, kind?: TimerKind): void {
    if (this.#state === 'closed') return
    if (delayMs <= 0) return this.add(key)
    const due = this.#clock.now() + delayMs
    const pending = this.#delayed.get(key)
    if (pending !== undefined && pending.due <= due) return
    pending?.timer.cancel()
    const come = (): void => {
      this.#delayed.delete(key)
      this.add(key)
    }
    const timer = this.#clock.after(delayMs, come, kind)
    this.#delayed.set(key, { due, timer })
  }

  /** Adds the key after its back-off, which doubles until `forget`. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    const { baseDelayMs = 5, maxDelayMs = 1_000_000, observer } = this.#options
    observer?.retried()
    this.addAfter(key, Math.min(baseDelayMs * 2 ** failures, maxDelayMs))
  }

  /** Ends the back-off of a key. */
  forget(key: string): void {
    this.#failures.delete(key)
  }

  retries(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /** Workers start in a microtask, so that a run of events becomes one piece of work per key. */
  #schedule(): void {
    if (this.#scheduled || this.#state !== 'started') return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      for (const key of this.#waiting) {
        if (this.#working.size >= this.#concurrency) break
        this.#waiting.delete(key)
        this.#working.add(key)
        void this.#run(key)
      }
    })
  }

  async #run(key: string): Promise<void> {
    const { observer } = this.#options
    const startedAt = performance.now()
    observer?.started(startedAt, (startedAt - (this.#addedAt.get(key) ?? startedAt)) / 1000)
    this.#addedAt.delete(key)
    try {
      const planned = await this.#options.work(key)
      this.forget(key)
      if (typeof planned === 'number') this.addAfter(key, planned)
      else if (planned !== undefined) this.addAfter(key, planned.afterMs, planned.kind)
    } catch (error) {
      this.#options.onError?.(key, error, this.retries(key))
      this.addRateLimited(key)
    }
    observer?.ended(startedAt, (performance.now() - startedAt) / 1000)
    this.#working.delete(key)
    if (this.#dirty.delete(key)) this.#waiting.add(key)
    this.#schedule()
    if (this.#isSettled()) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #isSettled(): boolean {
    return this.#working.size === 0 && (this.#waiting.size === 0 || this.#state !== 'started')
  }
}
