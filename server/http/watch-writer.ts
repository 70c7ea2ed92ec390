// Writes the events of one watch as fast as its client reads; slow readers are cut off.
import type { StreamEvent } from '../endpoints/api.ts'
import type { WatchTally } from './context.ts'
import { FanOut } from './fan-out.ts'
import { sizeOf, type Piece } from './pieces.ts'
import { Backlog, type Laggard } from './watch-backlog.ts'
import { eventsOf, nextStretch, SharedChunks, type Chunk, type Cursor } from './watch-chunks.ts'
import type { Form } from './watch-form.ts'
import { Runs, sizeOfEvent, type Run } from './watch-runs.ts'
import type { WatchTransport } from './watch-transport.ts'

/** How far a watcher may fall behind before it is cut off, in bytes of the objects it has not been sent. */
const maxUnreadBytes = 16 * 1024 * 1024
/** The same of all watchers together; what several of them wait for counts once. */
const maxBacklogBytes = 128 * 1024 * 1024

const runs = new Runs()
const chunks = new SharedChunks()
const backlog = new Backlog(maxBacklogBytes)
const fanOut = new FanOut(() => {
  runs.clear()
  chunks.clear()
})

/**
 * What the client has not read stays as events, which all watchers share, and not as bytes; the state a watch begins with
 * may be of any size, what comes later may not pile up beyond a bound. History on disk is not even read before there is room.
 */
export class WatchWriter implements Laggard {
  readonly #transport: WatchTransport
  #form: Form
  readonly #tally: WatchTally
  /** What is still to be written. */
  readonly #waiting: Cursor = { runs: [], position: 0 }
  /** The last ones that wait are its backlog: they came when the client had not read what came before. */
  #lateRuns = 0
  #unreadBytes = 0
  #emptied: PromiseWithResolvers<void> | undefined
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
    if (!this.#isBlocked) this.#join()
    if (this.#isBlocked || this.#lateRuns > 0) this.#hold(run)
  }

  get unreadBytes(): number {
    return this.#unreadBytes
  }

  /** Resolves when all is written and the client has read, or is gone; undefined: so it is already. */
  room(): Promise<void> | undefined {
    if (this.#transport.isClosed || (this.#waiting.runs.length === 0 && !this.#isBlocked)) return undefined
    this.#emptied ??= Promise.withResolvers()
    return this.#emptied.promise
  }

  cutOff(): void {
    this.#transport.destroy()
    this.drop()
  }

  /** Nobody reads any more: nothing is kept. */
  drop(): void {
    const waiting = this.#waiting.runs
    for (const run of waiting.slice(waiting.length - this.#lateRuns)) this.#release(run)
    waiting.length = 0
    this.#waiting.position = 0
    this.#tellRoom()
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
    if (!this.#isBlocked) this.#tellRoom()
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
    const onTime = waiting.runs.length - this.#lateRuns
    const written = waiting.runs.splice(0, isWhole ? count : count - 1)
    for (let at = onTime; at < written.length; at++) this.#release(written[at]!)
    return chunk
  }

  #hold(run: Run): void {
    this.#lateRuns++
    this.#unreadBytes += run.bytes
    backlog.hold(this, run)
    if (this.#unreadBytes > maxUnreadBytes) this.cutOff()
  }

  #release(run: Run): void {
    this.#lateRuns--
    this.#unreadBytes -= run.bytes
    backlog.release(run)
    if (this.#lateRuns === 0) backlog.forget(this)
  }

  #tellRoom(): void {
    this.#emptied?.resolve()
    this.#emptied = undefined
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
