// Asks a server what a benchmark needs beside its load: to prepare, to wait for a state, to look at the result.
import { Agent, request, type RequestOptions } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import type { AnyObject } from '../../server/apimachinery/types.ts'
import type { Endpoint } from './endpoint.ts'

const giveUpAfterMs = 120_000

export interface Answer {
  readonly status: number
  readonly body: string
}

export interface Watch {
  close(): void
}

export interface WatchEvent {
  readonly type: string
  readonly object: AnyObject
}

export class Api {
  readonly endpoint: Endpoint
  readonly #agent: Agent

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint
    const { certificate, key } = endpoint
    this.#agent = new Agent({
      keepAlive: true,
      rejectUnauthorized: false,
      ...(certificate !== undefined && { cert: certificate }),
      ...(key !== undefined && { key }),
    })
  }

  ask(method: string, path: string, object?: unknown, contentType = 'application/json'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(this.#options(method, path, contentType), (incoming) => {
        let body = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => (body += chunk))
        incoming.on('error', reject)
        incoming.on('end', () => resolve({ status: incoming.statusCode!, body }))
      })
      outgoing.on('error', reject)
      outgoing.end(object === undefined ? undefined : JSON.stringify(object))
    })
  }

  /** @throws Error when the answer is no success */
  async must(method: string, path: string, object?: unknown, contentType?: string): Promise<AnyObject> {
    const { status, body } = await this.ask(method, path, object, contentType)
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${body}`)
    return JSON.parse(body) as AnyObject
  }

  /** Creates what may be there already. */
  async ensure(path: string, object: unknown): Promise<void> {
    const { status, body } = await this.ask('POST', path, object)
    if (status >= 300 && status !== 409) throw new Error(`POST ${path}: ${status} ${body}`)
  }

  /** Asks again until the answer is 200 and good. @throws Error when `fails` tells why there is no hope, or in the end */
  async until(
    path: string,
    isGood: (answer: Answer) => boolean,
    { timeoutMs = giveUpAfterMs, pauseMs = 2, fails = (): string | undefined => undefined } = {},
  ): Promise<void> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const failure = fails()
      if (failure !== undefined) throw new Error(failure)
      if (performance.now() > deadline) throw new Error(`${path} is still not as it should be`)
      const answer = await this.ask('GET', path).catch(() => undefined)
      if (answer?.status === 200 && isGood(answer)) return
      await delay(pauseMs)
    }
  }

  /** The newest revision of a collection: watches begin there. */
  async revisionOf(collection: string): Promise<string> {
    const { metadata } = await this.must('GET', `${collection}?limit=1`)
    return metadata!.resourceVersion!
  }

  /** What changes from a revision on, in order; resolves once the stream is open. */
  watch(collection: string, resourceVersion: string, onEvent: (event: WatchEvent) => void): Promise<Watch> {
    return new Promise((resolve, reject) => {
      const query = `${collection.includes('?') ? '&' : '?'}watch=true&resourceVersion=${resourceVersion}`
      const outgoing = request(this.#options('GET', `${collection}${query}`), (incoming) => {
        if (incoming.statusCode !== 200) reject(new Error(`watch of ${collection}: ${incoming.statusCode}`))
        let rest = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop()!
          for (const line of lines) onEvent(JSON.parse(line) as WatchEvent)
        })
        incoming.on('error', () => {})
        resolve({ close: () => outgoing.destroy() })
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  }

  close(): void {
    this.#agent.destroy()
  }

  #options(method: string, path: string, contentType = 'application/json'): RequestOptions {
    const { host, port, token } = this.endpoint
    const headers = { 'content-type': contentType, ...(token !== undefined && { authorization: `Bearer ${token}` }) }
    return { host, port, path, method, headers, agent: this.#agent }
  }
}
