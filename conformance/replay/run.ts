// Runs a recorded case against a server: its requests one after the other, then what is left is deleted.
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, RecordedCase, Step } from './case-file.ts'
import { normalise } from './normalise.ts'
import { valueAt } from './pointer.ts'
import { decodeBody, reduce, type Response } from './reduce.ts'

export interface Target {
  readonly url: string
  /** PEM, of the certificate authority. */
  readonly authority: string
  /** Of a user in system:masters. */
  readonly token: string
}

type Variables = Readonly<Record<string, unknown>>

export class Replayer implements Disposable {
  readonly #target: Target
  readonly #agent: Agent

  constructor(target: Target) {
    this.#target = target
    this.#agent = new Agent({ keepAlive: true, ca: target.authority })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  /** The normalised answers to the steps that are compared. @throws Error for a step of a kind that is not known here */
  async run(recorded: RecordedCase): Promise<Answer[]> {
    // The same length for every case: some answers carry lengths.
    const namespace = `z${randomBytes(5).toString('hex').slice(1)}`
    const variables: Record<string, unknown> = { ns: namespace }
    const created: string[] = []
    const answers: Answer[] = []
    if (recorded.ns !== false) await this.#createNamespace(namespace, recorded.nsLabels)
    try {
      for (const step of recorded.steps) {
        if (step.op !== undefined) throw new Error(`steps of the kind ${step.op} cannot be replayed yet`)
        const { response, decoded, path } = await this.#ask(step, variables)
        for (const [name, pointer] of Object.entries(step.capture ?? {})) variables[name] = valueAt(decoded, pointer)
        if (step.method === 'POST' && response.status === 201) {
          const name = valueAt(decoded, '/metadata/name')
          if (typeof name === 'string') created.push(`${path.split('?')[0]}/${name}`)
        }
        if (step.record !== false) answers.push(reduce(response, decoded, step))
      }
    } finally {
      await this.#cleanUp(created, recorded.ns === false ? undefined : namespace)
    }
    return normalise(answers, namespace, Date.now())
  }

  async #ask(step: Step, variables: Variables): Promise<{ response: Response; decoded: unknown; path: string }> {
    const path = fill(step.path, variables) as string
    const deadline = Date.now() + (step.retry?.timeout ?? 0) * 1000
    for (;;) {
      const response = await this.#send(step.method, path, headersOf(step, variables), bodyOf(step, variables))
      const decoded = decodeBody(response)
      if (step.retry === undefined || holds(step.retry, response, decoded, variables) || Date.now() > deadline) {
        return { response, decoded, path }
      }
      await delay((step.retry.every ?? 0.15) * 1000)
    }
  }

  #send(method: string, path: string, headers: Record<string, string>, body: Buffer | undefined): Promise<Response> {
    const { url, token } = this.#target
    const all = { accept: 'application/json', authorization: `Bearer ${token}`, 'user-agent': 'replay/1.0', ...headers }
    return new Promise((resolve, reject) => {
      const outgoing = request(`${url}${path}`, { method, agent: this.#agent, headers: all }, (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          resolve({
            status: incoming.statusCode!,
            headers: incoming.headersDistinct as Response['headers'],
            body: Buffer.concat(chunks),
          })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  async #createNamespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const { status } = await this.#sendJSON('POST', '/api/v1/namespaces', { metadata: { name, labels } })
    if (status !== 201) throw new Error(`cannot create the namespace of the case: ${status}`)
  }

  /** No namespace controller runs: namespaces are finalized from here. */
  async #cleanUp(created: readonly string[], namespace: string | undefined): Promise<void> {
    for (const path of created.toReversed()) await this.#sendJSON('DELETE', path, { gracePeriodSeconds: 0 })
    if (namespace === undefined) return
    const path = `/api/v1/namespaces/${namespace}`
    await this.#sendJSON('DELETE', path, {})
    const object = decodeBody(await this.#send('GET', path, {}, undefined)) as { spec?: unknown }
    await this.#sendJSON('PUT', `${path}/finalize`, { ...object, spec: { finalizers: [] } })
  }

  #sendJSON(method: string, path: string, body: unknown): Promise<Response> {
    return this.#send(method, path, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify(body)))
  }
}

function headersOf(step: Step, variables: Variables): Record<string, string> {
  const headers: Record<string, string> = {}
  if (step.accept !== undefined) headers['accept'] = step.accept
  if (step.user !== undefined) headers['impersonate-user'] = fill(step.user, variables) as string
  if (step.contentType !== undefined) headers['content-type'] = step.contentType
  else if (step.body !== undefined || step.rawBody !== undefined) headers['content-type'] = 'application/json'
  for (const [name, value] of Object.entries(step.headers ?? {})) {
    if (value !== null) headers[name.toLowerCase()] = fill(value, variables) as string
  }
  return headers
}

function bodyOf(step: Step, variables: Variables): Buffer | undefined {
  if (step.bodyB64 !== undefined) return Buffer.from(step.bodyB64, 'base64')
  if (step.rawBody !== undefined) return Buffer.from(fill(step.rawBody, variables) as string)
  return step.body === undefined ? undefined : Buffer.from(JSON.stringify(fill(step.body, variables)))
}

/** Puts `${name}` in; a string that is nothing else becomes the value itself. */
function fill(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') {
    const whole = /^\$\{(\w+)\}$/.exec(value)?.[1]
    if (whole !== undefined && Object.hasOwn(variables, whole)) return variables[whole]
    return value.replaceAll(/\$\{(\w+)\}/g, (found, name: string) => {
      const one = Object.hasOwn(variables, name) ? variables[name] : found
      return typeof one === 'string' ? one : JSON.stringify(one)
    })
  }
  if (Array.isArray(value)) return value.map((one) => fill(one, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [fill(key, variables), fill(one, variables)]))
}

function holds(retry: NonNullable<Step['retry']>, response: Response, decoded: unknown, variables: Variables): boolean {
  if (retry.status !== undefined && retry.status !== response.status) return false
  return Object.entries(retry.match ?? {}).every(([pointer, wanted]) => {
    const found = valueAt(decoded, pointer)
    const expected = fill(wanted, variables)
    if (expected === '$present') return found !== undefined
    if (typeof expected === 'string' && expected.startsWith('~')) return String(found).includes(expected.slice(1))
    return JSON.stringify(found) === JSON.stringify(expected)
  })
}
