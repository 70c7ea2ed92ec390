// A cluster in a process of its own, started as a person starts it, and the clock that runs meanwhile.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import { Agent, request, type RequestOptions } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const main = join(import.meta.dirname, '../../server/main.ts')
const token = 'bench'
const giveUpAfterMs = 30_000

export interface Answer {
  readonly status: number
  readonly body: string
}

export interface StartOptions {
  readonly flags?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Simulated nodes to wait for. Default 1. */
  readonly nodes?: number
}

export class BenchServer implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  /** From the start of the process until /readyz says ok and a node is Ready. */
  readyMs = 0
  resourceVersion = ''

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#child = child
    this.#folder = folder
    this.#port = port
  }

  /** On a new data folder, until it is ready. */
  static async start({ flags = [], env = {}, nodes = 1 }: StartOptions = {}): Promise<BenchServer> {
    const folder = mkdtempSync(join(tmpdir(), 'kubeling-bench-'))
    const tokens = join(folder, 'tokens.csv')
    writeFileSync(tokens, `${token},bench,1,system:masters\n`)
    const port = await freePort()
    const own = ['--port', String(port), '--data-dir', join(folder, 'data'), '--token-auth-file', tokens]
    const startedAt = performance.now()
    const child = spawn(process.execPath, [main, 'up', ...own, ...flags], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...env },
    })
    const server = new BenchServer(child, folder, port)
    await server.until('/readyz', ({ body }) => body === 'ok')
    await server.until(
      '/api/v1/nodes',
      ({ body }) => (JSON.parse(body) as NodeList).items.filter(isReady).length === nodes,
    )
    server.readyMs = performance.now() - startedAt
    return server
  }

  /** Asks again until the answer is 200 and good. @throws Error after 30 s */
  async until(path: string, isGood: (answer: Answer) => boolean): Promise<void> {
    const deadline = performance.now() + giveUpAfterMs
    for (;;) {
      if (this.#child.exitCode !== null) throw new Error(`the server ended with ${this.#child.exitCode}`)
      if (performance.now() > deadline) throw new Error(`${path} is still not as it should be`)
      const answer = await this.ask('GET', path).catch(() => undefined)
      if (answer?.status === 200 && isGood(answer)) return
      await delay(2)
    }
  }

  ask(method: string, path: string, object?: unknown, contentType = 'application/json'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': contentType }
      const options = { host: '127.0.0.1', port: this.#port, path, method, headers, agent: this.#agent }
      const outgoing = request(options, (incoming) => {
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

  /** For a request of its own, on a connection of its own. */
  requestOptions(method: string, path: string, headers: OutgoingHttpHeaders = {}): RequestOptions {
    return {
      host: '127.0.0.1',
      port: this.#port,
      path,
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      rejectUnauthorized: false,
      agent: false,
    }
  }

  /** Reads an answer without keeping it. */
  drain(path: string, accept: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = { ...this.requestOptions('GET', path, { accept }), agent: this.#agent }
      const outgoing = request(options, (incoming) => {
        incoming.resume()
        incoming.on('error', reject)
        incoming.on('end', () => resolve(incoming.statusCode!))
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  }

  /** The newest revision, noted in `resourceVersion`: watches begin there. */
  async noteResourceVersion(): Promise<void> {
    const { body } = await this.ask('GET', '/api/v1/namespaces')
    this.resourceVersion = (JSON.parse(body) as { metadata: { resourceVersion: string } }).metadata.resourceVersion
  }

  /** Resident memory, in MB of 10^6 bytes; undefined where there is no /proc. */
  residentMB(): number | undefined {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
      return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / 1e6
    } catch {
      return undefined
    }
  }

  /** CPU time of all its threads so far, in steps of 10 ms; 0 where there is no /proc. */
  cpuMs(): number {
    try {
      const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
      // Behind the name, which may hold spaces: user and system time are the 14th and 15th field.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) * 10
    } catch {
      return 0
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await ended
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

interface NodeList {
  readonly items: readonly { readonly status?: { readonly conditions?: readonly { type: string; status: string }[] } }[]
}

export function isReady(object: NodeList['items'][number]): boolean {
  return object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
