// Runs of events as they wait to be written: known by identity, so that who writes the same finds what others have encoded.
import type { StreamEvent } from '../endpoints/api.ts'

export interface Run {
  readonly events: readonly StreamEvent[]
  /** Of the objects, as they are stored. */
  readonly bytes: number
  /** In how many backlogs it is. */
  laggards: number
}

/** A run of that length is the state a watch begins with, or history. */
const longRunLength = 16
/** Long runs that are remembered. */
const keptRuns = 8

/**
 * Watchers of one commit are handed the very same events. Those that resume from the same revision, or begin with the same
 * state, are handed equal ones at about the same time: they get one run, too.
 */
export class Runs {
  readonly #byEvents = new WeakMap<readonly StreamEvent[], Run>()
  /** The newest at the end. */
  readonly #long: Run[] = []

  of(events: readonly StreamEvent[]): Run {
    const known = this.#byEvents.get(events)
    if (known !== undefined) return known
    const run = (events.length >= longRunLength ? this.#findLong(events) : undefined) ?? this.#add(events)
    this.#byEvents.set(events, run)
    return run
  }

  clear(): void {
    this.#long.length = 0
  }

  #findLong(events: readonly StreamEvent[]): Run | undefined {
    return this.#long.find((run) => isSame(run.events, events))
  }

  #add(events: readonly StreamEvent[]): Run {
    const run: Run = { events, bytes: sizeOf(events), laggards: 0 }
    if (events.length >= longRunLength) {
      this.#long.push(run)
      if (this.#long.length > keptRuns) this.#long.shift()
    }
    return run
  }
}

export function sizeOfEvent(event: StreamEvent): number {
  return 'entry' in event ? event.entry.bytes.length : 0
}

function sizeOf(events: readonly StreamEvent[]): number {
  let size = 0
  for (const event of events) size += sizeOfEvent(event)
  return size
}

function isSame(some: readonly StreamEvent[], others: readonly StreamEvent[]): boolean {
  return some.length === others.length && some.every((one, at) => isSameEvent(one, others[at]!))
}

function isSameEvent(one: StreamEvent, other: StreamEvent): boolean {
  if (one.type !== other.type) return false
  if ('entry' in one && 'entry' in other) return one.entry === other.entry
  if (one.type !== 'BOOKMARK' || other.type !== 'BOOKMARK') return false
  return one.revision === other.revision && one.initialEventsEnd === other.initialEventsEnd
}
