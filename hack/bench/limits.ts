// What this machine can do at most at this moment, asked of a process that does nothing else.
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { preparePKI } from '../../server/pki.ts'
import type { Protocol } from './jobs.ts'
import type { LimitAnswer, LimitQuestion } from './limits-process.ts'
import { Load } from './load.ts'
import { ProcessCost } from './process-cost.ts'

const program = join(import.meta.dirname, 'limits-process.ts')

/** How fast the machine is: small figures that need no server. */
export interface MachineSpeed {
  /** JSON.parse and JSON.stringify of a pod of 2.3 KiB. */
  readonly parseMicroseconds: number
  readonly stringifyMicroseconds: number
  /** POST of 2.3 KiB answered with 3 KiB by a bare HTTPS server, 8 clients. */
  readonly echoCPUMicroseconds: number
  readonly echoPerSecond: number
  /** A synced batch of LevelDB with one object in it. */
  readonly syncMilliseconds: number
}

export interface Cost {
  /** Of the server, per request or event. */
  readonly cpuMicroseconds: number
  readonly perSecond: number
}

/** Each member of a union without some of its fields. */
type Asked<T> = T extends unknown ? Omit<T, 'id'> : never

export class Limits implements Disposable {
  readonly #child: ChildProcess
  readonly #cost: ProcessCost
  readonly #waiting = new Map<number, (values: LimitAnswer['values']) => void>()
  readonly #loads = new Map<Protocol, { load: Load; port: number }>()
  #id = 0

  private constructor() {
    this.#child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
    this.#cost = new ProcessCost([this.#child.pid!])
    this.#child.on('message', ({ id, values }: LimitAnswer) => {
      this.#waiting.get(id)?.(values)
      this.#waiting.delete(id)
    })
  }

  static async start(): Promise<Limits> {
    const limits = new Limits()
    const { certificate, key } = (await preparePKI(undefined, ['127.0.0.1'], Date.now())).serving
    const ports = await limits.#ask({ kind: 'listen', certificate, key })
    for (const protocol of ['http1', 'http2'] as const) {
      const port = ports[protocol]!
      limits.#loads.set(protocol, { port, load: new Load({ host: '127.0.0.1', port }) })
    }
    // Until V8 has seen enough of both sides.
    await limits.echo(2300, 3000, 8, 400)
    await limits.speed()
    return limits
  }

  async speed(): Promise<MachineSpeed> {
    const { parse, stringify } = await this.#ask({ kind: 'parse', milliseconds: 150 })
    const { cpuMicroseconds, perSecond } = await this.echo(2300, 3000, 8, 250)
    const { batchMs } = await this.#ask({ kind: 'level', batches: 100, perBatch: 1 })
    return {
      parseMicroseconds: parse!,
      stringifyMicroseconds: stringify!,
      echoCPUMicroseconds: cpuMicroseconds,
      echoPerSecond: perSecond,
      syncMilliseconds: batchMs!,
    }
  }

  /** Requests of so many bytes, answered with so many, by a bare HTTPS server. */
  async echo(sent: number, received: number, clients: number, each: number): Promise<Cost> {
    const { load } = this.#loads.get('http1')!
    const path = `/bytes/${received}`
    const before = this.#cost.cpuMs()
    const job =
      sent === 0
        ? ({ kind: 'gets', path, headers: {}, count: each * clients } as const)
        : ({ kind: 'posts', path, bytes: sent, clients, count: each } as const)
    const { count, seconds } = await load.run(job)
    return { cpuMicroseconds: ((this.#cost.cpuMs() - before) * 1000) / count, perSecond: count / seconds }
  }

  /** One object with its entry in the log, in synced batches of so many. */
  async store(perBatch: number, batches = 150): Promise<Cost> {
    const { cpu, rate } = await this.#ask({ kind: 'level', batches, perBatch })
    return { cpuMicroseconds: cpu!, perSecond: rate! }
  }

  /** The same bytes to many streams that stay open. */
  async fanOut(watches: number, protocol: Protocol, connections: number, bytes: number, events: number): Promise<Cost> {
    const { load } = this.#loads.get(protocol)!
    const expected = watches * events
    await load.run({ kind: 'watch', path: '/watch', watches, protocol, connections, expected })
    const before = this.#cost.cpuMs()
    const startedAt = performance.now()
    const all = load.run({ kind: 'delivered' })
    await this.#ask({ kind: 'fan-out', events, bytes })
    await all
    const seconds = (performance.now() - startedAt) / 1000
    const cost = { cpuMicroseconds: ((this.#cost.cpuMs() - before) * 1000) / expected, perSecond: expected / seconds }
    await this.#ask({ kind: 'hang-up' })
    return cost
  }

  #ask(question: Asked<LimitQuestion>): Promise<LimitAnswer['values']> {
    return new Promise((resolve, reject) => {
      const id = ++this.#id
      this.#child.once('exit', (code) => reject(new Error(`the process of the limits ended with ${code}`)))
      this.#waiting.set(id, (values) => {
        this.#child.removeAllListeners('exit')
        resolve(values)
      })
      this.#child.send({ ...question, id })
    })
  }

  [Symbol.dispose](): void {
    for (const { load } of this.#loads.values()) load[Symbol.dispose]()
    this.#child.kill()
  }
}
