// Writes the events of one watch as fast as its client reads; slow readers are cut off.
import type { StreamEvent } from '../endpoints/api.ts'
import type { WatchTally } from './context.ts'
import { FanOut } from './fan-out.ts'
import { sizeOf, type Piece } from './pieces.ts'
import { eventsOf, nextStretch, SharedChunks, type Chunk, type Cursor } from './watch-chunks.ts'
import type { Form } from './watch-form.ts'
import { Runs, sizeOfEvent } from './watch-runs.ts'
import type { WatchTransport } from './watch-transport.ts'

/** How far a watcher may fall behind before it is cut off, in bytes of the objects it has not been sent. */
const maxUnreadBytes = 16 * 1024 * 1024

const runs = new Runs()
const chunks = new SharedChunks()
const fanOut = new FanOut(() => {
  runs.clear()
  chunks.clear()
})

/**
 * What the client has not read stays as events, which all watchers share, and not as bytes; the state a watch begins with
 * may be of any size, what comes later may not pile up beyond a bound.
 */
export class WatchWriter {
  readonly #transport: WatchTransport
  #form: Form
  readonly #tally: WatchTally
  /** What is still to be written. */
  readonly #waiting: Cursor = { runs: [], position: 0 }
  #unreadBytes = 0
  /** The client is to read before more is written. */
  #isBlocked = false
  #isDue = false
  #isEnded = false

  constructor(transport: WatchTransport, form: Form, tally: WatchTally) {
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
    for (const event of events) this.#tally.sizes.observe(sizeOfEvent(event))
    const run = runs.of(events)
    this.#waiting.runs.push(run)
    if (!this.#isBlocked) return this.#join()
    this.#unreadBytes += run.bytes
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
    if (this.#transport.isClosed) return
    try {
      this.#write()
    } catch {
      // What cannot be printed ends the stream, as in the real server; the others have theirs.
      this.#transport.destroy()
    }
  }

  #write(): void {
    const waiting = this.#waiting.runs
    while (waiting.length > 0 && !this.#isBlocked) {
      const chunk = this.#next()
      if (chunk.bytes.length === 0) continue
      if (chunk.isLent) this.#isBlocked = !this.#transport.send(chunk.bytes, chunk.release)
      else this.#isBlocked = !this.#transport.send(chunk.bytes)
    }
    if (waiting.length > 0) return
    this.#unreadBytes = 0
    if (this.#isEnded) this.#transport.end()
  }

  #next(): Chunk {
    const waiting = this.#waiting
    const stretch = nextStretch(waiting)
    const name = `${this.#transport.framing} ${this.#form.name}`
    const chunk = chunks.get(name, waiting, stretch, () => this.#print(eventsOf(waiting, stretch)))
    this.#form = this.#form.then ?? this.#form
    const { count, end } = stretch
    const isWhole = end === waiting.runs[count - 1]!.events.length
    waiting.position = isWhole ? 0 : end
    waiting.runs.splice(0, isWhole ? count : count - 1)
    return chunk
  }

  #print(events: Iterable<StreamEvent>): readonly Piece[] {
    const pieces: Piece[] = []
    for (const event of events) pieces.push(...this.#form.parts(event))
    const size = sizeOf(pieces)
    if (size === 0) return []
    const { before, after } = this.#transport.wrapping(size)
    return [before, ...pieces, after]
  }
}
