// Events about objects, as client-go's recorder writes them: repeats are counted, floods are combined or dropped.
// Source: client-go tools/record, EventCorrelator and recorderImpl (v1.36)
import type { Event, ObjectReference } from '../api/core.ts'
import { formatTime, type Clock } from '../apimachinery/clock.ts'
import { StatusError, isNotFound } from '../apimachinery/errors.ts'
import { Fifo } from '../apimachinery/fifo.ts'
import type { Frozen, KubeObject } from '../apimachinery/types.ts'
import type { Client } from './client.ts'

export type EventType = 'Normal' | 'Warning'

/** Which object an event is about; `fieldPath` for a part of it, e.g. `spec.containers{nginx}`. */
export type EventSubject = Pick<
  ObjectReference,
  'apiVersion' | 'kind' | 'namespace' | 'name' | 'uid' | 'resourceVersion' | 'fieldPath'
>

/** Different messages with the same reason within the interval before they are combined into one event. */
const MAX_SIMILAR_EVENTS = 10
const SIMILAR_INTERVAL_MS = 600_000
/** Events a component may write about one object: at once, and then one per period. */
const BURST = 25
const REFILL_MS = 300_000
/** Objects that a component remembers its events about, and different events remembered of each. */
const MAX_SUBJECTS = 4096
const MAX_EVENTS_PER_SUBJECT = 256
/** Writes under way at a time: telling of what happened must not hold up what happens next. */
export const MAX_WRITES = 32
/** Beyond so many that wait, further events are dropped. */
export const MAX_QUEUED = 10_000
const MAX_TRIES = 12
const RETRY_MS = 10_000

export interface EventRecorderOptions {
  readonly client: Client
  readonly clock: Clock
  /** `source.component` and `reportingComponent`, e.g. `replicaset-controller`. */
  readonly component: string
  /** `source.host` and `reportingInstance`: the node of a kubelet. */
  readonly host?: string
}

/** An event as it was written last. */
interface Written {
  readonly name: string
  readonly count: number
  readonly firstTimestamp: string
}

/** What is remembered of the events about one object. */
interface History {
  /** By type. */
  readonly budgets: Map<string, { tokens: number; lastMs: number }>
  /** By type and reason. */
  readonly similar: Map<string, { messages: Set<string>; lastMs: number }>
  /** By all that tells one event from another, see `eventKey`. */
  readonly written: RecentMap<Written>
  /** The last write under way, by the same key. */
  readonly writing: Map<string, Promise<void>>
}

interface Queued {
  readonly event: Event
  /** Tells it from other events about the same object. */
  readonly key: string
  readonly history: History
}

