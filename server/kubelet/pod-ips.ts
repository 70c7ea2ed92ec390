// The addresses of one node's pods, out of its pod CIDR: each for one pod at a time.
import { cidrContains, formatIP, parseCIDR, parseIP } from '../apimachinery/ip.ts'

/** The network's own address and its gateway are no pod's. */
const RESERVED = 2

/** Addresses are given in turn, so that one that was just freed is not taken again at once. IPv4 only. */
export class PodIPs {
  readonly #first: number
  readonly #size: number
  readonly #cidr: NonNullable<ReturnType<typeof parseCIDR>>
  readonly #byPod = new Map<string, string>()
  readonly #taken = new Set<string>()
  #next = RESERVED

  /** @throws Error if the text is no IPv4 CIDR */
  constructor(cidr: string) {
    const parsed = parseCIDR(cidr)
    if (parsed === undefined || parsed.network.bytes.length !== 4) throw new Error(`not an IPv4 CIDR: ${cidr}`)
    this.#cidr = parsed
    this.#first = parsed.network.bytes.reduce((value, byte) => value * 256 + byte, 0)
    this.#size = 2 ** (32 - parsed.prefixLength)
  }

  /** The pod's address, the same each time; nothing if all are taken. */
  take(uid: string): string | undefined {
    const known = this.#byPod.get(uid)
    if (known !== undefined) return known
    if (this.isFull) return undefined
    for (let tries = 0; tries < this.#usable; tries++) {
      const offset = this.#next
      this.#next = offset + 1 < this.#size - 1 ? offset + 1 : RESERVED
      const ip = this.#addressAt(offset)
      if (this.#taken.has(ip)) continue
      this.#hold(uid, ip)
      return ip
    }
    return undefined
  }

  /** Notes an address that a pod has already, from before a restart. */
  keep(uid: string, ip: string): void {
    const parsed = parseIP(ip)
    if (parsed === undefined || !cidrContains(this.#cidr, parsed) || this.#byPod.has(uid)) return
    const address = formatIP(parsed)
    if (!this.#taken.has(address)) this.#hold(uid, address)
  }

  release(uid: string): void {
    const ip = this.#byPod.get(uid)
    if (ip === undefined) return
    this.#byPod.delete(uid)
    this.#taken.delete(ip)
  }

  get isFull(): boolean {
    return this.#taken.size >= this.#usable
  }

  get #usable(): number {
    return this.#size - RESERVED - 1
  }

  #hold(uid: string, ip: string): void {
    this.#byPod.set(uid, ip)
    this.#taken.add(ip)
  }

  #addressAt(offset: number): string {
    const value = this.#first + offset
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
  }
}
