// A watch: a response whose body is read event by event.
import type { IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, WatchLimits } from './case-file.ts'
import { bodyOf, headersOf, type Connection, type Headers } from './connection.ts'
import { decodeBody } from './decode.ts'
import { describeEvent } from './protobuf.ts'
import { headerView } from './reduce.ts'

/** How long to wait for events that are too many. */
const surplusMs = 250
export const watchSeconds = 8

export interface WatchEvent {
  readonly type?: string
  readonly object?: { readonly metadata?: { readonly annotations?: unknown } }
}

export class Watch implements Disposable {
  readonly #incoming: IncomingMessage
  readonly #events: WatchEvent[] = []
  #body: unknown
  #isClosed = false
  #error: string | undefined
  /** Tells who waits that there is something new. */
  #changed = (): void => {}

  private constructor(incoming: IncomingMessage) {
    this.#incoming = incoming
  }

  /** Waits for the headers of the answer. @throws Error of the socket, or if they do not come in time */
  static async open(connection: Connection, path: string, headers: Headers, seconds = watchSeconds): Promise<Watch> {
    const incoming = await connection.open(path, headers, AbortSignal.timeout(seconds * 1000))
    const watch = new Watch(incoming)
    if (incoming.statusCode === 200) watch.#follow(headers['accept']?.includes('protobuf') === true)
    else {
      watch.#body = decodeBody(headersOf(incoming), await bodyOf(incoming))
      watch.#isClosed = true
    }
    return watch
  }

  [Symbol.dispose](): void {
    this.#incoming.destroy()
  }

  /** Waits until enough has come, or the time is over; then closes the watch. */
  async collect({ count, until, timeout = watchSeconds }: WatchLimits): Promise<Answer> {
    await this.#waitUntil(() => this.#hasEnough(count, until), timeout * 1000)
    if (until === undefined && count !== undefined && count > 0 && !this.#isClosed) await delay(surplusMs)
    const answer: Answer = {
      status: this.#incoming.statusCode!,
      headers: headerView(headersOf(this.#incoming)),
      events: significant([...this.#events], until),
      ...(this.#body === undefined ? {} : { body: this.#body }),
      ...(until === 'close' ? { closed: this.#isClosed } : {}),
      ...(this.#error === undefined ? {} : { error: this.#error }),
    }
    this[Symbol.dispose]()
    return answer
  }

  #follow(isProtobuf: boolean): void {
    const incoming = this.#incoming
    const split = isProtobuf ? protobufFrames() : jsonLines()
    incoming.on('data', (chunk: Buffer) => {
      try {
        for (const event of split(chunk)) this.#events.push(event)
      } catch (error) {
        this.#error = String(error)
        incoming.destroy()
      }
      this.#changed()
    })
    incoming.on('end', () => {
      this.#isClosed = true
      this.#changed()
    })
    incoming.on('error', (error) => {
      this.#error ??= String(error)
      this.#changed()
    })
  }

  #hasEnough(count: number | undefined, until: WatchLimits['until']): boolean {
    if (this.#isClosed || this.#error !== undefined) return true
    if (until === 'close') return false
    if (until === 'bookmark') return this.#events.some(isBookmark)
    return count !== undefined && this.#events.filter((event) => !isBookmark(event)).length >= count
  }

  async #waitUntil(holds: () => boolean, ms: number): Promise<void> {
    if (holds()) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#changed = () => {
        if (!holds()) return
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** Source: apimachinery/pkg/util/framer, NewJSONFramedReader (v1.36): one object a line. */
function jsonLines(): (chunk: Buffer) => WatchEvent[] {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    const bytes = Buffer.concat([rest, chunk])
    const end = bytes.lastIndexOf('\n') + 1
    rest = bytes.subarray(end)
    const lines = bytes.subarray(0, end).toString().split('\n')
    return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as WatchEvent)
  }
}

/** Source: apimachinery/pkg/util/framer, NewLengthDelimitedFrameReader (v1.36): four bytes of length, big endian. */
function protobufFrames(): (chunk: Buffer) => WatchEvent[] {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const events: WatchEvent[] = []
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0)
      events.push(describeEvent(rest.subarray(4, end)))
      rest = rest.subarray(end)
    }
    return events
  }
}

function isBookmark(event: WatchEvent): boolean {
  return event.type === 'BOOKMARK'
}

/** Bookmarks without annotations come when the server likes: kept only where they are waited for, and one of a row. */
function significant(events: readonly WatchEvent[], until: WatchLimits['until']): WatchEvent[] {
  const isPeriodic = (event: WatchEvent): boolean =>
    isBookmark(event) && Object.keys(event.object?.metadata?.annotations ?? {}).length === 0
  const kept = until === undefined ? events.filter((event) => !isPeriodic(event)) : events
  return kept.filter((event, at) => {
    const before = kept[at - 1]
    return before === undefined || !isPeriodic(event) || !isPeriodic(before)
  })
}
