// The APIServices of custom groups: each version that is served has one, made and removed by the server itself.
// Source: kube-apiserver/pkg/controlplane/controller/crdregistration; kube-aggregator/pkg/controllers/autoregister (v1.36)
import type { APIService } from '../api/apiregistration.ts'
import { isAlreadyExists, isNotFound } from '../apimachinery/errors.ts'
import type { Client } from '../client/client.ts'

const resource = 'apiservices.apiregistration.k8s.io'
const managed = { 'kube-aggregator.kubernetes.io/automanaged': 'true' }

export interface GroupVersion {
  readonly group: string
  readonly version: string
}

const nameOf = ({ group, version }: GroupVersion): string => `${version}.${group}`

export class ApiServices {
  readonly #client: Client
  #known: Set<string> | undefined

  constructor(client: Client) {
    this.#client = client
  }

  /** Makes those that are missing, and removes those of versions that are served no more. */
  async publish(served: readonly GroupVersion[]): Promise<void> {
    const known = (this.#known ??= await this.#existing())
    const wanted = new Map(served.map((one) => [nameOf(one), one]))
    for (const [name, one] of wanted) {
      if (known.has(name)) continue
      known.add(name)
      await this.#create(one)
    }
    for (const name of [...known].filter((one) => !wanted.has(one))) {
      known.delete(name)
      await this.#client.delete(resource, undefined, name).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    }
  }

  async #existing(): Promise<Set<string>> {
    const labelSelector = Object.entries(managed)
      .map(([name, value]) => `${name}=${value}`)
      .join(',')
    const { items } = await this.#client.list<APIService>(resource, { labelSelector })
    return new Set(items.map(({ metadata }) => metadata.name))
  }

  async #create({ group, version }: GroupVersion): Promise<void> {
    const object: APIService = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: nameOf({ group, version }), labels: managed },
      spec: { group, version, groupPriorityMinimum: 1000, versionPriority: 100 },
    }
    await this.#client.create<APIService>(resource, object).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
  }
}
