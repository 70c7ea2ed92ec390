// Writes to its own few ConfigMaps, one write at a time, and knows from the answers alone what must be stored.
//
// The data of each says the how-manieth version it is: n grows by one with each write to a name, over deletions too. So
// whoever sees the versions go by knows whether one is missing.
import type { Answer, BareClient, Stored } from './client.ts'

export const configMaps = '/api/v1/namespaces/default/configmaps'
export const soakSelector = 'labelSelector=soak%3Dyes'

/** What is known of one name. */
interface Known {
  readonly n: number
  /** Undefined: it does not exist. */
  readonly resourceVersion: string | undefined
}

interface Intent {
  readonly name: string
  /** Undefined: it is deleted. */
  readonly n: number | undefined
}

const filler = 'x'.repeat(600)

export class Writer {
  readonly #names: readonly string[]
  readonly #known = new Map<string, Known>()
  #doubt: Intent | undefined
  acknowledged = 0

  constructor(prefix: string, count: number) {
    this.#names = Array.from({ length: count }, (_, at) => `${prefix}-${at}`)
  }

  /** Writes once. @throws what the connection threw, and an Error for an answer that nobody can explain */
  async write(client: BareClient): Promise<void> {
    const name = this.#names[Math.floor(Math.random() * this.#names.length)]!
    const { n = 0, resourceVersion } = this.#known.get(name) ?? {}
    const isDeletion = resourceVersion !== undefined && Math.random() < 0.15
    this.#doubt = { name, n: isDeletion ? undefined : n + 1 }
    const answer = isDeletion
      ? await client.ask('DELETE', `${configMaps}/${name}`)
      : await this.#put(client, name, n + 1, resourceVersion)
    if (answer.status >= 300) throw new Error(`a write of ${name} was answered with ${answer.status}: ${answer.body}`)
    this.#known.set(
      name,
      isDeletion
        ? { n, resourceVersion: undefined }
        : { n: n + 1, resourceVersion: (JSON.parse(answer.body) as Stored).metadata.resourceVersion },
    )
    this.#doubt = undefined
    this.acknowledged++
  }

  #put(client: BareClient, name: string, n: number, resourceVersion: string | undefined): Promise<Answer> {
    const data = { n: String(n), filler }
    if (resourceVersion !== undefined && Math.random() < 0.5) {
      return client.ask('PATCH', `${configMaps}/${name}`, { data }, 'application/merge-patch+json')
    }
    const metadata = { name, labels: { soak: 'yes' }, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
    return resourceVersion === undefined
      ? client.ask('POST', configMaps, object)
      : client.ask('PUT', `${configMaps}/${name}`, object)
  }

  /**
   * Compares what is stored with what was acknowledged; the one write that was not answered may have been done or not.
   * @returns what is wrong
   */
  check(stored: ReadonlyMap<string, Stored>): string[] {
    const doubt = this.#doubt
    this.#doubt = undefined
    const wrong: string[] = []
    for (const name of this.#names) {
      const before = this.#known.get(name)
      const found = stored.get(name)
      const now = { n: Number(found?.data.n ?? before?.n ?? 0), resourceVersion: found?.metadata.resourceVersion }
      if (now.n === (before?.n ?? 0) && now.resourceVersion === before?.resourceVersion) continue
      const wasDone = doubt?.name === name && doubt.n === (found === undefined ? undefined : now.n)
      if (wasDone) this.#known.set(name, now)
      else wrong.push(`${name} is ${JSON.stringify(now)}, acknowledged was ${JSON.stringify(before)}`)
    }
    return wrong
  }
}

/** @returns what is stored, by name, and the revision of the list */
export async function listStored(client: BareClient): Promise<{ stored: Map<string, Stored>; revision: string }> {
  const { status, body } = await client.ask('GET', `${configMaps}?${soakSelector}`)
  if (status !== 200) throw new Error(`a list was answered with ${status}: ${body}`)
  const { items, metadata } = JSON.parse(body) as { items: Stored[]; metadata: { resourceVersion: string } }
  return { stored: new Map(items.map((one) => [one.metadata.name, one])), revision: metadata.resourceVersion }
}
