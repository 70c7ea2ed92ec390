// Gives a pod its volumes once its node is chosen: binds those that there are, asks for the others, and waits until the
// volume controller has done its part.
// Source: pkg/scheduler/framework/plugins/volumebinding, AssumePodVolumes, BindPodVolumes and checkBindings (v1.36)
import { BOUND_BY_CONTROLLER, SELECTED_NODE, type Claim, type Volume } from '../api/volume-match.ts'
import type { Clock, Timer } from '../apimachinery/clock.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../api/core.ts'
import type { Stored } from '../apimachinery/types.ts'
import type { Client } from '../client/client.ts'
import type { PodObject, Reservation } from './framework.ts'
import { isBound, type VolumePlan } from './pod-volumes.ts'
import type { StorageCache } from './volumes.ts'

interface Waiting {
  readonly pod: PodObject
  readonly claims: readonly Claim[]
  /** Claims that must keep the mark of the node for which their volume is made. */
  readonly provisioned: ReadonlySet<string>
  readonly nodeName: string
  readonly timer: Timer
  /** What binds the claims has been written; what they say before does not count. */
  isWritten: boolean
  done(error?: Error): void
}

export class VolumeBinder {
  readonly #client: Client
  readonly #clock: Clock
  readonly #storage: StorageCache
  readonly #waiting = new Set<Waiting>()
  #isClosed = false

  constructor(client: Client, clock: Clock, storage: StorageCache) {
    this.#client = client
    this.#clock = clock
    this.#storage = storage
  }

  reserve(pod: PodObject, plan: VolumePlan, nodeName: string, timeoutMs: number): Reservation {
    const assumed = this.#assume(plan, nodeName)
    return {
      plugin: 'VolumeBinding',
      bind: () => this.#bind(pod, assumed, nodeName, timeoutMs),
      revert: () => this.#revert(assumed),
    }
  }

  /** The plan as it is to be written; from now on other pods are placed with it in mind. */
  #assume({ bindings, provisions }: VolumePlan, nodeName: string): VolumePlan {
    const assumed = {
      bindings: bindings.map(({ claim, volume }) => ({ claim, volume: boundTo(volume, claim) })),
      provisions: provisions.map((claim) => marked(claim, { [SELECTED_NODE]: nodeName })),
    }
    for (const { volume } of assumed.bindings) this.#storage.assume(volume)
    for (const claim of assumed.provisions) this.#storage.assume(claim)
    return assumed
  }

  #revert({ bindings, provisions }: VolumePlan): void {
    for (const { volume } of bindings) this.#storage.forget(volume)
    for (const claim of provisions) this.#storage.forget(claim)
  }

  /** @throws Error if that fails, takes too long, or the pod or the binder ends meanwhile */
  async #bind(
    pod: PodObject,
    { bindings, provisions }: VolumePlan,
    nodeName: string,
    timeoutMs: number,
  ): Promise<void> {
    if (this.#isClosed) throw new Error('context canceled')
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting: Waiting = {
      pod,
      claims: [...bindings.map(({ claim }) => claim), ...provisions],
      provisioned: new Set(provisions.map(({ metadata }) => metadata.uid)),
      nodeName,
      isWritten: false,
      timer: this.#clock.after(timeoutMs, () => waiting.done(new Error('context deadline exceeded'))),
      done: (error) => {
        waiting.timer.cancel()
        this.#waiting.delete(waiting)
        if (error === undefined) resolve()
        else reject(new Error(`binding volumes: ${error.message}`))
      },
    }
    // It may be over before the writes are, when nobody waits for it yet.
    promise.catch(() => {})
    this.#waiting.add(waiting)
    try {
      for (const { volume } of bindings)
        await this.#client.update('persistentvolumes', volume as Stored<PersistentVolume>)
      for (const claim of provisions)
        await this.#client.update('persistentvolumeclaims', claim as Stored<PersistentVolumeClaim>)
    } catch (error) {
      waiting.done()
      throw error
    }
    waiting.isWritten = true
    this.#check(waiting)
    await promise
  }

  /** Claims have changed. */
  sawClaims(): void {
    for (const waiting of this.#waiting) this.#check(waiting)
  }

  sawPodGone(uid: string): void {
    for (const waiting of this.#waiting) {
      const { metadata } = waiting.pod
      if (metadata.uid === uid) waiting.done(new Error(`pod does not exist any more: pod "${metadata.name}" not found`))
    }
  }

  close(): void {
    this.#isClosed = true
    for (const waiting of this.#waiting) waiting.done(new Error('context canceled'))
  }

  #check(waiting: Waiting): void {
    if (!waiting.isWritten) return
    const current: Claim[] = []
    for (const { metadata } of waiting.claims) {
      const claim = this.#storage.claim(metadata.namespace ?? '', metadata.name)
      if (claim?.metadata.uid !== metadata.uid) {
        const missing = `could not find v1.PersistentVolumeClaim "${metadata.namespace}/${metadata.name}"`
        waiting.done(new Error(`failed to check provisioning pvc: ${missing}`))
        return
      }
      const isMarked = claim.metadata.annotations?.[SELECTED_NODE] === waiting.nodeName
      const isNewer = Number(claim.metadata.resourceVersion) > Number(metadata.resourceVersion)
      if (waiting.provisioned.has(metadata.uid) && isNewer && !isMarked) {
        waiting.done(new Error(`provisioning failed for PVC "${metadata.name}"`))
        return
      }
      current.push(claim)
    }
    if (current.every(isBound)) waiting.done()
  }
}

function marked<T extends Volume | Claim>(object: T, annotations: Readonly<Record<string, string>>): T {
  const { metadata } = object
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } }
}

function boundTo(volume: Volume, { metadata }: Claim): Volume {
  const { namespace = '', name, uid, resourceVersion } = metadata
  const kind = { kind: 'PersistentVolumeClaim', apiVersion: 'v1' }
  const bound: Volume = {
    ...volume,
    spec: { ...volume.spec, claimRef: { ...kind, namespace, name, uid, resourceVersion } },
  }
  return volume.spec?.claimRef?.name === name ? bound : marked(bound, { [BOUND_BY_CONTROLLER]: 'yes' })
}
