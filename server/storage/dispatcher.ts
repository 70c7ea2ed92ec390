// Who hears of which keys: subscriptions by prefix, found by the key's own parts and not by asking each of them.
import type { StoreEvent, Watch, WatchHandlers } from './store.ts'

class Subscription implements Watch {
  readonly isLive = true
  readonly prefix: string
  readonly #after: number
  readonly #handlers: WatchHandlers
  readonly #remove: (subscription: Subscription) => void
  #closed = false

  constructor(prefix: string, after: number, handlers: WatchHandlers, remove: (subscription: Subscription) => void) {
    this.prefix = prefix
    this.#after = after
    this.#handlers = handlers
    this.#remove = remove
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#remove(this)
  }

  /** A handler that throws has lost events: its watch ends, the others go on. */
  deliver(run: readonly StoreEvent[]): void {
    if (this.#closed) return
    const events = run[0]!.entry.revision > this.#after ? run : this.#newOf(run)
    if (events.length === 0) return
    try {
      this.#handlers.onEvents(events)
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #newOf(run: readonly StoreEvent[]): readonly StoreEvent[] {
    return run.filter(({ entry }) => entry.revision > this.#after)
  }

  compact(revision: number): void {
    this.#handlers.onCompact?.(revision)
  }

  end(error?: Error): void {
    if (this.#closed) return
    this.close()
    this.#handlers.onClose(error)
  }
}

/**
 * A key `/registry/pods/default/x` is looked up under `''`, `/`, `/registry/`, `/registry/pods/`,
 * `/registry/pods/default/` and the key itself, whatever the number of subscriptions. Prefixes of another form
 * (`/registry/po`) are asked one by one.
 */
export class Dispatcher {
  readonly #byPrefix = new Map<string, Set<Subscription>>()
  readonly #irregular = new Set<string>()

  /** Delivers events with a revision greater than `after`. */
  add(prefix: string, after: number, handlers: WatchHandlers): Watch {
    const subscription = new Subscription(prefix, after, handlers, this.#remove)
    const others = this.#byPrefix.get(prefix)
    if (others === undefined) this.#byPrefix.set(prefix, new Set([subscription]))
    else others.add(subscription)
    if (prefix !== '' && !prefix.endsWith('/')) this.#irregular.add(prefix)
    return subscription
  }

  /** Tells every subscription its part of one commit, in one run. */
  dispatch(events: readonly StoreEvent[]): void {
    if (this.#byPrefix.size === 0) return
    const runs = new Map<Set<Subscription>, StoreEvent[]>()
    for (const event of events) {
      const { key } = event.entry
      this.#collect(runs, '', event)
      for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
        this.#collect(runs, key.slice(0, slash + 1), event)
      }
      for (const prefix of this.#irregular) {
        if (key.startsWith(prefix)) this.#collect(runs, prefix, event)
      }
    }
    for (const [subscriptions, run] of runs) {
      for (const subscription of subscriptions) subscription.deliver(run)
    }
  }

  /** Tells that history up to `revision` is gone. */
  compact(revision: number): void {
    for (const subscriptions of this.#byPrefix.values()) {
      for (const subscription of subscriptions) subscription.compact(revision)
    }
  }

  /** Ends all subscriptions. */
  end(error?: Error): void {
    for (const subscriptions of this.#byPrefix.values()) {
      for (const subscription of subscriptions) subscription.end(error)
    }
  }

  #collect(runs: Map<Set<Subscription>, StoreEvent[]>, prefix: string, event: StoreEvent): void {
    const subscriptions = this.#byPrefix.get(prefix)
    if (subscriptions === undefined) return
    const run = runs.get(subscriptions)
    if (run === undefined) runs.set(subscriptions, [event])
    else run.push(event)
  }

  readonly #remove = (subscription: Subscription): void => {
    const subscriptions = this.#byPrefix.get(subscription.prefix)
    subscriptions?.delete(subscription)
    if (subscriptions?.size === 0) {
      this.#byPrefix.delete(subscription.prefix)
      this.#irregular.delete(subscription.prefix)
    }
  }
}
