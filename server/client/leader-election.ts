// Who of several processes acts: the one whose name stands in a Lease that it keeps renewing.
// Source: client-go tools/leaderelection, LeaderElector; resourcelock, LeaseLock (v1.36)
import type { Lease } from '../api/coordination.ts'
import { formatMicroTime, type Clock, type Timer } from '../apimachinery/clock.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import type { Frozen, Stored } from '../apimachinery/types.ts'
import type { Client } from './client.ts'
import { EventRecorder, subjectOf } from './events.ts'

export interface LeaderElectionOptions {
  readonly client: Client
  readonly clock: Clock
  /** Of the Lease in kube-system, e.g. `kube-scheduler`. */
  readonly name: string
  /** Source of the events, where it is not `name`. */
  readonly component?: string
  /** Who this is: the same again after a restart takes its own Lease at once. */
  readonly identity: string
  readonly onStarted: () => void | Promise<void>
  /** Somebody else acts now, or may soon. */
  readonly onStopped: () => void | Promise<void>
}

const LEASES = 'leases.coordination.k8s.io'
const NAMESPACE = 'kube-system'
/** Source: component-base/config/v1alpha1, RecommendedDefaultLeaderElectionConfiguration */
const LEASE_SECONDS = 15
const RENEW_DEADLINE_MS = 10_000
const RETRY_MS = 2000

type KnownLease = Frozen<Stored<Lease>>

/** Leads, or tries to every two seconds. */
export class LeaderElection {
  readonly #options: LeaderElectionOptions
  readonly #recorder: EventRecorder
  #known: { readonly lease: KnownLease; readonly sinceMs: number } | undefined
  #leads = false
  #renewedMs = 0
  #attempt: Promise<void> | undefined
  #timer: Timer | undefined
  #isClosed = false

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    const { client, clock, name, component = name } = options
    this.#recorder = new EventRecorder({ client, clock, component })
  }

  get leads(): boolean {
    return this.#leads
  }

  /** Resolves after the first attempt, and after what follows from it. */
  start(): Promise<void> {
    return this.#run()
  }

  /** Stops, and lets go of the Lease: who waits for it need not wait for its end. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#attempt
    if (this.#leads) {
      await this.#stop()
      await this.#release()
    }
    await this.#recorder.close()
  }

  #run(): Promise<void> {
    this.#attempt = this.#try().then(() => {
      if (this.#isClosed) return
      this.#timer = this.#options.clock.after(RETRY_MS, () => void this.#run(), 'renewal')
    })
    return this.#attempt
  }

  async #try(): Promise<void> {
    const { clock } = this.#options
    let lease: KnownLease | undefined
    try {
      lease = await this.#acquireOrRenew()
    } catch {
      // Somebody else was faster, or the server refuses: the next attempt tells.
    }
    if (lease !== undefined) {
      this.#renewedMs = clock.now()
      if (!this.#leads) await this.#begin(lease)
    } else if (this.#leads && (this.#isHeldByOther() || clock.now() - this.#renewedMs >= RENEW_DEADLINE_MS)) {
      await this.#stop()
    }
  }

  async #begin(lease: KnownLease): Promise<void> {
    this.#leads = true
    this.#tell(lease, 'became leader')
    await this.#options.onStarted()
  }

  async #stop(): Promise<void> {
    this.#leads = false
    if (this.#known !== undefined) this.#tell(this.#known.lease, 'stopped leading')
    await this.#options.onStopped()
  }

  #tell(lease: KnownLease, what: string): void {
    const subject = subjectOf(lease, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' })
    this.#recorder.event(subject, 'Normal', 'LeaderElection', `${this.#options.identity} ${what}`)
  }

  #isHeldByOther(): boolean {
    const holder = this.#known?.lease.spec?.holderIdentity ?? ''
    return holder !== '' && holder !== this.#options.identity
  }

  /** The Lease if it is held now; nothing if somebody else holds it. */
  async #acquireOrRenew(): Promise<KnownLease | undefined> {
    const { client, clock, name, identity } = this.#options
    // While it leads it knows the Lease; that it was changed meanwhile shows as a conflict.
    const lease = (this.#leads ? this.#takeKnown() : undefined) ?? (await this.#read())
    const renewTime = formatMicroTime(clock.now())
    const spec = { holderIdentity: identity, leaseDurationSeconds: LEASE_SECONDS, renewTime }
    if (lease === undefined) {
      const created = await client.create<Lease>(LEASES, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name, namespace: NAMESPACE },
        spec: { ...spec, acquireTime: renewTime, leaseTransitions: 0 },
      })
      return this.#know(created)
    }
    const { holderIdentity = '', acquireTime, leaseTransitions = 0 } = lease.spec ?? {}
    const isOwn = holderIdentity === identity
    if (!isOwn && holderIdentity !== '' && !this.#isExpired()) return undefined
    const took = isOwn
      ? { acquireTime: acquireTime ?? renewTime, leaseTransitions }
      : { acquireTime: renewTime, leaseTransitions: leaseTransitions + 1 }
    const draft = { ...lease, spec: { ...lease.spec, ...spec, ...took } } as unknown as Lease
    return this.#know(await client.update<Lease>(LEASES, draft))
  }

  /** What is known counts for one write: after a failure it is read again. */
  #takeKnown(): KnownLease | undefined {
    const lease = this.#known?.lease
    this.#known = undefined
    return lease
  }

  async #read(): Promise<KnownLease | undefined> {
    const { client, name } = this.#options
    try {
      return this.#know(await client.get<Lease>(LEASES, NAMESPACE, name))
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Since when a Lease has been as it is counts on the own clock: others' may be wrong. */
  #know(lease: KnownLease): KnownLease {
    if (this.#known?.lease.metadata.resourceVersion !== lease.metadata.resourceVersion)
      this.#known = { lease, sinceMs: this.#options.clock.now() }
    return lease
  }

  #isExpired(): boolean {
    if (this.#known === undefined) return true
    const { lease, sinceMs } = this.#known
    return this.#options.clock.now() >= sinceMs + (lease.spec?.leaseDurationSeconds ?? LEASE_SECONDS) * 1000
  }

  /** Source: LeaderElector.release */
  async #release(): Promise<void> {
    const { client, clock } = this.#options
    const now = formatMicroTime(clock.now())
    try {
      const lease = await this.#read()
      if (lease === undefined || lease.spec?.holderIdentity !== this.#options.identity) return
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now }
      await client.update<Lease>(LEASES, { ...lease, spec } as unknown as Lease)
    } catch {
      // It ends by itself.
    }
  }
}
