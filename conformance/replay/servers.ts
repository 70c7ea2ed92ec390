// The servers that cases are replayed against, in this process.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock, startCluster, type Cluster, type ClusterOptions } from '../../server/index.ts'
import { Replayer } from './run.ts'

const token = 'recorded-admin'

interface Server {
  readonly cluster: Cluster
  readonly replayer: Replayer
  /** Fires while the server runs. */
  readonly timer?: NodeJS.Timeout
}

/** One server for each way of starting it, started when the first case needs it. */
export class Servers implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kubeling-recordings-'))
  readonly #started = new Map<string, Promise<Server>>()

  /** @param tags of a case: what it needs beyond an API server */
  async replayer([tag = '']: readonly string[] = []): Promise<Replayer> {
    const started = this.#started.get(tag) ?? this.#start(tag)
    this.#started.set(tag, started)
    return (await started).replayer
  }

  #start(tag: string): Promise<Server> {
    const apiServer: ClusterOptions = {
      disable: ['controllers', 'scheduler', 'kubelet'],
      disableAdmissionPlugins: ['ServiceAccount'],
    }
    if (tag === '') return this.#startServer(apiServer)
    if (tag === 'controllers') return this.#startServer({ disable: ['kubelet'] })
    if (tag === 'compaction') return this.#startForgetful(apiServer)
    throw new Error(`no server is known for the tag ${tag}`)
  }

  async #startServer(options: ClusterOptions): Promise<Server> {
    const tokenAuthFile = join(this.#folder, 'tokens.csv')
    writeFileSync(tokenAuthFile, `${token},admin,admin,system:masters\n`)
    const cluster = await startCluster({ bare: true, tokenAuthFile, ...options })
    const { url, kubeconfigOptions } = cluster
    return { cluster, replayer: new Replayer({ url, authority: kubeconfigOptions.authority, token }) }
  }

  /** History older than some minutes is forgotten: here a minute takes a tenth of a second. And something is written in it. */
  async #startForgetful(options: ClusterOptions): Promise<Server> {
    const clock = new FakeClock(Date.now())
    const server = await this.#startServer({ ...options, clock })
    const client = server.cluster.client()
    const timer = setInterval(() => {
      clock.step(60_000)
      void client.create('configmaps', { metadata: { generateName: 'minute-', namespace: 'default' } })
    }, 100)
    return { ...server, timer }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of this.#started.values()) {
      const { cluster, replayer, timer } = await started
      clearInterval(timer)
      replayer[Symbol.dispose]()
      await cluster.close()
    }
    rmSync(this.#folder, { recursive: true })
  }
}
