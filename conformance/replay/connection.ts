// Requests to a server, to the byte: paths and headers go out as they are given. HTTP/1.1.
import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'

export interface Target {
  readonly url: string
  /** PEM, of the certificate authority. */
  readonly authority: string
  /** Of a user in system:masters. */
  readonly token: string
}

/** By name in any case; null takes one away that would be sent otherwise. */
export type Headers = Readonly<Record<string, string | null>>

/** Lower case; more than one value where a header was sent more than once. */
export type ResponseHeaders = Readonly<Record<string, readonly string[]>>

export interface Response {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly body: Buffer
}

const timeoutMs = 30_000

export class Connection implements Disposable {
  readonly #target: Target
  readonly #agent: Agent

  constructor(target: Target) {
    this.#target = target
    this.#agent = new Agent({ keepAlive: true, ca: target.authority })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  /** @throws Error of the socket */
  async send(method: string, path: string, headers: Headers = {}, body?: Buffer): Promise<Response> {
    for (;;) {
      const outgoing = this.#request(method, path, headers, body)
      try {
        const incoming = await answerTo(outgoing, AbortSignal.timeout(timeoutMs))
        return { status: incoming.statusCode!, headers: headersOf(incoming), body: await bodyOf(incoming) }
      } catch (error) {
        outgoing.destroy()
        // The server may close a connection that idles while a request is on its way.
        if (!outgoing.reusedSocket) throw error
      }
    }
  }

  sendJSON(method: string, path: string, body: unknown, contentType = 'application/json'): Promise<Response> {
    return this.send(method, path, { 'content-type': contentType }, Buffer.from(JSON.stringify(body)))
  }

  /** A GET whose answer is read as it comes. @throws Error of the socket, or where `signal` says that it takes too long */
  open(path: string, headers: Headers, signal: AbortSignal): Promise<IncomingMessage> {
    return answerTo(this.#request('GET', path, headers, undefined), signal)
  }

  #request(method: string, path: string, headers: Headers, body: Buffer | undefined): ClientRequest {
    const { hostname, port } = new URL(this.#target.url)
    const all: Record<string, string> = {
      accept: 'application/json',
      // Nothing is compressed unless a case asks for it.
      'accept-encoding': 'identity',
      authorization: `Bearer ${this.#target.token}`,
      'user-agent': 'replay/1.0',
    }
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) delete all[name.toLowerCase()]
      else all[name.toLowerCase()] = value
    }
    // Node says it of its own accord for some methods only.
    if (body !== undefined) all['content-length'] = String(body.length)
    const outgoing = request({ hostname, port, path, method, headers: all, agent: this.#agent })
    outgoing.end(body)
    return outgoing
  }
}

async function answerTo(outgoing: ClientRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const [incoming] = (await once(outgoing, 'response', { signal })) as [IncomingMessage]
  // A refusal may come before the body has gone out: that the rest cannot be sent is no failure.
  outgoing.on('error', () => {})
  return incoming
}

export function headersOf(incoming: IncomingMessage): ResponseHeaders {
  return incoming.headersDistinct as ResponseHeaders
}

export async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  return Buffer.concat((await incoming.toArray()) as Buffer[])
}
