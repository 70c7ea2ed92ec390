// Time as an input: the system's clock, and one that tests move by hand.

/** A pending timer. */
export interface Timer {
  cancel(): void
}

/**
 * What a timer is for, which matters where time is moved by hand. `renewal`: says that somebody is still alive; one at each
 * moment at which something else is due will do. `check`: looks whether somebody still is, or something has been
 * forgotten; in long steps it may come a little later. `deadline`: everything else.
 */
export type TimerKind = 'renewal' | 'check' | 'deadline'

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls `callback` once, `delayMs` from now. Pending timers never keep the process alive. */
  after(delayMs: number, callback: () => void, kind?: TimerKind): Timer
}

/** Node fires timers set further ahead at once. */
const maxDelayMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const handle = setTimeout(callback, Math.min(delayMs, maxDelayMs))
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}

/** A clock that stands still until it is stepped. Timers fire in order of their due time. */
export class FakeClock implements Clock {
  #now: number
  #sequence = 0
  readonly #timers: { due: number; sequence: number; callback: () => void }[] = []

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { due: this.#now + Math.max(0, delayMs), sequence: this.#sequence++, callback }
    this.#timers.push(timer)
    return {
      cancel: () => {
        const at = this.#timers.indexOf(timer)
        if (at >= 0) this.#timers.splice(at, 1)
      },
    }
  }

  /** Moves time on by `deltaMs`, firing what becomes due on the way, each at its own time. */
  step(deltaMs: number): void {
    const end = this.#now + deltaMs
    for (;;) {
      const next = this.#timers
        .filter((timer) => timer.due <= end)
        .sort((a, b) => a.due - b.due || a.sequence - b.sequence)[0]
      if (next === undefined) break
      this.#timers.splice(this.#timers.indexOf(next), 1)
      this.#now = Math.max(this.#now, next.due)
      next.callback()
    }
    this.#now = end
  }

  get pendingTimers(): number {
    return this.#timers.length
  }
}

/** The second that was asked for last: within it, hundreds of objects may be written. */
let lastSecond = Number.NaN
let lastText = ''

/** RFC 3339 in whole seconds: the form of metav1.Time. */
export function formatTime(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== lastSecond) {
    lastText = new Date(ms).toISOString().slice(0, 19) + 'Z'
    lastSecond = second
  }
  return lastText
}

/** RFC 3339 with six fraction digits: the form of metav1.MicroTime. */
export function formatMicroTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 23) + '000Z'
}
