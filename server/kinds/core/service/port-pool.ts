// Node ports of services: what is taken of the range, and one write's share of it, which is kept or given back as a whole.
// Source: pkg/registry/core/service/portallocator, PortAllocator, PortAllocationOperation (v1.36)
import type { Random } from '../../../apimachinery/names.ts'

/** Inclusive. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

const alreadyAllocated = 'provided port is already allocated'

export class PortPool {
  readonly #range: PortRange
  readonly #random: Random
  readonly #used: Set<number>

  constructor(range: PortRange, random: Random, used: Iterable<number>) {
    this.#range = range
    this.#random = random
    this.#used = new Set(used)
  }

  has(port: number): boolean {
    return this.#used.has(port)
  }

  /** @throws Error that says why it cannot be had */
  allocate(port: number): void {
    const { from, to } = this.#range
    if (port < from || port > to) {
      throw new Error(`provided port is not in the valid range. The range of valid ports is ${from}-${to}`)
    }
    if (this.#used.has(port)) throw new Error(alreadyAllocated)
    this.#used.add(port)
  }

  /** @throws Error when all are taken */
  next(): number {
    const { from, to } = this.#range
    const size = to - from + 1
    // The lower part is left to static choices while the upper one lasts. Source: KEP-3668
    const reserved = size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128)
    const port = this.#search(from + reserved, to) ?? this.#search(from, from + reserved - 1)
    if (port === undefined) throw new Error('range is full')
    this.#used.add(port)
    return port
  }

  release(port: number): void {
    this.#used.delete(port)
  }

  #search(from: number, to: number): number | undefined {
    const span = to - from + 1
    const start = Math.floor(this.#random() * span)
    for (let step = 0; step < span; step++) {
      const port = from + ((start + step) % span)
      if (!this.#used.has(port)) return port
    }
    return undefined
  }
}

/** Where the ports of dry runs begin: outside of any range, as nobody gets them. */
const dryRunStart = 32768

/** Takes at once and gives back at the end: no port is ever somebody else's too. */
export class PortOperation {
  readonly #pool: PortPool
  readonly #dryRun: boolean
  readonly #allocated: number[] = []
  readonly #released: number[] = []

  constructor(pool: PortPool, dryRun: boolean) {
    this.#pool = pool
    this.#dryRun = dryRun
  }

  /** @throws Error that says why it cannot be had; a dry run does not look at the range */
  allocate(port: number): void {
    if (!this.#dryRun) this.#pool.allocate(port)
    else if (this.#pool.has(port) || this.#allocated.includes(port)) throw new Error(alreadyAllocated)
    this.#allocated.push(port)
  }

  next(): number {
    const last = this.#allocated.length === 0 ? dryRunStart : Math.max(...this.#allocated)
    const port = this.#dryRun ? last + 1 : this.#pool.next()
    this.#allocated.push(port)
    return port
  }

  releaseLater(port: number): void {
    this.#released.push(port)
  }

  commit(): void {
    if (!this.#dryRun) for (const port of this.#released) this.#pool.release(port)
  }

  revert(): void {
    if (!this.#dryRun) for (const port of this.#allocated) this.#pool.release(port)
  }
}
