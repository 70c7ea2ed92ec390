// What the scheduler knows of storage: what listers tell, and what it has just decided itself (assumed).
// Source: pkg/scheduler/framework/plugins/volumebinding, PVAssumeCache and PVCAssumeCache (v1.36)
import type { PersistentVolume, PersistentVolumeClaim } from '../api/core.ts'
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment } from '../api/storage.ts'
import { classOf, type Claim, type Volume } from '../api/volume-match.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import type { Lister } from '../client/indexer.ts'

export interface StorageListers {
  readonly volumes: Lister<PersistentVolume>
  readonly claims: Lister<PersistentVolumeClaim>
  readonly classes: Lister<StorageClass>
  readonly csiNodes: Lister<CSINode>
  readonly csiDrivers: Lister<CSIDriver>
  readonly capacities: Lister<CSIStorageCapacity>
  readonly attachments: Lister<VolumeAttachment>
}

/** Storage as plugins see it. */
export interface StorageView {
  claim(namespace: string, name: string): Claim | undefined
  volume(name: string): Volume | undefined
  volumesOfClass(name: string): readonly Volume[]
  storageClass(name: string): Frozen<Stored<StorageClass>> | undefined
  csiNode(name: string): Frozen<Stored<CSINode>> | undefined
  csiDriver(name: string): Frozen<Stored<CSIDriver>> | undefined
  capacities(): readonly Frozen<Stored<CSIStorageCapacity>>[]
  attachmentsTo(nodeName: string): readonly Frozen<Stored<VolumeAttachment>>[]
}

export class StorageCache implements StorageView {
  readonly #listers: StorageListers
  /** By uid; each stands for the version that it was made from. */
  readonly #assumed = new Map<string, Volume | Claim>()

  constructor(listers: StorageListers) {
    this.#listers = listers
  }

  claim(namespace: string, name: string): Claim | undefined {
    return this.#latest(this.#listers.claims.get(namespace, name))
  }

  volume(name: string): Volume | undefined {
    return this.#latest(this.#listers.volumes.get(undefined, name))
  }

  volumesOfClass(name: string): readonly Volume[] {
    const volumes = this.#listers.volumes.list().filter((volume) => classOf(volume) === name)
    return this.#assumed.size === 0 ? volumes : volumes.flatMap((volume) => this.#latest(volume) ?? [])
  }

  storageClass(name: string): Frozen<Stored<StorageClass>> | undefined {
    return this.#listers.classes.get(undefined, name)
  }

  csiNode(name: string): Frozen<Stored<CSINode>> | undefined {
    return this.#listers.csiNodes.get(undefined, name)
  }

  csiDriver(name: string): Frozen<Stored<CSIDriver>> | undefined {
    return this.#listers.csiDrivers.get(undefined, name)
  }

  capacities(): readonly Frozen<Stored<CSIStorageCapacity>>[] {
    return this.#listers.capacities.list()
  }

  attachmentsTo(nodeName: string): readonly Frozen<Stored<VolumeAttachment>>[] {
    return this.#listers.attachments.list().filter(({ spec }) => spec.nodeName === nodeName)
  }

  /** Takes the object as written until a newer version is seen or `forget` takes it back. */
  assume(object: Volume | Claim): void {
    this.#assumed.set(object.metadata.uid, object)
  }

  forget({ metadata }: Volume | Claim): void {
    this.#assumed.delete(metadata.uid)
  }

  #latest<T extends Volume | Claim>(object: T | undefined): T | undefined {
    if (object === undefined) return undefined
    const assumed = this.#assumed.get(object.metadata.uid)
    if (assumed === undefined) return object
    if (assumed.metadata.resourceVersion === object.metadata.resourceVersion) return assumed as T
    this.#assumed.delete(object.metadata.uid)
    return object
  }
}
