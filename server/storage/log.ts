// What the multi-version core asks of an engine: to keep its events.
import type { StoreEvent } from './store.ts'

export interface Log {
  /**
   * Keeps the events of one commit, all or none; one call at a time, in revision order. Resolves when they are as
   * durable as the engine promises. A rejection means the disk refused: nothing is appended after it.
   */
  append(events: readonly StoreEvent[]): Promise<void>

  /**
   * The events with after < revision <= upTo, oldest first, in runs; a picture of the moment of the call.
   * @param atMost so many events, the oldest; default all of them
   */
  events(after: number, upTo: number, atMost?: number): AsyncIterable<readonly StoreEvent[]>

  /** Drops what is needed only to tell of revisions below `revision`, in small steps, until it is told to stop. */
  compact(revision: number, signal: AbortSignal): Promise<void>

  close(): Promise<void>
}
