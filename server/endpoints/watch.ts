// GET with watch=true: the events of a resource from a revision on, as this watcher's selection sees them.
// Source: apiserver/pkg/storage/cacher (v1.36); KEP-3157 (sendInitialEvents)
import type { Timer } from '../apimachinery/clock.ts'
import {
  newBadRequest,
  newResourceExpired,
  newTooLargeResourceVersion,
  type StatusError,
} from '../apimachinery/errors.ts'
import { parseFieldSelector } from '../apimachinery/selectors.ts'
import { selection, type Selection } from '../registry/selection.ts'
import type { ResourceStore } from '../registry/store.ts'
import { CompactedError, type StoreEvent, type Watch } from '../storage/store.ts'
import { storeOf, type Api, type Scope, type StreamEvent, type WatchAnswer } from './api.ts'
import { selectedEntries } from './list.ts'
import { parseListOptions, parseRevision, unreadableRevision, type ListOptions } from './options.ts'
import { viewOf, type View } from './watch-view.ts'

/** Without timeoutSeconds a watch lives for half an hour to an hour, at random, so that clients do not all return at once. */
const minTimeoutMs = 30 * 60_000
const bookmarkPeriodMs = 60_000
/** A last bookmark comes this long before the timeout. */
const bookmarkLeadMs = 2_000

/** @throws StatusError 400, 422; what is wrong with the revision is told in the stream */
export function watch(api: Api, scope: Scope): WatchAnswer {
  const { resource, namespace, query } = scope
  const options = parseListOptions(query, true)
  const nameSelector = scope.name === '' ? '' : `metadata.name=${scope.name}`
  const fieldSelector = [options.fieldSelector, nameSelector].filter((one) => one !== '').join(',')
  const selected = selection(resource.kind, options.labelSelector, fieldSelector)
  if (scope.name !== '') checkSelectedName(options.fieldSelector, scope.name)
  const store = storeOf(resource, 'watch')
  const view = viewOf(resource.kind, selected, `${options.labelSelector} ${fieldSelector}`)
  const revision = revisionOf(options.resourceVersion)
  return {
    type: 'watch',
    resource,
    start(onEvents, onEnd, room) {
      const prefix = store.listPrefix(namespace)
      const stream = new WatchStream(api, store, prefix, selected, view, options, onEvents, onEnd, room)
      void stream.start(revision)
      return stream
    },
  }
}

