// GET with watch=true: the events of a resource from a revision on, as this watcher's selection sees them.
// Source: apiserver/pkg/storage/cacher (v1.36); KEP-3157 (sendInitialEvents)
import type { Timer } from '../apimachinery/clock.ts'
import { newMethodNotSupported, newResourceExpired } from '../apimachinery/errors.ts'
import { previousAt } from '../registry/transient-entry.ts'
import { selection, type Selection } from '../registry/selection.ts'
import type { ResourceStore } from '../registry/store.ts'
import { CompactedError, type StoreEvent, type Watch } from '../storage/store.ts'
import type { Api, Scope, StreamEvent, WatchAnswer } from './api.ts'
import { parseListOptions, parseRevision, unreadableRevision, type ListOptions } from './options.ts'

/** Without timeoutSeconds a watch lives for half an hour to an hour, at random, so that clients do not all return at once. */
const minTimeoutMs = 30 * 60_000
const bookmarkPeriodMs = 60_000
/** A last bookmark comes this long before the timeout. */
const bookmarkLeadMs = 2_000

/** @throws StatusError 400, 422; what is wrong with the revision is told in the stream */
export function watch(api: Api, scope: Scope): WatchAnswer {
  const { resource, namespace, query } = scope
  const store = resource.store
  if (store === undefined) throw newMethodNotSupported({ group: resource.facts.group, resource: resource.facts.resource }, 'watch')
  const options = parseListOptions(query, true)
  const nameSelector = scope.name === '' ? '' : `metadata.name=${scope.name}`
  const fieldSelector = [options.fieldSelector, nameSelector].filter((one) => one !== '').join(',')
  const selected = selection(resource.kind, options.labelSelector, fieldSelector)
  const revision = revisionOf(options.resourceVersion)
  return {
    type: 'watch',
    resource,
    start(onEvents, onEnd) {
      const stream = new WatchStream(api, store, store.listPrefix(namespace), selected, options, onEvents, onEnd)
      void stream.start(revision)
      return stream
    },
  }
}

/** @throws StatusError 500 without a reason, unlike a list's 400 */
function revisionOf(text: string): number | undefined {
  try {
    return parseRevision(text)
  } catch (error) {
    throw error instanceof RangeError ? unreadableRevision(error) : error
  }
}

class WatchStream {
  readonly #api: Api
  readonly #store: ResourceStore
  readonly #prefix: string
  readonly #selected: Selection
  readonly #options: ListOptions
  readonly #onEvents: (events: readonly StreamEvent[]) => void
  readonly #onEnd: () => void
  #watch: Watch | undefined
  #timers: Timer[] = []
  #isOver = false
  #lastRevision = 0

  constructor(
    api: Api,
    store: ResourceStore,
    prefix: string,
    selected: Selection,
    options: ListOptions,
    onEvents: (events: readonly StreamEvent[]) => void,
    onEnd: () => void,
  ) {
    this.#api = api
    this.#store = store
    this.#prefix = prefix
    this.#selected = selected
    this.#options = options
    this.#onEvents = onEvents
    this.#onEnd = onEnd
  }

  async start(revision: number | undefined): Promise<void> {
    this.#startTimers()
    const { sendInitialEvents, allowWatchBookmarks } = this.#options
    const wantsState = sendInitialEvents ?? (revision === undefined || revision === 0)
    let from = revision ?? this.#store.revision
    if (wantsState) {
      const snapshot = this.#store.cache.snapshot()
      from = Math.max(snapshot.revision, revision ?? 0)
      const state: StreamEvent[] = []
      for (const entry of snapshot.entries(this.#prefix)) {
        if (this.#selected.isAll || this.#selected.matches(entry.object)) state.push({ type: 'ADDED', entry })
      }
      if (allowWatchBookmarks && (sendInitialEvents === true || revision === undefined)) {
        state.push({ type: 'BOOKMARK', revision: from, initialEventsEnd: true })
      }
      this.#emit(state)
    } else if (revision === 0) {
      from = this.#store.revision
    }
    this.#lastRevision = from
    try {
      const handlers = { onEvents: (events: readonly StoreEvent[]) => this.#deliver(events), onClose: () => this.#end() }
      const started = await this.#store.cache.watch(this.#prefix, from, handlers)
      if (this.#isOver) started.close()
      else this.#watch = started
    } catch (error) {
      if (error instanceof CompactedError) {
        const message = `too old resource version: ${error.requestedRevision} (${error.compactedRevision})`
        this.#emit([{ type: 'ERROR', status: newResourceExpired(message).status }])
      }
      this.#end()
    }
  }

  stop(): void {
    this.#isOver = true
    this.#watch?.close()
    for (const timer of this.#timers) timer.cancel()
    this.#timers = []
  }

  #end(): void {
    if (this.#isOver) return
    this.stop()
    this.#onEnd()
  }

  #emit(events: readonly StreamEvent[]): void {
    if (!this.#isOver && events.length > 0) this.#onEvents(events)
  }

  #deliver(events: readonly StoreEvent[]): void {
    const seen: StreamEvent[] = []
    for (const event of events) {
      if (event.entry.revision <= this.#lastRevision) continue
      const shown = asSeenBy(this.#selected, event)
      if (shown !== undefined) seen.push(shown)
    }
    this.#emit(seen)
  }

  #startTimers(): void {
    const { clock } = this.#api
    const seconds = this.#options.timeoutSeconds
    const timeoutMs = seconds === undefined || seconds <= 0 ? minTimeoutMs * (1 + Math.random()) : seconds * 1000
    this.#timers.push(clock.after(timeoutMs, () => this.#end()))
    if (!this.#options.allowWatchBookmarks) return
    if (timeoutMs > bookmarkLeadMs) this.#timers.push(clock.after(timeoutMs - bookmarkLeadMs, () => this.#bookmark()))
    const periodic = (): void => {
      if (this.#isOver) return
      this.#bookmark()
      this.#timers[2] = clock.after(bookmarkPeriodMs, periodic)
    }
    this.#timers[2] = clock.after(bookmarkPeriodMs, periodic)
  }

  #bookmark(): void {
    this.#emit([{ type: 'BOOKMARK', revision: Math.max(this.#store.revision, this.#lastRevision), initialEventsEnd: false }])
  }
}

/** A change as one selection sees it: entering is ADDED, leaving is DELETED, whatever the change was. */
function asSeenBy(selected: Selection, event: StoreEvent): StreamEvent | undefined {
  const { entry, prev } = event
  if (selected.isAll) {
    if (event.type === 'delete') return { type: 'DELETED', entry, prev }
    return { type: prev === undefined ? 'ADDED' : 'MODIFIED', entry, prev }
  }
  const before = prev !== undefined && selected.matches(prev.object)
  if (event.type === 'delete') return before ? { type: 'DELETED', entry, prev } : undefined
  const now = selected.matches(entry.object)
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', entry, prev }
  return before ? { type: 'DELETED', entry: previousAt(entry, prev), prev } : undefined
}
