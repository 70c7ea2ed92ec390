// Events of the newer kind, as the scheduler writes them: what happens again and again to the same version of an object
// becomes a series. They are written in the core group, where events.k8s.io keeps them as well.
// Source: client-go tools/events, recorderImpl and eventBroadcasterImpl (v1.36)
// Left out on purpose: how often a series has happened is written when it begins, and when it is over and another event
// comes; there is no timer for it.
import { hostname } from 'node:os'
import type { Event } from '../api/core.ts'
import { formatMicroTime, type Clock } from '../apimachinery/clock.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import { Fifo } from '../apimachinery/fifo.ts'
import type { Client } from '../client/client.ts'
import { MAX_QUEUED, MAX_WRITES, type EventSubject, type EventType } from '../client/events.ts'

const EVENTS = 'events'
/** What has not happened for so long is over. */
const FINISH_MS = 360_000

export interface EventSeriesOptions {
  readonly client: Client
  readonly clock: Clock
  /** `default-scheduler` */
  readonly controller: string
}

export interface Happening {
  readonly type: EventType
  readonly reason: string
  /** What was tried: `Binding`, `Scheduling`, `Preempting`. */
  readonly action: string
  readonly note: string
}

interface Entry {
  readonly event: Event
  lastMs: number
  count: number
  /** As the server knows it. */
  writtenCount: number
  /** Writes of one event stay in order. */
  writing: Promise<void>
}

export class EventSeriesRecorder {
  readonly #options: EventSeriesOptions
  readonly #instance: string
  /** The event that happened longest ago comes first. */
  readonly #entries = new Map<string, Entry>()
  readonly #queue = new Fifo<Entry>()
  readonly #writes = new Set<Promise<void>>()
  #sequence = 0
  #closed = false

  constructor(options: EventSeriesOptions) {
    this.#options = options
    this.#instance = `${options.controller}-${hostname()}`
  }

  /** Returns at once; the event is written behind the caller's back, and dropped when the server refuses it. */
  event(regarding: EventSubject, { type, reason, action, note }: Happening): void {
    if (this.#closed) return
    const nowMs = this.#options.clock.now()
    this.#forgetFinished(nowMs)
    const key = JSON.stringify([type, action, reason, regarding])
    const known = this.#entries.get(key)
    if (known !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, known)
      known.lastMs = nowMs
      known.count++
      if (known.count === 2) this.#write(known)
      return
    }
    const { namespace = 'default', name = '' } = regarding
    const event: Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: this.#name(name, nowMs), namespace },
      eventTime: formatMicroTime(nowMs),
      reportingComponent: this.#options.controller,
      reportingInstance: this.#instance,
      action,
      reason,
      involvedObject: { ...regarding },
      message: note,
      type,
    }
    const entry: Entry = { event, lastMs: nowMs, count: 1, writtenCount: 0, writing: Promise.resolve() }
    this.#entries.set(key, entry)
    this.#write(entry)
  }

  /** Takes no more events, and resolves when the others are written. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#writes.size > 0) await Promise.all(this.#writes)
  }

  /** The object's name and the time in nanoseconds; the sequence stands in for what the clock cannot tell apart. */
  #name(name: string, nowMs: number): string {
    const nanoseconds = BigInt(nowMs) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)
    return `${name}.${nanoseconds.toString(16)}`
  }

  #forgetFinished(nowMs: number): void {
    for (const [key, entry] of this.#entries) {
      if (nowMs - entry.lastMs <= FINISH_MS) return
      this.#entries.delete(key)
      if (entry.count > entry.writtenCount) this.#write(entry)
    }
  }

  #write(entry: Entry): void {
    if (this.#queue.size >= MAX_QUEUED) return
    this.#queue.push(entry)
    this.#pump()
  }

  #pump(): void {
    while (this.#writes.size < MAX_WRITES) {
      const entry = this.#queue.take()
      if (entry === undefined) return
      const write = entry.writing
        .then(() => this.#writeOnce(entry))
        .catch(() => {
          // The server will not have it: nobody waits for it.
        })
        .then(() => {
          this.#writes.delete(write)
          this.#pump()
        })
      entry.writing = write
      this.#writes.add(write)
    }
  }

  async #writeOnce(entry: Entry): Promise<void> {
    const { client } = this.#options
    const { event, count, lastMs } = entry
    if (entry.writtenCount === 0) {
      entry.writtenCount = 1
      await client.create(EVENTS, event)
      return
    }
    entry.writtenCount = count
    const series = { count, lastObservedTime: formatMicroTime(lastMs) }
    const { namespace, name = '' } = event.metadata
    try {
      await client.patch(EVENTS, namespace, name, 'application/strategic-merge-patch+json', { series })
    } catch (error) {
      if (!isNotFound(error)) throw error
      await client.create(EVENTS, { ...event, series })
    }
  }
}
