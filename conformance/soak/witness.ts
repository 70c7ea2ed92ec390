// Watches what writers write, over as many connections as it takes, and notices an event that is missing, doubled, out of
// order, or of the wrong type.
import type { BareClient, OpenWatch, Stored, WatchEvent } from './client.ts'
import { configMaps, listStored, soakSelector } from './writer.ts'

interface Seen {
  readonly n: number
  /** Undefined: it was deleted. */
  readonly resourceVersion: string | undefined
}

export class Witness {
  readonly #seen = new Map<string, Seen>()
  #revision = ''
  #watch: OpenWatch | undefined
  #isLeaving = false
  events = 0
  /** How often history was gone, and it had to list again. */
  lists = 0
  readonly faults: string[] = []

  /** Begins anew with a list. */
  async list(client: BareClient): Promise<void> {
    const { stored, revision } = await listStored(client)
    this.lists++
    this.#seen.clear()
    for (const [name, { data, metadata }] of stored) {
      this.#seen.set(name, { n: Number(data.n), resourceVersion: metadata.resourceVersion })
    }
    if (Number(revision) < Number(this.#revision)) this.faults.push(`a list at ${revision} after ${this.#revision}`)
    this.#revision = revision
  }

  /** Follows one watch, from where the last one ended, until it ends. @throws what the connection threw */
  async follow(client: BareClient): Promise<void> {
    this.#isLeaving = false
    if (this.#revision === '') await this.list(client)
    this.#watch = await client.watch(`${configMaps}?watch=1&${soakSelector}&resourceVersion=${this.#revision}`)
    if (this.#isLeaving) this.#watch.close()
    if (this.#watch.status === 410) {
      this.#watch.close()
      return this.list(client)
    }
    for await (const event of this.#watch) {
      if (event.type === 'ERROR') {
        if (event.object.code === 410) return this.list(client)
        throw new Error(`the watch ended with ${event.object.message}`)
      }
      this.#take(event)
    }
  }

  /** Ends the watch that is followed. */
  leave(): void {
    this.#isLeaving = true
    this.#watch?.close()
  }

  /** Whether it has seen what leads to exactly this. */
  agrees(stored: ReadonlyMap<string, Stored>): boolean {
    const living = [...this.#seen].filter(([, { resourceVersion }]) => resourceVersion !== undefined)
    return (
      living.length === stored.size &&
      living.every(([name, { resourceVersion }]) => stored.get(name)?.metadata.resourceVersion === resourceVersion)
    )
  }

  #take({ type, object: { metadata, data } }: WatchEvent): void {
    const { name, resourceVersion } = metadata
    const n = Number(data.n)
    const before = this.#seen.get(name)
    const wrong = this.#judge(type, n, before)
    if (wrong !== undefined) this.faults.push(`${type} of ${name} n=${n} at ${resourceVersion}: ${wrong}`)
    if (Number(resourceVersion) <= Number(this.#revision)) {
      this.faults.push(`${type} of ${name} at ${resourceVersion} after ${this.#revision}`)
    }
    this.#seen.set(name, { n, resourceVersion: type === 'DELETED' ? undefined : resourceVersion })
    this.#revision = resourceVersion
    this.events++
  }

  #judge(type: string, n: number, before: Seen | undefined): string | undefined {
    const exists = before?.resourceVersion !== undefined
    if (exists !== (type !== 'ADDED')) return exists ? 'it is there already' : 'it is not there'
    // Of a name that was not in the list, nobody knows how often it was written before.
    const expected = type === 'DELETED' ? before?.n : before === undefined ? n : before.n + 1
    return n === expected ? undefined : `expected ${expected}`
  }
}
