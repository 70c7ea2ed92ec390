// Runs jobs in their order, several at a time, ahead of those who ask for the results one after the other.

export interface LookAheadOptions<Job, Result> {
  readonly jobs: readonly Job[]
  run(job: Job): Promise<Result>
  /** Whether a job runs while no other does. */
  isAlone(job: Job): boolean
  readonly atOnce: number
}

/** How far ahead of the last question jobs begin: a slow job that is asked for should not keep the others waiting. */
const aheadOfAsked = 8

export class LookAhead<Job, Result> {
  readonly #options: LookAheadOptions<Job, Result>
  readonly #results = new Map<Job, PromiseWithResolvers<Result>>()
  readonly #running = new Set<Job>()
  #next = 0
  #asked = 0
  #isStopped = false

  constructor(options: LookAheadOptions<Job, Result>) {
    this.#options = options
  }

  /** To be asked in the order of the jobs; those that nobody asks for may be left out. */
  result(job: Job): Promise<Result> {
    this.#asked = this.#options.jobs.indexOf(job)
    this.#next = Math.max(this.#next, this.#asked)
    const promise = this.#promised(job).promise
    this.#begin()
    return promise
  }

  /** Nothing more begins; waits for what has begun. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.allSettled([...this.#running].map((job) => this.#promised(job).promise))
  }

  #begin(): void {
    const { jobs, isAlone, atOnce } = this.#options
    while (!this.#isStopped && this.#next < jobs.length && this.#next < this.#asked + atOnce * aheadOfAsked) {
      const job = jobs[this.#next]!
      const limit = isAlone(job) || [...this.#running].some(isAlone) ? 1 : atOnce
      if (this.#running.size >= limit) return
      this.#next++
      this.#start(job)
    }
  }

  #start(job: Job): void {
    const { promise, resolve, reject } = this.#promised(job)
    // Somebody may ask for it later, or nobody.
    promise.catch(() => {})
    this.#running.add(job)
    void this.#options
      .run(job)
      .then(resolve, reject)
      .finally(() => {
        this.#running.delete(job)
        this.#begin()
      })
  }

  #promised(job: Job): PromiseWithResolvers<Result> {
    const known = this.#results.get(job) ?? Promise.withResolvers<Result>()
    this.#results.set(job, known)
    return known
  }
}
