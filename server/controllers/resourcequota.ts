// ResourceQuotas say what is used of them: all of it is counted anew when a quota is new or changed, when something that
// counts has gone, and every five minutes. What comes is counted by the admission plugin.
// Source: kubernetes pkg/controller/resourcequota (v1.36)
import type { ResourceQuota } from '../api/core.ts'
import { formatAmounts, parseAmounts, sameAmounts, type AmountTexts } from '../api/quota/amounts.ts'
import { countingOf, resourcesOf, usageOf } from '../api/quota/evaluator.ts'
import { matchesScopes } from '../api/quota/scopes.ts'
import { deepEqual } from '../apimachinery/equality.ts'
import type { AnyObject, Frozen, KubeObject, Stored } from '../apimachinery/types.ts'
import type { Client, ResourceName, WatchEvent } from '../client/client.ts'
import {
  FIELD_MANAGER,
  isWorthTelling,
  type Controller,
  type ControllerContext,
  type RunningController,
} from '../client/controller.ts'
import { keyOf, splitKey } from '../client/indexer.ts'
import type { Informer, Informers } from '../client/informers.ts'
import { WorkQueue } from '../client/work-queue.ts'

type Quota = Frozen<Stored<ResourceQuota>>

const RESYNC_MS = 300_000
/** What was charged so lately may not be stored yet: counted now, it would be missed, and given twice. */
const SETTLING_MS = 300
/** Once something came of it, others that were charged with it are not far. */
const GATHERING_MS = 25
/** Where something is charged all the time, it is counted all the same after so long. */
const PATIENCE_MS = 5000

export const resourcequota: Controller = {
  name: 'resourcequota-controller',
  start: (context) => new QuotaController(context),
}

class QuotaController implements RunningController {
  readonly name = resourcequota.name
  readonly #client: Client
  readonly #clock: ControllerContext['clock']
  readonly #informers: Informers
  readonly #quotas: Informer<ResourceQuota>
  readonly #queue: WorkQueue
  readonly #unsubscribe: (() => void)[] = []
  /** What is counted: what quotas speak of and the server serves. */
  readonly #counted = new Map<ResourceName, Informer<AnyObject>>()
  /** When others wrote what is used last, and since when a count waits for them, in milliseconds. */
  readonly #charges = new Map<string, { lastMs: number; waitingSinceMs?: number }>()
  /** What it wrote itself last. */
  readonly #written = new Map<string, ResourceQuota['status']>()

