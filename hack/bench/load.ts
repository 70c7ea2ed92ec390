// A process of the load, seen from the one that measures.
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Endpoint } from './endpoint.ts'
import type { Job, Outcome, Question, Reply } from './jobs.ts'

const program = join(import.meta.dirname, 'load-process.ts')

export class Load implements Disposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve: (outcome: Outcome) => void; reject: (error: Error) => void }>()
  #id = 0

  constructor(endpoint: Endpoint) {
    this.#child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
    this.#child.on('message', (reply: Reply) => {
      const waiting = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if ('error' in reply) waiting?.reject(new Error(reply.error))
      else waiting?.resolve(reply.outcome)
    })
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`a process of the load ended with ${code}`))
    })
    this.#send({ endpoint })
  }

  run(job: Job): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const id = ++this.#id
      this.#waiting.set(id, { resolve, reject })
      this.#send({ id, job })
    })
  }

  get pid(): number {
    return this.#child.pid!
  }

  #send(question: Question): void {
    this.#child.send(question)
  }

  [Symbol.dispose](): void {
    this.#child.kill()
  }
}
