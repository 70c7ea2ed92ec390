// Events about objects, as client-go's recorder writes them: repeats are counted, floods are combined or dropped.
// Source: client-go tools/record, EventCorrelator and recorderImpl (v1.36)
import type { Event, ObjectReference } from '../api/core.ts'
import { formatTime, type Clock } from '../apimachinery/clock.ts'
import { StatusError, isNotFound } from '../apimachinery/errors.ts'
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
const CACHE_ENTRIES = 4096
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

export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #observed = new RecentMap<{ name: string; count: number; firstTimestamp: string }>()
  readonly #similar = new RecentMap<{ messages: Set<string>; lastMs: number }>()
  readonly #budgets = new RecentMap<{ tokens: number; lastMs: number }>()
  /** The last write under way for each correlation key: writes about one key stay in order. */
  readonly #writes = new Map<string, Promise<void>>()
  #sequence = 0

  constructor(options: EventRecorderOptions) {
    this.#options = options
  }

  /** Returns at once; the event is written behind the caller's back, and dropped when the server refuses it. */
  event(subject: EventSubject, type: EventType, reason: string, message: string): void {
    const made = this.#make(subject, type, reason, message)
    const { event, key } = this.#combine(made)
    if (!this.#withinBudget(event)) return
    const before = this.#writes.get(key) ?? Promise.resolve()
    const write = before
      .then(() => this.#write(event, key))
      .then(() => {
        if (this.#writes.get(key) === write) this.#writes.delete(key)
      })
    this.#writes.set(key, write)
  }

  /** Resolves when all events recorded so far are written or given up. */
  async flush(): Promise<void> {
    await Promise.all(this.#writes.values())
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
  #combine(event: Event): { event: Event; key: string } {
    const nowMs = this.#options.clock.now()
    const groupKey = keyOf(event, event.reason)
    let group = this.#similar.get(groupKey)
    if (group === undefined || nowMs - group.lastMs > SIMILAR_INTERVAL_MS)
      group = { messages: new Set(), lastMs: nowMs }
    group.messages.add(event.message ?? '')
    group.lastMs = nowMs
    this.#similar.set(groupKey, group)
    if (group.messages.size < MAX_SIMILAR_EVENTS) return { event, key: keyOf(event, event.reason, event.message) }
    const [oldest] = group.messages
    if (oldest !== undefined) group.messages.delete(oldest)
    return { event: { ...event, message: `(combined from similar events): ${event.message ?? ''}` }, key: groupKey }
  }

  /** Source: EventSourceObjectSpamFilter.Filter */
  #withinBudget(event: Event): boolean {
    const key = keyOf(event)
    const nowMs = this.#options.clock.now()
    const budget = this.#budgets.get(key) ?? { tokens: BURST, lastMs: nowMs }
    budget.tokens = Math.min(BURST, budget.tokens + (nowMs - budget.lastMs) / REFILL_MS)
    budget.lastMs = nowMs
    this.#budgets.set(key, budget)
    if (budget.tokens < 1) return false
    budget.tokens -= 1
    return true
  }

  async #write(event: Event, key: string): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      try {
        await this.#writeOnce(event, key)
        return
      } catch (error) {
        // The server answered and will not have it; anything else is worth another try.
        if (error instanceof StatusError) return
        await new Promise<void>((resolve) => this.#options.clock.after(RETRY_MS, resolve))
      }
    }
  }

  async #writeOnce(event: Event, key: string): Promise<void> {
    const { client } = this.#options
    const known = this.#observed.get(key)
    if (known !== undefined) {
      const { name, firstTimestamp } = known
      const count = known.count + 1
      const { message, lastTimestamp } = event
      const patch = { count, message, lastTimestamp }
      try {
        await client.patch('events', event.metadata.namespace, name, 'application/strategic-merge-patch+json', patch)
        this.#observed.set(key, { name, count, firstTimestamp })
        return
      } catch (error) {
        if (!isNotFound(error)) throw error
        event = { ...event, metadata: { ...event.metadata, name }, count, firstTimestamp }
      }
    }
    await client.create('events', event)
    const { firstTimestamp = '', count = 1 } = event
    this.#observed.set(key, { name: event.metadata.name ?? '', count, firstTimestamp })
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

/** Everything by which client-go tells events apart before reason and message. */
function keyOf(event: Event, ...more: (string | undefined)[]): string {
  const { kind, namespace, name, uid, apiVersion, fieldPath } = event.involvedObject
  return [kind, namespace, name, uid, apiVersion, fieldPath, event.type, ...more].join('\n')
}

/** A Map that forgets what was not set for the longest time. */
class RecentMap<V> {
  readonly #entries = new Map<string, V>()

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= CACHE_ENTRIES) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
