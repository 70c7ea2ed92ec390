// Watches, and the events that they have brought so far.
import { Connection } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { eventCounter } from './event-counter.ts'
import { Http2Client } from './http2-client.ts'
import type { WatchJob } from './jobs.ts'

/** In an annotation of what is watched: when its writer sent it, by the wall clock, in milliseconds. */
export const sentAt = 'sent-at'
const marker = Buffer.from(`"${sentAt}":"`)
const digits = 20

export function wallClock(): number {
  return performance.timeOrigin + performance.now()
}

export interface Delivered {
  readonly count: number
  readonly bytes: number
  /** Milliseconds from writing to reading. */
  readonly lags: number[]
  /** Of this process. */
  readonly cpuMs: number
}

export class Deliveries {
  readonly #expected: number
  readonly #done = Promise.withResolvers<void>()
  readonly #close: (() => void)[] = []
  readonly #lags: number[] = []
  /** From the first event on. */
  #cpu: NodeJS.CpuUsage | undefined
  #count = 0
  #bytes = 0

  constructor(expected: number) {
    this.#expected = expected
  }

  /** The last watch also looks at when its events were written. */
  async open(endpoint: Endpoint, { path, watches, protocol, connections }: WatchJob): Promise<void> {
    const readers = Array.from({ length: watches }, (_, at) => this.#reader(at === watches - 1))
    if (protocol === 'http1') {
      await Promise.all(
        readers.map(async (reader) => {
          const connection = await Connection.open(endpoint)
          this.#close.push(() => connection.close())
          check(await connection.stream(path, '', reader))
        }),
      )
      return
    }
    const clients = await Promise.all(Array.from({ length: connections }, () => Http2Client.open(endpoint)))
    this.#close.push(...clients.map((client) => () => client.close()))
    await Promise.all(
      readers.map(async (reader, at) => check((await clients[at % connections]!.get(path, {}, reader)).status)),
    )
  }

  /** All that were expected; the watches are closed. */
  async all(): Promise<Delivered> {
    await this.#done.promise
    for (const close of this.#close) close()
    const { user, system } = process.cpuUsage(this.#cpu)
    return { count: this.#count, bytes: this.#bytes, lags: this.#lags, cpuMs: (user + system) / 1000 }
  }

  #reader(looks: boolean): (piece: Buffer) => void {
    const countOf = eventCounter('json')
    return (piece) => {
      this.#cpu ??= process.cpuUsage()
      this.#count += countOf(piece)
      this.#bytes += piece.length
      if (looks) this.#look(piece)
      if (this.#count >= this.#expected) this.#done.resolve()
    }
  }

  /** An event whose time is cut in two by the end of the piece is left out. */
  #look(piece: Buffer): void {
    for (let at = piece.indexOf(marker); at >= 0; at = piece.indexOf(marker, at + 1)) {
      const from = at + marker.length
      if (from + digits <= piece.length)
        this.#lags.push(wallClock() - Number.parseFloat(piece.toString('latin1', from, from + digits)))
    }
  }
}

function check(status: number): void {
  if (status !== 200) throw new Error(`watch: ${status}`)
}
