// A cluster of this checkout in a process of its own, started as a person starts it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Api } from './api.ts'
import { ProcessCost } from './process-cost.ts'

const main = join(import.meta.dirname, '../../server/main.ts')
const token = 'bench'

export interface StartOptions {
  readonly flags?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Simulated nodes, and how many of them to wait for. Default 1. */
  readonly nodes?: number
}

/** An API server alone, on disk: no controllers, no scheduler, no nodes, and pods need no service account. */
export const apiServerAlone: StartOptions = {
  flags: ['--bare', '--disable=controllers,scheduler,kubelet', '--disable-admission-plugins=ServiceAccount'],
  nodes: 0,
}

export class OwnServer implements AsyncDisposable {
  readonly #folder: string
  readonly #arguments: readonly string[]
  readonly api: Api
  #options: StartOptions
  #child: ChildProcess
  cost: ProcessCost
  /** From the start of the process until /readyz says ok and the nodes are Ready. */
  readyMs = 0

  private constructor(folder: string, port: number, options: StartOptions) {
    this.#folder = folder
    this.#options = options
    const tokens = join(folder, 'tokens.csv')
    writeFileSync(tokens, `${token},bench,1,system:masters\n`)
    this.#arguments = ['--port', String(port), '--data-dir', this.#dataFolder, '--token-auth-file', tokens]
    this.api = new Api({ host: '127.0.0.1', port, token })
    this.#child = this.#spawn()
    this.cost = new ProcessCost([this.#child.pid!])
  }

  /** On a new data folder, until it is ready. */
  static async start(options: StartOptions = {}): Promise<OwnServer> {
    const server = new OwnServer(mkdtempSync(join(tmpdir(), 'kubeling-bench-')), await freePort(), options)
    await server.#ready(performance.now())
    return server
  }

  /** Stops it, and starts it again on the same data. */
  async restart(options = this.#options): Promise<void> {
    await this.#stop()
    this.#options = options
    const startedAt = performance.now()
    this.#child = this.#spawn()
    this.cost = new ProcessCost([this.#child.pid!])
    await this.#ready(startedAt)
  }

  get #dataFolder(): string {
    return join(this.#folder, 'data')
  }

  /** Of all files of the store. */
  storeBytes(): number {
    const store = join(this.#dataFolder, 'store')
    return readdirSync(store).reduce((sum, name) => sum + statSync(join(store, name)).size, 0)
  }

  #spawn(): ChildProcess {
    const { flags = [], env = {}, nodes = 1 } = this.#options
    const some = nodes === 0 ? [] : ['--nodes', String(nodes)]
    const child = spawn(process.execPath, [main, 'up', ...this.#arguments, ...some, ...flags], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...env },
    })
    endWithThis(child)
    return child
  }

  async #ready(startedAt: number): Promise<void> {
    const fails = (): string | undefined =>
      this.#child.exitCode === null ? undefined : `the server ended with ${this.#child.exitCode}`
    const { nodes = 1 } = this.#options
    await this.api.until('/readyz', ({ body }) => body === 'ok', { fails })
    if (nodes > 0)
      await this.api.until(
        '/api/v1/nodes',
        ({ body }) => (JSON.parse(body) as NodeList).items.filter(isReady).length >= nodes,
        { fails, pauseMs: nodes > 100 ? 100 : 2 },
      )
    this.readyMs = performance.now() - startedAt
  }

  async #stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close()
    await this.#stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A benchmark that is cut short leaves no server behind. */
function endWithThis(child: ChildProcess): void {
  running.add(child)
  child.once('exit', () => running.delete(child))
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill()
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

interface NodeList {
  readonly items: readonly WithConditions[]
}

interface WithConditions {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

export function isReady(object: WithConditions): boolean {
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
