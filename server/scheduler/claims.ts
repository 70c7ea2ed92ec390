// What the scheduler knows of devices: claims, classes and slices, as listers tell and as it has just decided itself.
// Source: pkg/scheduler/framework/plugins/dynamicresources, DefaultDRAManager and claimTracker (v1.36)
import type { DeviceClass, ResourceClaim, ResourceSlice } from '../api/resource.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import type { Lister } from '../client/indexer.ts'

export type DeviceClaimObject = Frozen<Stored<ResourceClaim>>
export type DeviceClassObject = Frozen<Stored<DeviceClass>>
export type SliceObject = Frozen<Stored<ResourceSlice>>

export interface ClaimListers {
  readonly claims: Lister<ResourceClaim>
  readonly classes: Lister<DeviceClass>
  readonly slices: Lister<ResourceSlice>
}

/** Devices as plugins see them. */
export interface ClaimsView {
  claim(namespace: string, name: string): DeviceClaimObject | undefined
  claims(): readonly DeviceClaimObject[]
  deviceClass(name: string): DeviceClassObject | undefined
  classes(): readonly DeviceClassObject[]
  slices(): readonly SliceObject[]
}

export class ClaimCache implements ClaimsView {
  readonly #listers: ClaimListers
  /** By uid; each stands for its version and older ones, and while it is being written, for all. */
  readonly #assumed = new Map<string, { readonly claim: DeviceClaimObject; readonly isWritten: boolean }>()

  constructor(listers: ClaimListers) {
    this.#listers = listers
  }

  claim(namespace: string, name: string): DeviceClaimObject | undefined {
    const claim = this.#listers.claims.get(namespace, name)
    return claim === undefined ? undefined : this.#latest(claim)
  }

  claims(): readonly DeviceClaimObject[] {
    const claims = this.#listers.claims.list()
    return this.#assumed.size === 0 ? claims : claims.map((claim) => this.#latest(claim))
  }

  deviceClass(name: string): DeviceClassObject | undefined {
    return this.#listers.classes.get(undefined, name)
  }

  classes(): readonly DeviceClassObject[] {
    return this.#listers.classes.list()
  }

  slices(): readonly SliceObject[] {
    return this.#listers.slices.list()
  }

  /** Takes the claim as written, which takes more than one step, until it is `written` or `forget` takes it back. */
  assume(claim: DeviceClaimObject): void {
    this.#assumed.set(claim.metadata.uid, { claim, isWritten: false })
  }

  /** The server has taken it: it stands until a newer version is seen. */
  written(claim: DeviceClaimObject): void {
    this.#assumed.set(claim.metadata.uid, { claim, isWritten: true })
  }

  forget(uid: string): void {
    this.#assumed.delete(uid)
  }

  #latest(claim: DeviceClaimObject): DeviceClaimObject {
    const { uid, resourceVersion } = claim.metadata
    const assumed = this.#assumed.get(uid)
    if (assumed === undefined) return claim
    const isOlder = Number(resourceVersion) < Number(assumed.claim.metadata.resourceVersion)
    if (!assumed.isWritten || isOlder) return assumed.claim
    this.#assumed.delete(uid)
    return claim
  }
}