export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #histories = new RecentMap<History>(MAX_SUBJECTS)
  readonly #queue = new Fifo<Queued>()
  readonly #writes = new Set<Promise<void>>()
  /** Ends the pauses between tries. */
  readonly #pauses = new Set<() => void>()
  #sequence = 0
  #closed = false

  constructor(options: EventRecorderOptions) {
    this.#options = options
  }

  /** Returns at once; the event is written behind the caller's back, and dropped when the server refuses it. */
  event(subject: EventSubject, type: EventType, reason: string, message: string): void {
    if (this.#closed) return
    const history = this.#historyOf(subject)
    const { event, key } = this.#combine(this.#make(subject, type, reason, message), history)
    if (!this.#withinBudget(type, history) || this.#queue.size >= MAX_QUEUED) return
    this.#queue.push({ event, key, history })
    this.#pump()
  }

  /** Nothing more will happen to the object: what is remembered of it can go. */
  forget(subject: EventSubject): void {
    this.#histories.delete(subjectKey(subject))
  }

  /** Resolves when all events recorded so far are written or given up. */
  async flush(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes)
  }

  /** Takes no more events, gives up those that wait for another try, and resolves when the others are written. */
  async close(): Promise<void> {
    this.#closed = true
    for (const end of this.#pauses) end()
    await this.flush()
  }

  #pump(): void {
    while (this.#writes.size < MAX_WRITES) {
      const next = this.#queue.take()
      if (next === undefined) return
      const { event, key, history } = next
      // Writes of the same event, again and again, stay in order.
      const write = (history.writing.get(key) ?? Promise.resolve())
        .then(() => this.#write(event, key, history))
        .then(() => {
          if (history.writing.get(key) === write) history.writing.delete(key)
          this.#writes.delete(write)
          this.#pump()
        })
      history.writing.set(key, write)
      this.#writes.add(write)
    }
  }

  #historyOf(subject: EventSubject): History {
    const key = subjectKey(subject)
    const history = this.#histories.get(key) ?? {
      budgets: new Map<string, { tokens: number; lastMs: number }>(),
      similar: new Map<string, { messages: Set<string>; lastMs: number }>(),
      written: new RecentMap<Written>(MAX_EVENTS_PER_SUBJECT),
      writing: new Map<string, Promise<void>>(),
    }
    this.#histories.set(key, history)
    return history
  }

  #make(subject: EventSubject, type: EventType, reason: string, message: string): Event {
    const { component, host, clock } = this.#options
    const now = formatTime(clock.now())
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: this.#name(subject), namespace: subject.namespace ?? 'default' },
      involvedObject: { ...subject },
      reason,
      message,
      source: { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: host ?? '',
    }
  }

  /** The object's name and the time in nanoseconds; the sequence stands in for what the clock cannot tell apart. */
  #name(subject: EventSubject): string {
    const nanoseconds = BigInt(this.#options.clock.now()) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)
    return `${subject.name ?? ''}.${nanoseconds.toString(16)}`
  }

  /** Source: EventAggregator.EventAggregate */
  #combine(event: Event, { similar }: History): { event: Event; key: string } {
    const nowMs = this.#options.clock.now()
    const groupKey = `${event.type}\n${event.reason}`
    let group = similar.get(groupKey)
    if (group === undefined || nowMs - group.lastMs > SIMILAR_INTERVAL_MS)
      similar.set(groupKey, (group = { messages: new Set(), lastMs: nowMs }))
    group.messages.add(event.message ?? '')
    group.lastMs = nowMs
    if (group.messages.size < MAX_SIMILAR_EVENTS) return { event, key: eventKey(event) }
    const [oldest] = group.messages
    if (oldest !== undefined) group.messages.delete(oldest)
    const message = `(combined from similar events): ${event.message ?? ''}`
    // What stands for many is not said to be reported by anybody.
    return { event: { ...event, message, reportingComponent: '', reportingInstance: '' }, key: groupKey }
  }

  /** Source: EventSourceObjectSpamFilter.Filter */
  #withinBudget(type: EventType, { budgets }: History): boolean {
    const nowMs = this.#options.clock.now()
    const budget = budgets.get(type) ?? { tokens: BURST, lastMs: nowMs }
    budget.tokens = Math.min(BURST, budget.tokens + (nowMs - budget.lastMs) / REFILL_MS)
    budget.lastMs = nowMs
    budgets.set(type, budget)
    if (budget.tokens < 1) return false
    budget.tokens -= 1
    return true
  }

  async #write(event: Event, key: string, history: History): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      try {
        await this.#writeOnce(event, key, history)
        return
      } catch (error) {
        // The server answered and will not have it; anything else is worth another try.
        if (error instanceof StatusError || this.#closed) return
        await this.#pause()
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#pauses.delete(end)
        resolve()
      }
      const timer = this.#options.clock.after(RETRY_MS, end)
      this.#pauses.add(end)
    })
  }

  async #writeOnce(event: Event, key: string, { written }: History): Promise<void> {
    const { client } = this.#options
    const known = written.get(key)
    if (known !== undefined) {
      const { name, firstTimestamp } = known
      const count = known.count + 1
      const { message, lastTimestamp } = event
      const patch = { count, message, lastTimestamp }
      try {
        await client.patch('events', event.metadata.namespace, name, 'application/strategic-merge-patch+json', patch)
        written.set(key, { name, count, firstTimestamp })
        return
      } catch (error) {
        if (!isNotFound(error)) throw error
        event = { ...event, metadata: { ...event.metadata, name }, count, firstTimestamp }
      }
    }
    await client.create('events', event)
    const { firstTimestamp = '', count = 1 } = event
    written.set(key, { name: event.metadata.name ?? '', count, firstTimestamp })
  }
}

/**
 * The subject of an event about `object`.
 * @param type for objects that came in a list, whose items do not say what they are
 */
export function subjectOf(object: Frozen<KubeObject>, type: { apiVersion: string; kind: string }): EventSubject {
  const { namespace, name = '', uid, resourceVersion } = object.metadata ?? {}
  return {
    kind: object.kind ?? type.kind,
    apiVersion: object.apiVersion ?? type.apiVersion,
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
}

/** Which object an event is about, whatever part of it. Source: getSpamKey, EventAggregatorByReasonFunc */
function subjectKey({ kind, namespace, name, uid, apiVersion }: EventSubject): string {
  return [kind, namespace, name, uid, apiVersion].join('\n')
}

/** What makes an event about the same object the same one again. Source: getEventKey */
function eventKey({ involvedObject, type, reason, message }: Event): string {
  return [involvedObject.fieldPath, type, reason, message].join('\n')
}

/** A Map that forgets what was not set for the longest time. */
class RecentMap<V> {
  readonly #limit: number
  readonly #entries = new Map<string, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#limit) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }
}
