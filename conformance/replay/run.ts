// Runs a recorded case against a server: its steps one after the other, then what is left is deleted.
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Answer, HttpStep, RecordedCase, Retry, Step } from './case-file.ts'
import { createdPath, deleteAll, deleteNamespace } from './clean-up.ts'
import { Connection, type Response, type Target } from './connection.ts'
import { decodeBody, layoutOf, unzipped } from './decode.ts'
import { normalise, type GeneratedName, type RawAnswer } from './normalise.ts'
import { valueAt } from './pointer.ts'
import { headerView, reduce } from './reduce.ts'
import { outgoing, requestHeaders, type Outgoing } from './request.ts'
import { fill, fillText } from './variables.ts'
import { Watch } from './watch.ts'

const retrySeconds = 15
const retryEverySeconds = 0.15

export interface Patience {
  /** Retries end after this many seconds, whatever a step says. */
  readonly retrySeconds: number
}

/** What steps leave for those that follow. */
interface Memory {
  readonly variables: Record<string, unknown>
  /** Paths, in the order of creation. */
  readonly created: string[]
  readonly watches: Map<string, Watch>
  readonly bodies: Map<string, Buffer>
}

export class Replayer implements Disposable {
  readonly #connection: Connection

  constructor(target: Target) {
    this.#connection = new Connection(target)
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
  }

  /** The normalised answers to the steps that are compared. @throws Error if there can be no namespace for it */
  async run(recorded: RecordedCase, patience: Patience = { retrySeconds: Infinity }): Promise<Answer[]> {
    // The same length for every case: some answers carry lengths.
    const namespace = `z${randomBytes(5).toString('hex').slice(1)}`
    const memory: Memory = { variables: { ns: namespace }, created: [], watches: new Map(), bodies: new Map() }
    const answers: RawAnswer[] = []
    if (recorded.ns !== false) await this.#createNamespace(namespace, recorded.nsLabels)
    try {
      for (const step of recorded.steps) {
        const answer = await this.#step(step, memory, patience).catch(asAnswer)
        if (answer !== undefined && !('record' in step && step.record === false)) answers.push(answer)
      }
    } finally {
      for (const watch of memory.watches.values()) watch[Symbol.dispose]()
      const leftBehind = (recorded.cleanup ?? []).map((path) => fillText(path, memory.variables))
      await deleteAll(this.#connection, [...leftBehind, ...memory.created.toReversed()])
      if (recorded.ns !== false) await deleteNamespace(this.#connection, namespace)
    }
    return normalise(answers, namespace, Date.now())
  }

  async #createNamespace(name: string, labels?: Readonly<Record<string, string>>): Promise<void> {
    const metadata = { name, ...(labels === undefined ? {} : { labels }) }
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata }
    const { status } = await this.#connection.sendJSON('POST', '/api/v1/namespaces', body)
    if (status !== 201) throw new Error(`cannot create the namespace of the case: ${status}`)
  }

  /** Undefined: a step without an answer of its own. */
  async #step(step: Step, memory: Memory, patience: Patience): Promise<RawAnswer | undefined> {
    switch (step.op) {
      case 'sleep': {
        await delay(step.seconds * 1000)
        return undefined
      }
      case 'watch-start': {
        memory.watches.set(step.as, await this.#open(step, memory))
        return undefined
      }
      case 'watch': {
        using watch = await this.#open(step, memory)
        return { answer: reduce(await watch.collect(step), step) }
      }
      case 'watch-end': {
        const watch = memory.watches.get(step.as)
        if (watch === undefined) throw new Error(`no watch ${step.as} was started`)
        if (step.settle !== undefined) await delay(step.settle * 1000)
        return { answer: reduce(await watch.collect(step), step) }
      }
      default:
        return this.#ask(step, memory, patience)
    }
  }

  #open(step: Extract<Step, { op: 'watch' | 'watch-start' }>, { variables }: Memory): Promise<Watch> {
    const path = fillText(step.path, variables)
    return Watch.open(this.#connection, path, requestHeaders(step, variables), step.timeout)
  }

  async #ask(step: HttpStep, memory: Memory, patience: Patience): Promise<RawAnswer> {
    const { variables, bodies } = memory
    const request = outgoing(step, variables, bodies)
    const { status, headers, body } = await this.#send(request, step.retry, memory, patience)
    const decoded = decodeBody(headers, body)
    for (const [name, pointer] of Object.entries(step.capture ?? {})) {
      const value = valueAt(decoded, pointer)
      if (value !== undefined) variables[name] = value
    }
    if (step.saveBody !== undefined) bodies.set(step.saveBody, body)
    const answer: Answer = {
      status,
      headers: headerView(headers),
      body: decoded,
      ...(step.rawShape === true ? { raw: layoutOf(body) } : {}),
    }
    const generated = request.method === 'POST' ? generatedName(decoded) : undefined
    return { answer: reduce(answer, step), ...(generated === undefined ? {} : { generated }) }
  }

  /** The answer without its content encoding. */
  async #send(
    { method, path, headers, body }: Outgoing,
    retry: Retry | undefined,
    { variables, created }: Memory,
    patience: Patience,
  ): Promise<Response> {
    const seconds = Math.min(retry?.timeout ?? retrySeconds, patience.retrySeconds)
    const deadline = performance.now() + seconds * 1000
    for (;;) {
      const zipped = await this.#connection.send(method, path, headers, body)
      const response = { ...zipped, body: unzipped(zipped) }
      const decoded = decodeBody(response.headers, response.body)
      const made = createdPath({ method, path, headers, body }, response.status, decoded)
      if (made !== undefined) created.push(made)
      if (retry === undefined || performance.now() > deadline) return response
      const wanted = fill(retry.match ?? {}, variables) as Record<string, unknown>
      if (holds({ ...retry, match: wanted }, response.status, decoded)) return response
      await delay((retry.every ?? retryEverySeconds) * 1000)
    }
  }
}

/** A step that fails is an answer that no server gave: a difference, and what follows is still of interest. */
function asAnswer(error: unknown): RawAnswer {
  return { answer: { error: String(error) } }
}

function holds({ status, match = {} }: Retry, gotStatus: number, decoded: unknown): boolean {
  if (status !== undefined && status !== gotStatus) return false
  return Object.entries(match).every(([pointer, wanted]) => {
    const found = valueAt(decoded, pointer)
    if (wanted === '$present') return found !== undefined
    if (typeof wanted === 'string' && wanted.startsWith('~')) {
      return typeof found === 'string' && found.includes(wanted.slice(1))
    }
    return isDeepStrictEqual(found, wanted)
  })
}

function generatedName(decoded: unknown): GeneratedName | undefined {
  const prefix = valueAt(decoded, '/metadata/generateName')
  const name = valueAt(decoded, '/metadata/name')
  if (typeof prefix !== 'string' || prefix === '' || typeof name !== 'string') return undefined
  return name.startsWith(prefix) ? { prefix, name } : undefined
}