/** A watch of one object may select fields only if it asks for that name once more. @throws StatusError 400 */
function checkSelectedName(fieldSelector: string, name: string): void {
  const { requirements } = parseFieldSelector(fieldSelector)
  if (requirements.length === 0) return
  const named = requirements.find(({ field, operator }) => field === 'metadata.name' && operator !== '!=')
  if (named?.value !== name) throw newBadRequest("fieldSelector metadata.name doesn't match requested name")
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
  readonly #view: View
  readonly #options: ListOptions
  readonly #onEvents: (events: readonly StreamEvent[]) => void
  readonly #onEnd: () => void
  readonly #room: (() => Promise<void> | undefined) | undefined
  #watch: Watch | undefined
  #timeout: Timer | undefined
  #lastBookmark: Timer | undefined
  #nextBookmark: Timer | undefined
  #isOver = false
  #lastRevision = 0
  /** Where the server stood when the watch began: a bookmark of it would tell nothing. */
  #firstRevision = 0

  constructor(
    api: Api,
    store: ResourceStore,
    prefix: string,
    selected: Selection,
    view: View,
    options: ListOptions,
    onEvents: (events: readonly StreamEvent[]) => void,
    onEnd: () => void,
    room: (() => Promise<void> | undefined) | undefined,
  ) {
    this.#api = api
    this.#store = store
    this.#prefix = prefix
    this.#selected = selected
    this.#view = view
    this.#options = options
    this.#onEvents = onEvents
    this.#onEnd = onEnd
    this.#room = room
  }

  async start(revision: number | undefined): Promise<void> {
    if ((this.#options.timeoutSeconds ?? 0) < 0) return this.#end()
    this.#startTimers()
    const { sendInitialEvents } = this.#options
    const wantsState = sendInitialEvents ?? (revision === undefined || revision === 0)
    let from = revision === undefined || revision === 0 ? this.#store.revision : revision
    if (sendInitialEvents === true && from > this.#store.revision) {
      return this.#fail(newTooLargeResourceVersion(from, this.#store.revision))
    }
    if (wantsState) from = this.#emitState()
    this.#lastRevision = from
    this.#firstRevision = Math.max(from, this.#store.revision)
    try {
      const handlers = {
        onEvents: (events: readonly StoreEvent[]) => this.#deliver(events),
        onClose: (error?: Error) => this.#end(error),
        ...(this.#room === undefined ? {} : { room: this.#room }),
      }
      const started = await this.#store.cache.watch(this.#prefix, from, handlers)
      if (this.#isOver) started.close()
      else this.#watch = started
    } catch (error) {
      this.#end(error)
    }
  }

  /** What there is now, as creations. Returns its revision: from there on changes are to be told. */
  #emitState(): number {
    const { allowWatchBookmarks } = this.#options
    const snapshot = this.#store.cache.snapshot()
    const state: StreamEvent[] = []
    for (const entry of selectedEntries(this.#store, snapshot, this.#prefix, this.#selected)) {
      state.push({ type: 'ADDED', entry })
    }
    if (allowWatchBookmarks) {
      state.push({ type: 'BOOKMARK', revision: snapshot.revision, initialEventsEnd: true })
    }
    this.#emit(state)
    return snapshot.revision
  }

  stop(): void {
    this.#isOver = true
    this.#watch?.close()
    this.#timeout?.cancel()
    this.#lastBookmark?.cancel()
    this.#nextBookmark?.cancel()
  }

  /** @param error undefined at the timeout, and when the server stops */
  #end(error?: unknown): void {
    if (error instanceof CompactedError) {
      return this.#fail(
        newResourceExpired(`too old resource version: ${error.requestedRevision} (${error.compactedRevision})`),
      )
    }
    if (this.#isOver) return
    this.stop()
    this.#onEnd()
  }

  #fail({ status }: StatusError): void {
    this.#emit([{ type: 'ERROR', status }])
    this.#end()
  }

  #emit(events: readonly StreamEvent[]): void {
    if (!this.#isOver && events.length > 0) this.#onEvents(events)
  }

  #deliver(events: readonly StoreEvent[]): void {
    const isNew = events[0]!.entry.revision > this.#lastRevision
    const fresh = isNew ? events : events.filter(({ entry }) => entry.revision > this.#lastRevision)
    this.#emit(this.#view.of(fresh))
  }

  #startTimers(): void {
    const clock = this.#api.realTime ?? this.#api.clock
    const seconds = this.#options.timeoutSeconds
    const timeoutMs = seconds === undefined || seconds === 0 ? minTimeoutMs * (1 + Math.random()) : seconds * 1000
    this.#timeout = clock.after(timeoutMs, () => this.#end())
    if (!this.#options.allowWatchBookmarks) return
    if (timeoutMs > bookmarkLeadMs) this.#lastBookmark = clock.after(timeoutMs - bookmarkLeadMs, () => this.#bookmark())
    const periodic = (): void => {
      this.#bookmark()
      this.#nextBookmark = clock.after(bookmarkPeriodMs, periodic)
    }
    this.#nextBookmark = clock.after(bookmarkPeriodMs, periodic)
  }

  /** Not while history is still on its way: who resumed from the bookmark would miss the rest of it. */
  #bookmark(): void {
    if (this.#watch?.isLive !== true) return
    const revision = Math.max(this.#store.revision, this.#lastRevision)
    if (revision > this.#firstRevision) this.#emit([{ type: 'BOOKMARK', revision, initialEventsEnd: false }])
  }
}
