// Runs `kubeling` as a process of its own.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export const sources = join(import.meta.dirname, '../server/main.ts')

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A `kubeling` that runs until it is told to stop. */
export class Command implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  stdout = ''
  stderr = ''

  /** @param script main.ts, or what was built of it */
  constructor(args: readonly string[], script = sources) {
    this.#child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#ended = once(this.#child, 'close')
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
  }

  /** Waits for its own word that the cluster is ready. @returns where it listens @throws Error if it ends before */
  async ready(): Promise<string> {
    for (;;) {
      const url = /https:\/\/[^\s,]+/.exec(this.stdout)?.[0]
      if (url !== undefined && this.stdout.includes('Ctrl-C')) return url
      if (this.#child.exitCode !== null) throw new Error(`kubeling ended with ${this.#child.exitCode}: ${this.stderr}`)
      await Promise.race([once(this.#child.stdout!, 'data'), this.#ended])
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async ended(): Promise<Ended> {
    await this.#ended
    return { exitCode: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM')
    await this.#ended
  }
}

/** Runs it to its end. */
export async function run(args: readonly string[], script = sources): Promise<Ended> {
  await using command = new Command(args, script)
  return await command.ended()
}
