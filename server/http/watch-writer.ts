// Writes the events of one watch as fast as its client reads; slow readers are cut off.
import type { StreamEvent } from '../endpoints/api.ts'
import { FanOut } from './fan-out.ts'
import type { Piece } from './pieces.ts'
import { SharedChunks } from './watch-chunks.ts'
import type { Form } from './watch-form.ts'
import type { WatchTransport } from './watch-transport.ts'

/** How far a watcher may fall behind before it is cut off, in bytes of the objects it has not been sent. */
const maxUnreadBytes = 16 * 1024 * 1024
/** Frames are written together up to about this size. */
const chunkBytes = 128 * 1024

const chunks = new SharedChunks()
const fanOut = new FanOut(() => chunks.clear())

/**
 * What the client has not read stays as events, which all watchers share, and not as bytes; the state a watch begins with
 * may be of any size, what comes later may not pile up beyond a bound.
 */
export class WatchWriter {
  readonly #transport: WatchTransport
  readonly #form: Form
  readonly #tally: { events: number }
  /** Runs of events still to be written; the first of them from `#position` on. */
  #waiting: (readonly StreamEvent[])[] = []
  #position = 0
  #unreadBytes = 0
  /** The client is to read before more is written. */
  #isBlocked = false
  #isDue = false
  #isEnded = false

  constructor(transport: WatchTransport, form: Form, tally: { events: number }) {
    this.#transport = transport
    this.#form = form
    this.#tally = tally
    transport.onDrain(() => {
      this.#isBlocked = false
      this.#join()
    })
  }

  deliver(events: readonly StreamEvent[]): void {
    if (this.#transport.isClosed) return
    this.#tally.events += events.length
    this.#waiting.push(events)
    if (!this.#isBlocked) return this.#join()
    this.#unreadBytes += sizeOf(events)
    if (this.#unreadBytes > maxUnreadBytes) this.#transport.destroy()
  }

  end(): void {
    this.#isEnded = true
    this.#join()
  }

  #join(): void {
    if (this.#isDue || this.#isBlocked) return
    this.#isDue = true
    fanOut.join(this.#flush)
  }

  readonly #flush = (): void => {
    this.#isDue = false
    if (this.#transport.isClosed) return void (this.#waiting = [])
    while (this.#waiting.length > 0 && !this.#isBlocked) {
      const bytes = this.#next()
      if (bytes.length > 0) this.#isBlocked = !this.#transport.send(bytes)
    }
    if (this.#waiting.length > 0) return
    this.#unreadBytes = 0
    if (this.#isEnded) this.#transport.end()
  }

  /** As many of the next frames as make a chunk. */
  #next(): Buffer {
    const events = this.#take()
    return chunks.get(`${this.#transport.framing} ${this.#form.name}`, events, () => {
      const parts: Piece[] = []
      let size = 0
      for (const event of events) {
        for (const part of this.#form.parts(event)) {
          parts.push(part)
          size += part.length
        }
      }
      return size === 0 ? nothing : this.#transport.wrap(parts, size)
    })
  }

  #take(): readonly StreamEvent[] {
    const [first] = this.#waiting
    if (this.#waiting.length === 1 && this.#position === 0 && sizeOf(first!) <= chunkBytes) {
      this.#waiting.pop()
      return first!
    }
    const events: StreamEvent[] = []
    let size = 0
    let taken = 0
    while (taken < this.#waiting.length && size < chunkBytes) {
      const run = this.#waiting[taken]!
      while (this.#position < run.length && size < chunkBytes) {
        const event = run[this.#position++]!
        events.push(event)
        size += sizeOfOne(event)
      }
      if (this.#position === run.length) {
        this.#position = 0
        taken++
      }
    }
    this.#waiting.splice(0, taken)
    return events
  }
}

const nothing = Buffer.alloc(0)

function sizeOf(events: readonly StreamEvent[]): number {
  let size = 0
  for (const event of events) size += sizeOfOne(event)
  return size
}

function sizeOfOne(event: StreamEvent): number {
  return 'entry' in event ? event.entry.bytes.length : 0
}
