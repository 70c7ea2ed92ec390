// Requests and watches over TLS, as bare as can be: what a check of the server needs, and no client library to blame.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'

/** As in the token file of `tokenFileText`. */
const token = 'soak'
export const tokenFileText = `${token},soak,1,system:masters\n`

export interface Answer {
  readonly status: number
  readonly body: string
}

export interface Stored {
  readonly metadata: { readonly name: string; readonly resourceVersion: string }
  readonly data: { readonly n: string }
}

export interface WatchEvent {
  readonly type: string
  readonly object: Stored & { readonly code?: number; readonly message?: string }
}

/** A watch that was opened; iterating ends when the connection does, whoever ended it. */
export interface OpenWatch extends AsyncIterable<WatchEvent> {
  readonly status: number
  close(): void
}

export class BareClient implements Disposable {
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, rejectUnauthorized: false })

  /** @param url that the server announces */
  constructor(url: string) {
    this.#port = Number(new URL(url).port)
  }

  /** Rejects when the answer does not come whole: what was asked for is in doubt then. */
  async ask(method: string, path: string, object?: unknown, contentType = 'application/json'): Promise<Answer> {
    const message = await this.#open(method, path, object, contentType)
    let body = ''
    message.setEncoding('utf8')
    for await (const text of message as AsyncIterable<string>) body += text
    return { status: message.statusCode!, body }
  }

  /** @throws Error for an answer that is not 200 or 410 */
  async watch(path: string): Promise<OpenWatch> {
    const message = await this.#open('GET', path)
    const status = message.statusCode!
    if (status !== 200 && status !== 410) throw new Error(`${path} answers ${status}`)
    return { status, close: () => message.destroy(), [Symbol.asyncIterator]: () => eventsOf(message) }
  }

  async #open(method: string, path: string, object?: unknown, contentType?: string): Promise<IncomingMessage> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(object === undefined ? {} : { 'content-type': contentType }),
    }
    const sent = request({ host: '127.0.0.1', port: this.#port, path, method, headers, agent: this.#agent })
    sent.end(object === undefined ? undefined : JSON.stringify(object))
    const [message] = (await once(sent, 'response')) as [IncomingMessage]
    return message
  }

  /** Cuts what is open. */
  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

async function* eventsOf(message: IncomingMessage): AsyncGenerator<WatchEvent, void> {
  // A connection that breaks is an end like any other; a line that it cuts is not told.
  message.on('error', () => {})
  let held = ''
  message.setEncoding('utf8')
  try {
    for await (const text of message as AsyncIterable<string>) {
      const lines = (held + text).split('\n')
      held = lines.pop()!
      for (const line of lines) yield JSON.parse(line) as WatchEvent
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw error
  }
}
