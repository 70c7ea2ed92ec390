// A Client that fails now and then, for tests: refusals, lost answers, watches that break, and a process that dies.
import { newConflict, newInternalError } from '../apimachinery/errors.ts'
import type { Random } from '../apimachinery/names.ts'
import type { AnyObject, Frozen, KubeObject, Stored } from '../apimachinery/types.ts'
import type { Client, DeleteOptions, ListOptions, PatchType, WatchEvent, WatchHandle, WriteOptions } from './client.ts'

/** One process: all its clients and watches. */
export class FaultyProcess {
  /** Of each write: how likely it is refused, and how likely it is done but not answered. */
  refusals = 0
  lostAnswers = 0
  readonly #random: Random
  readonly #watches = new Set<(error?: Error) => void>()
  #isDead = false

  constructor(random: Random) {
    this.#random = random
  }

  client(client: Client): Client {
    return new FaultyClient(client, this)
  }

  /** Each watch with this likelihood: some in good order, some with an error. */
  cutWatches(likelihood: number): void {
    for (const cut of [...this.#watches])
      if (this.#random() < likelihood) cut(this.#random() < 0.5 ? undefined : newInternalError('the connection broke'))
  }

  /** From now on nothing it asks for is done, and it hears of nothing. */
  die(): void {
    this.#isDead = true
    for (const cut of [...this.#watches]) cut(new Error('the process is dead'))
  }

  /** @throws what a server, or a network, would say */
  async write<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.alive()
    const chance = this.#random()
    if (chance < this.refusals / 2) throw newConflict({ group: '', resource: 'things' }, name, 'somebody was faster')
    if (chance < this.refusals) throw newInternalError('etcdserver: leader changed')
    const result = await work()
    if (this.#random() < this.lostAnswers) throw newInternalError('http2: server sent GOAWAY')
    this.alive()
    return result
  }

  alive(): void {
    if (this.#isDead) throw new Error('the process is dead')
  }

  /** Answers what ends the watch when it is cut. */
  watches(cut: (error?: Error) => void): () => void {
    this.#watches.add(cut)
    return () => void this.#watches.delete(cut)
  }
}

class FaultyClient implements Client {
  readonly #client: Client
  readonly #process: FaultyProcess

  constructor(client: Client, process: FaultyProcess) {
    this.#client = client
    this.#process = process
  }

  get<T extends KubeObject>(...asked: Parameters<Client['get']>): Promise<Frozen<Stored<T>>> {
    this.#process.alive()
    return this.#client.get<T>(...asked)
  }

  list<T extends KubeObject>(
    resource: string,
    options?: ListOptions,
  ): Promise<{ items: readonly Frozen<Stored<T>>[]; resourceVersion: string }> {
    this.#process.alive()
    return this.#client.list<T>(resource, options)
  }

  async watch<T extends KubeObject>(
    resource: string,
    options: ListOptions & { resourceVersion?: string },
    onEvents: (events: readonly WatchEvent<T>[]) => void,
    onClose: (error?: Error) => void,
  ): Promise<WatchHandle> {
    this.#process.alive()
    let isOpen = true
    const handle = await this.#client.watch<T>(
      resource,
      options,
      (events) => {
        if (isOpen) onEvents(events)
      },
      (error) => end(error),
    )
    const end = (error?: Error): void => {
      if (!isOpen) return
      isOpen = false
      forget()
      handle.close()
      onClose(error)
    }
    const forget = this.#process.watches(end)
    return {
      close() {
        isOpen = false
        forget()
        handle.close()
      },
    }
  }

  create<T extends KubeObject>(resource: string, object: T, options?: WriteOptions): Promise<Frozen<Stored<T>>> {
    const { name = '' } = object.metadata ?? {}
    return this.#process.write(name, () => this.#client.create<T>(resource, object, options))
  }

  update<T extends KubeObject>(resource: string, object: T, options?: WriteOptions): Promise<Frozen<Stored<T>>> {
    const { name = '' } = object.metadata ?? {}
    return this.#process.write(name, () => this.#client.update<T>(resource, object, options))
  }

  patch<T extends KubeObject = AnyObject>(
    resource: string,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions,
  ): Promise<Frozen<Stored<T>>> {
    return this.#process.write(name, () => this.#client.patch<T>(resource, namespace, name, type, patch, options))
  }

  delete(resource: string, namespace: string | undefined, name: string, options?: DeleteOptions): Promise<void> {
    return this.#process.write(name, () => this.#client.delete(resource, namespace, name, options))
  }

  resources(): ReturnType<Client['resources']> {
    this.#process.alive()
    return this.#client.resources()
  }
}
