// A watch: a response whose body is read event by event.
import type { IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, WatchLimits } from './case-file.ts'
import { bodyOf, headersOf, type Connection, type Headers } from './connection.ts'
import { decodeBody } from './decode.ts'
import { headerView } from './reduce.ts'
import { isBookmark, jsonLines, protobufFrames, significant, type WatchEvent } from './watch-events.ts'

/** How long to wait for events that are too many. */
const surplusMs = 250
const watchSeconds = 8

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