  constructor({ informers, clientFor, clock, observeQueue, onError }: ControllerContext) {
    this.#client = clientFor(this.name)
    this.#clock = clock
    this.#informers = informers
    this.#queue = new WorkQueue(clock, {
      work: (key) => this.#count(key),
      observer: observeQueue?.(this.name),
      onError: (key, error, retries) => {
        if (isWorthTelling(error, retries)) onError?.(this.name, key, error)
      },
    })
    this.#quotas = informers.for<ResourceQuota>('resourcequotas')
    const unsubscribe = this.#quotas.onEvents((events) => {
      for (const { type, object, old } of events) {
        // A status that others write is no reason to count: what they have charged may not be stored yet.
        const isNews = type === 'ADDED' || (type === 'MODIFIED' && !deepEqual(object.spec, old?.spec))
        const key = keyOf(object)
        if (isNews) this.#queue.add(key)
        if (type === 'DELETED') this.#forget(key)
        else if (type === 'MODIFIED' && !isNews && !deepEqual(object.status, this.#written.get(key))) {
          this.#charges.set(key, { ...this.#charges.get(key), lastMs: this.#clock.now() })
        }
      }
    })
    this.#unsubscribe.push(unsubscribe)
    void this.#quotas.synced.then(() => this.#queue.start())
  }

  settled(): Promise<void> {
    return this.#queue.settled()
  }

  close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    return this.#queue.close()
  }

  async #count(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key)
    const spec = this.#quotas.lister.get(namespace, name)?.spec
    if (spec === undefined) return
    await this.#watch(resourcesOf(Object.keys(spec.hard ?? {})))
    // It may have changed meanwhile.
    const quota = this.#quotas.lister.get(namespace, name)
    if (quota === undefined) return
    const waitMs = this.#settling(key)
    if (waitMs > 0) return waitMs
    const objectsOf = (resource: ResourceName) => this.#counted.get(resource)?.lister.list(namespace)
    const status = statusOf(quota, objectsOf, this.#clock.now())
    if (status !== undefined) {
      const counted = { ...quota, status } as unknown as KubeObject
      // Noted before it is written: the event may come first.
      this.#written.set(key, status)
      await this.#client.update('resourcequotas', counted, { subresource: 'status', fieldManager: FIELD_MANAGER })
    }
    return RESYNC_MS
  }

  /** How long to wait until all that was charged can be counted, in milliseconds. */
  #settling(key: string): number {
    const charge = this.#charges.get(key)
    if (charge === undefined) return 0
    const now = this.#clock.now()
    const waitMs = charge.lastMs + SETTLING_MS - now
    const { waitingSinceMs = now } = charge
    if (waitMs > 0 && now - waitingSinceMs < PATIENCE_MS) {
      this.#charges.set(key, { ...charge, waitingSinceMs })
      return waitMs
    }
    this.#charges.delete(key)
    return 0
  }

  #arrived({ metadata: { namespace } }: Frozen<Stored<AnyObject>>): void {
    if (this.#charges.size === 0) return
    const lastMs = this.#clock.now() + GATHERING_MS - SETTLING_MS
    for (const quota of this.#quotas.lister.list(namespace)) {
      const charge = this.#charges.get(keyOf(quota))
      if (charge !== undefined && charge.lastMs > lastMs) this.#charges.set(keyOf(quota), { ...charge, lastMs })
    }
  }

  #forget(key: string): void {
    this.#charges.delete(key)
    this.#written.delete(key)
  }

  /** Resolves when all objects of the resources are known; what is not served is left out. */
  async #watch(resources: ReadonlySet<ResourceName>): Promise<void> {
    const unknown = [...resources].filter((resource) => !this.#counted.has(resource))
    if (unknown.length > 0) {
      const served = new Set((await this.#client.resources()).map(({ resource }) => resource))
      for (const resource of unknown) if (served.has(resource)) this.#follow(resource)
    }
    await Promise.all([...resources].flatMap((resource) => this.#counted.get(resource)?.synced ?? []))
  }

  #follow(resource: ResourceName): void {
    const informer = this.#informers.for<AnyObject>(resource)
    this.#counted.set(resource, informer)
    const unsubscribe = informer.onEvents((events) => {
      for (const event of events) {
        if (event.type === 'ADDED') this.#arrived(event.object)
        for (const key of this.#freed(resource, event)) this.#queue.add(key)
      }
    })
    this.#unsubscribe.push(unsubscribe)
  }

  /** Keys of the quotas of which something may be used no more. */
  #freed(resource: ResourceName, { type, object, old }: WatchEvent): string[] {
    if (type === 'ADDED') return []
    const counting = countingOf(resource)
    const now = this.#clock.now()
    const isSame = (quota: Quota): boolean =>
      type === 'MODIFIED' &&
      old !== undefined &&
      matchesScopes(quota, counting, old) === matchesScopes(quota, counting, object) &&
      sameAmounts(counting.usage(old, now), counting.usage(object, now))
    return this.#quotas.lister
      .list(object.metadata.namespace)
      .filter((quota) => Object.keys(quota.spec?.hard ?? {}).some((name) => counting.counts(name)) && !isSame(quota))
      .map(keyOf)
  }
}

/** The status as counted; undefined if it is that already. */
export function statusOf(
  quota: Quota,
  objectsOf: (resource: ResourceName) => readonly Frozen<AnyObject>[] | undefined,
  now: number,
): { hard: AmountTexts; used: AmountTexts } | undefined {
  const hard: AmountTexts = quota.spec?.hard ?? {}
  const names = Object.keys(hard)
  const before: AmountTexts = quota.status?.used ?? {}
  const counted = formatAmounts(usageOf(quota, names, objectsOf, now))
  // What cannot be counted stays as it was.
  const used = Object.fromEntries(
    names.flatMap((name) => {
      const amount = counted[name] ?? before[name]
      return amount === undefined ? [] : [[name, amount]]
    }),
  )
  const isSame =
    quota.status?.hard !== undefined &&
    quota.status.used !== undefined &&
    sameAmounts(parseAmounts(hard), parseAmounts(quota.status.hard)) &&
    sameAmounts(parseAmounts(used), parseAmounts(before))
  return isSame ? undefined : { hard, used }
}
